/* Captures written in memory, in both byte orders and both formats, and what a source reads of
 * them. */
#pragma once

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/clock.h"
#include "collector/source.h"

static char folder[] = "/tmp/borderflow-source-XXXXXX";
static char path[PATH_MAX];

/* A capture that grows in memory. */
static uint8_t content[20 << 20];
static size_t size;
static bool big_endian;

static inline void put_u16(uint16_t value)
{
	content[size++] = (uint8_t)(big_endian ? value >> 8 : value);
	content[size++] = (uint8_t)(big_endian ? value : value >> 8);
}

static inline void put_u32(uint32_t value)
{
	put_u16((uint16_t)(big_endian ? value >> 16 : value));
	put_u16((uint16_t)(big_endian ? value : value >> 16));
}

static inline void put_fill(size_t count, uint8_t byte)
{
	memset(content + size, byte, count);
	size += count;
}

static inline void put_header(uint32_t magic, uint32_t link_type)
{
	put_u32(magic);
	put_u16(2);
	put_u16(4);
	put_u32(0);
	put_u32(0);
	put_u32(262144);
	put_u32(link_type);
}

static inline void put_record(uint32_t seconds, uint32_t fraction, uint32_t captured, uint32_t wire)
{
	put_u32(seconds);
	put_u32(fraction);
	put_u32(captured);
	put_u32(wire);
	put_fill(captured, (uint8_t)seconds);
}

static inline void start_capture(void)
{
	size = 0;
	big_endian = false;
	put_header(0xa1b2c3d4, 1);
}

static inline const char *write_file(const char *name, const void *bytes, size_t count)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) {
		printf("Bail out! cannot write %s\n", path);
		exit(1);
	}
	return path;
}

static inline size_t gzip_into(uint8_t *out, size_t room, const uint8_t *in, size_t count)
{
	z_stream stream = { .next_in = (Bytef *)in,
		.avail_in = (uInt)count,
		.next_out = out,
		.avail_out = (uInt)room };

	deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	deflate(&stream, Z_FINISH);
	deflateEnd(&stream);
	return stream.total_out;
}

/* What a source gave, summed up. */
struct summary {
	int result;
	uint64_t frames, bytes, sum;
	struct frame first, last;
	bool ordered;
	struct err err;
};

static inline struct summary read_all(struct source *source)
{
	static struct frame_batch batch;
	struct summary all = { .ordered = true };
	uint64_t before = 0;

	while ((all.result = source_next(source, &batch, &all.err)) == 0 && batch.count > 0) {
		for (unsigned i = 0; i < batch.count; i++) {
			const struct frame *frame = &batch.frames[i];
			all.first = all.frames++ == 0 ? *frame : all.first;
			all.last = *frame;
			all.bytes += frame->captured_bytes;
			all.sum +=
				frame->captured_bytes ? frame->bytes[frame->captured_bytes - 1] : 0;
			all.ordered = all.ordered && frame->time_ns >= before;
			before = frame->time_ns;
		}
	}
	return all;
}

static inline struct summary read_file(const char *name)
{
	struct source *source;
	struct summary all = { 0 };

	all.result = source_open(&source, name, NULL, &all.err);
	if (all.result == 0) {
		all = read_all(source);
		source_close(source);
	}
	return all;
}

static inline void put_block(uint32_t type, size_t body_bytes, const uint8_t *body)
{
	uint32_t total = 12 + (uint32_t)body_bytes;

	put_u32(type);
	put_u32(total);
	memcpy(content + size, body, body_bytes);
	size += body_bytes;
	put_u32(total);
}

/* Blocks are made at the end of content, then moved into place. */
static uint8_t body[4096];

static inline size_t body_from(size_t start)
{
	size_t count = size - start;

	memcpy(body, content + start, count);
	size = start;
	return count;
}

static inline void put_section(void)
{
	size_t start = size;

	put_u32(0x1a2b3c4d);
	put_u16(1);
	put_u16(0);
	put_fill(8, 0xff);
	put_block(0x0a0d0d0a, body_from(start), body);
}

static inline void put_interface(
	uint16_t link_type, uint32_t snaplen, int resolution, int64_t offset_s)
{
	size_t start = size;

	put_u16(link_type);
	put_u16(0);
	put_u32(snaplen);
	if (resolution >= 0) {
		put_u16(9);
		put_u16(1);
		put_fill(1, (uint8_t)resolution);
		put_fill(3, 0);
		put_u16(14);
		put_u16(8);
		uint64_t word = (uint64_t)offset_s;
		put_u32((uint32_t)(big_endian ? word >> 32 : word));
		put_u32((uint32_t)(big_endian ? word : word >> 32));
		put_u32(0);
	}
	put_block(1, body_from(start), body);
}

static inline void put_packet(uint32_t interface, uint64_t ticks, uint32_t captured, uint32_t wire)
{
	size_t start = size;

	put_u32(interface);
	put_u32((uint32_t)(ticks >> 32));
	put_u32((uint32_t)ticks);
	put_u32(captured);
	put_u32(wire);
	put_fill((captured + 3) / 4 * 4, (uint8_t)interface);
	put_block(6, body_from(start), body);
}

static inline void put_simple_packet(uint32_t wire, uint32_t stored)
{
	size_t start = size;

	put_u32(wire);
	put_fill((stored + 3) / 4 * 4, 9);
	put_block(3, body_from(start), body);
}

static inline void remove_folder(void)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0) {
		printf("# cannot remove %s\n", folder);
	}
}
