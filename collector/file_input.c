#include "collector/file_input.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

size_t file_input_read(struct file_input *input, uint8_t *into, size_t most)
{
	/* A signal that does not restart the call is one that asks us to stop: the input may be
	 * silent for hours. */
	ssize_t count = read(input->fd, into, most);

	if (count < 0) {
		input->failure = err_set(&input->reason, errno,
			"offset %" PRIu64 ": cannot read: %s", input->done, strerror(errno));
	}
	input->is_over = count <= 0;
	input->done += count > 0 ? (uint64_t)count : 0;
	return count > 0 ? (size_t)count : 0;
}
