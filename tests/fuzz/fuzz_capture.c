/* Capture files of every format, as they come from disk: the input is written into a file in memory
 * and opened. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collector/source.h"

/* One run is dear (replay_main.c). */
const unsigned replay_runs = 4000;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void read_all(struct source *source)
{
	static struct frame_batch batch;
	struct err err;
	unsigned sum = 0;

	while (source_next(source, &batch, &err) == 0 && batch.count > 0) {
		for (unsigned i = 0; i < batch.count; i++) {
			const struct frame *frame = &batch.frames[i];
			if (frame->captured_bytes > frame->wire_bytes) {
				abort();
			}
			sum += frame->captured_bytes ? frame->bytes[frame->captured_bytes - 1] : 0U;
		}
	}
	volatile unsigned used = sum;
	(void)used;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	char name[64];
	struct source *source;
	struct err err;
	int fd = memfd_create("capture", 0);

	if (fd < 0 || write(fd, bytes, count) != (ssize_t)count) {
		abort();
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (source_open(&source, name, NULL, &err) == 0) {
		read_all(source);
		source_close(source);
	}
	close(fd);
	return 0;
}
