#include "analyzer/archive/input_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/record/digest.h"

/* 128 bits of the hash name an input well enough, and keep keys short. */
enum { READ_BYTES = 1 << 20, NAME_DIGEST_BYTES = 16 };

/* An open file, and its length. */
struct input {
	const char *path;
	int fd;
	uint64_t bytes;
};

static int open_regular(struct input *input, const char *path, struct err *err)
{
	struct stat status;

	*input = (struct input){ .path = path, .fd = -1 };
	if (strcmp(path, "-") != 0) {
		input->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (input->fd < 0) {
			return err_set(err, errno, "%s: %s", path, strerror(errno));
		}
	}
	if (input->fd < 0 || fstat(input->fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		if (input->fd >= 0) {
			close(input->fd);
		}
		return err_set(err, EINVAL,
			"%s: only a regular file can be told apart from others by its content; "
			"store the input in a file first",
			input->fd < 0 ? "standard input" : path);
	}
	input->bytes = (uint64_t)status.st_size;
	return 0;
}

/* The bytes from offset on; fewer where the file became shorter. */
static int add_bytes(struct digest_sha256 *digest, const struct input *input, uint64_t offset,
	uint64_t bytes, char *buffer, struct err *err)
{
	while (bytes > 0) {
		size_t most = bytes < READ_BYTES ? (size_t)bytes : READ_BYTES;
		ssize_t count = pread(input->fd, buffer, most, (off_t)offset);
		if (count < 0 && errno == EINTR) {
			continue;
		}
		if (count < 0) {
			return err_set(err, errno, "%s: %s", input->path, strerror(errno));
		}
		if (count == 0) {
			return 0;
		}
		digest_sha256_update(digest, buffer, (size_t)count);
		offset += (uint64_t)count;
		bytes -= (uint64_t)count;
	}
	return 0;
}

static int add_sample(
	struct digest_sha256 *digest, const struct input *input, char *buffer, struct err *err)
{
	uint64_t step = (input->bytes - 2 * INPUT_END_BYTES) / INPUT_SAMPLES;

	digest_sha256_update(digest, &input->bytes, sizeof(input->bytes));
	int status = add_bytes(digest, input, 0, INPUT_END_BYTES, buffer, err);
	for (uint64_t i = 0; i < INPUT_SAMPLES && status == 0; i++) {
		status = add_bytes(
			digest, input, INPUT_END_BYTES + i * step, INPUT_SAMPLE_BYTES, buffer, err);
	}
	return status < 0 ? status
			  : add_bytes(digest, input, input->bytes - INPUT_END_BYTES,
				    INPUT_END_BYTES, buffer, err);
}

static int add_file(struct digest_sha256 *digest, const char *path, char *buffer, struct err *err)
{
	struct input input;
	int status = open_regular(&input, path, err);

	if (status < 0) {
		return status;
	}
	status = input.bytes <= INPUT_WHOLE_BYTES
			 ? add_bytes(digest, &input, 0, input.bytes, buffer, err)
			 : add_sample(digest, &input, buffer, err);
	close(input.fd);
	return status;
}

_Static_assert(
	NAME_DIGEST_BYTES + sizeof(struct hash_key) <= DIGEST_SHA256_BYTES, "what is left of it");

int input_name(const char *const *paths, unsigned count, char name[INPUT_NAME_BYTES],
	struct hash_key *key, struct err *err)
{
	struct digest_sha256 *digest = digest_sha256_create();
	char *buffer = malloc(READ_BYTES);
	uint8_t bytes[DIGEST_SHA256_BYTES];
	int status = digest && buffer ? 0 : err_set(err, ENOMEM, "out of memory");

	for (unsigned i = 0; i < count && status == 0; i++) {
		status = add_file(digest, paths[i], buffer, err);
	}
	if (status == 0) {
		digest_sha256_finish(digest, bytes);
		memcpy(name, "file-", 5);
		digest_hex(bytes, NAME_DIGEST_BYTES, name + 5);
		if (key) {
			memcpy(key, bytes + NAME_DIGEST_BYTES, sizeof(*key));
		}
	}
	free(buffer);
	digest_sha256_destroy(digest);
	return status;
}
