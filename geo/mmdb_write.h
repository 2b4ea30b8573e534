/* Writes MMDB files (MaxMind DB format 2.0): ranges of addresses, each with a value made of maps,
 * texts and numbers.
 *
 *     mmdb_put_map(writer, 1);
 *     mmdb_put_text(writer, "country_code");
 *     mmdb_put_text(writer, "SE");
 *     mmdb_add_range(writer, first, last, mmdb_end_value(writer));
 *
 * Memory   grows with nodes and values; mmdb_writer_destroy() frees it.
 * Threads  one at a time.
 * Failure  out of memory sticks and is told by mmdb_write(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct mmdb_writer;

struct mmdb_metadata {
	const char *type, *description; /* the description is in English */
	unsigned ip_version;            /* 4, or 6 with IPv4 addresses at ::/96 */
	uint64_t built_s;               /* since 1970 */
};

struct mmdb_writer *mmdb_writer_create(const struct mmdb_metadata *metadata); /* NULL: no memory */
void mmdb_writer_destroy(struct mmdb_writer *writer);

/* A value, piece by piece: a map of n pairs is followed by n times a text (the key) and a value. */
void mmdb_put_map(struct mmdb_writer *writer, unsigned pairs);
void mmdb_put_text(struct mmdb_writer *writer, const char *text);
void mmdb_put_u32(struct mmdb_writer *writer, uint32_t number);
uint32_t mmdb_end_value(struct mmdb_writer *writer);

/* First and last address of a range, both inside; IPv4 in the low 32 bits. A later range wins over
 * an earlier one. */
void mmdb_add_range(struct mmdb_writer *writer, unsigned __int128 first, unsigned __int128 last,
	uint32_t value);

uint32_t mmdb_node_count(const struct mmdb_writer *writer);

/* Writes the file whole, beside the old one and then in its place. 0 or -errno. */
int mmdb_write(const struct mmdb_writer *writer, const char *path, struct err *err);
