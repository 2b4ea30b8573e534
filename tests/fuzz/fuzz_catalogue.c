#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/catalogue/catalogue_facts.h"

/* One run is dear (replay_main.c). */
const unsigned replay_runs = 6000;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* A user's file with any content: read, or refused with a sentence. */
static void read_as_file(const uint8_t *bytes, size_t count)
{
	int fd = memfd_create("pack", MFD_CLOEXEC);
	char path[64];
	struct facts facts;
	struct err err = { "" };

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0 && write(fd, bytes, count) == (ssize_t)count && facts_init(&facts, &err) == 0) {
		int status = facts_read(&facts, path, 1, &err);
		if (status < 0 && err.text[0] == '\0') {
			abort();
		}
		if (facts_compact(&facts, &err) == 0) {
			facts_settle_ownership(&facts);
		}
		for (unsigned i = 0; i < facts.rule_count; i++) {
			if (facts.rules[i].app == 0 || facts.rules[i].app >= facts.app_count) {
				abort();
			}
		}
		facts_deinit(&facts);
	}
	if (fd >= 0) {
		close(fd);
	}
}

/* Any bytes as a name from the wire, asked of the shipped catalogue. */
static void match_as_name(const uint8_t *bytes, size_t count)
{
	static struct catalogue *catalogue;
	struct err err;

	if (!catalogue && catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		return;
	}
	const char *text = (const char *)bytes;
	struct match match = catalogue_match_name(catalogue, text, count);
	catalogue_match_label(catalogue, text, count, 443);
	catalogue_match_word(catalogue, RULE_ALPN, text, count);
	catalogue_match_word(catalogue, RULE_CERT, text, count);
	catalogue_match_word(catalogue, RULE_USER_AGENT, text, count);
	if ((match.app != 0 && !catalogue_app(catalogue, match.app)) ||
		(match.app != 0) != (match.rule != NULL)) {
		abort();
	}
}

/* The first byte chooses: a name, or a file. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	if (count > 1 && bytes[0] == '.') {
		match_as_name(bytes + 1, count - 1);
	} else {
		read_as_file(bytes, count);
	}
	return 0;
}
