/* Any bytes as an MMDB: refused with a reason, or walked and asked without harm. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "geo/geo_db.h"

/* One run is dear (replay_main.c). */
const unsigned replay_runs = 4000;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* libmaxminddb 1.7 forgets a list when the description in damaged metadata cannot be read; that is
 * not ours to mend, and a program that meets such a file ends. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb\n";
}

static int read_range(void *context, unsigned __int128 start, uint32_t entry)
{
	struct geo_answer answer;

	(void)start;
	geo_db_read(context, entry, &answer);
	return 0;
}

static void use(struct geo_db *db)
{
	static const char *const texts[] = { "192.0.2.1", "255.255.255.255", "2001:db8::1", "::" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct geo_answer answer;
		struct addr addr;
		addr_parse(texts[i], &addr);
		geo_db_ask(db, &addr, &answer);
	}
	geo_db_walk(db, true, read_range, db, NULL);
	geo_db_walk(db, false, read_range, db, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	char path[64];
	struct geo_db *db;
	int fd = memfd_create("fuzz_geo", MFD_CLOEXEC);

	if (fd < 0) {
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, bytes, count) == (ssize_t)count && geo_db_open(&db, path, NULL) == 0) {
		use(db);
		geo_db_close(db);
	}
	close(fd);
	return 0;
}
