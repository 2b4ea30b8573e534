#include "tests/traffic/capture_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { BUFFER_BYTES = 1 << 20, SNAPLEN_MAX = 262144, RECORD_HEADER_BYTES = 16 };

struct capture_writer {
	const char *path;
	int fd, failure; /* failure: the first errno, 0 none */
	uint32_t snaplen;
	uint64_t unit_ns, packets;
	size_t filled;
	uint8_t buffer[BUFFER_BYTES];
};

/* pcap's own numbers are in the byte order of the writer; ours are little-endian
 * on every machine. */
static void put_le32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++) {
		at[i] = (uint8_t)(value >> 8 * i);
	}
}

static void flush(struct capture_writer *writer)
{
	for (size_t at = 0; at < writer->filled && writer->failure == 0;) {
		ssize_t count = write(writer->fd, writer->buffer + at, writer->filled - at);
		if (count >= 0) {
			at += (size_t)count;
		} else if (errno != EINTR) {
			writer->failure = errno;
		}
	}
	writer->filled = 0;
}

static void put(struct capture_writer *writer, const void *bytes, size_t count)
{
	if (writer->filled + count > sizeof(writer->buffer)) {
		flush(writer);
	}
	memcpy(writer->buffer + writer->filled, bytes, count);
	writer->filled += count;
}

static void put_file_header(struct capture_writer *writer, const struct capture_options *options)
{
	uint8_t header[24] = { 0 };

	put_le32(header, options->nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
	put_le32(header + 4, 4u << 16 | 2);
	put_le32(header + 16, writer->snaplen);
	put_le32(header + 20, options->link_type);
	put(writer, header, sizeof(header));
}

int capture_create(
	struct capture_writer **created, const struct capture_options *options, struct err *err)
{
	struct capture_writer *writer = calloc(1, sizeof(*writer));

	*created = NULL;
	if (!writer) {
		return err_set(err, ENOMEM, "%s: out of memory", options->path);
	}
	writer->path = options->path;
	writer->snaplen = options->snaplen ? options->snaplen : SNAPLEN_MAX;
	writer->unit_ns = options->nanoseconds ? 1 : 1000;
	writer->fd = strcmp(options->path, "-") == 0
			     ? dup(STDOUT_FILENO)
			     : open(options->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (writer->fd < 0) {
		int status = err_set(err, errno, "%s: %s", options->path, strerror(errno));
		free(writer);
		return status;
	}
	put_file_header(writer, options);
	*created = writer;
	return 0;
}

void capture_write(struct capture_writer *writer, uint64_t time_ns, const void *bytes,
	uint32_t captured_bytes, uint32_t wire_bytes)
{
	uint8_t header[RECORD_HEADER_BYTES];

	if (captured_bytes > writer->snaplen) {
		captured_bytes = writer->snaplen;
	}
	put_le32(header, (uint32_t)(time_ns / NS_PER_S));
	put_le32(header + 4, (uint32_t)(time_ns % NS_PER_S / writer->unit_ns));
	put_le32(header + 8, captured_bytes);
	put_le32(header + 12, wire_bytes);
	put(writer, header, sizeof(header));
	put(writer, bytes, captured_bytes);
	writer->packets++;
}

uint64_t capture_packets(const struct capture_writer *writer)
{
	return writer->packets;
}

int capture_close(struct capture_writer *writer, struct err *err)
{
	int status = 0;

	flush(writer);
	if (close(writer->fd) < 0 && writer->failure == 0) {
		writer->failure = errno;
	}
	if (writer->failure) {
		status = err_set(
			err, writer->failure, "%s: %s", writer->path, strerror(writer->failure));
	}
	free(writer);
	return status;
}
