#include "geo/mmdb_write.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "geo/intern.h"

/* Types of the data section, and how its sizes are written (MaxMind DB format 2.0, "Data Field
 * Format"). */
enum {
	TYPE_POINTER = 1,
	TYPE_TEXT = 2,
	TYPE_U16 = 5,
	TYPE_U32 = 6,
	TYPE_MAP = 7,
	TYPE_U64 = 9,
	TYPE_ARRAY = 11
};
enum { SIZE_ONE_BYTE = 29, SIZE_TWO_BYTES = 30, SIZE_TWO_BYTES_FROM = 285, TEXT_MAX = 4096 };
enum { SECTION_GAP = 16 }; /* zero bytes between tree and data */

/* A child is nothing, a node, or a value with this bit. */
#define CHILD_NONE  UINT32_C(0)
#define CHILD_VALUE (UINT32_C(1) << 31)

struct bytes {
	uint8_t *at;
	size_t length, capacity;
	bool failed;
};

struct mmdb_writer {
	struct mmdb_metadata metadata;
	uint32_t (*nodes)[2];
	uint32_t node_count, node_capacity;
	struct intern texts;  /* encoded; they stand first in the data section */
	struct intern values; /* encoded, pointing to texts */
	struct bytes value;   /* the one in the making */
	bool failed;
};

static void put_bytes(struct bytes *bytes, const void *more, size_t count)
{
	if (bytes->length + count > bytes->capacity) {
		size_t capacity = 2 * (bytes->length + count) + 256;
		uint8_t *at = realloc(bytes->at, capacity);
		if (!at) {
			bytes->failed = true;
			return;
		}
		bytes->at = at;
		bytes->capacity = capacity;
	}
	if (count > 0) {
		memcpy(bytes->at + bytes->length, more, count);
		bytes->length += count;
	}
}

/* The low count bytes of a number, the highest first. */
static void put_number(struct bytes *bytes, uint64_t number, unsigned count)
{
	uint8_t digits[8];

	for (unsigned i = 0; i < count; i++) {
		digits[i] = (uint8_t)(number >> 8 * (count - 1 - i));
	}
	put_bytes(bytes, digits, count);
}

/* What stands before every field: its type and size. */
static void put_control(struct bytes *bytes, unsigned type, size_t size)
{
	unsigned size_bits = size < SIZE_ONE_BYTE         ? (unsigned)size
			     : size < SIZE_TWO_BYTES_FROM ? SIZE_ONE_BYTE
							  : SIZE_TWO_BYTES;

	put_number(bytes, (type <= TYPE_MAP ? type << 5 : 0) | size_bits, 1);
	if (type > TYPE_MAP) {
		put_number(bytes, type - TYPE_MAP, 1);
	}
	if (size_bits == SIZE_ONE_BYTE) {
		put_number(bytes, size - SIZE_ONE_BYTE, 1);
	} else if (size_bits == SIZE_TWO_BYTES) {
		put_number(bytes, size - SIZE_TWO_BYTES_FROM, 2);
	}
}

static void put_text(struct bytes *bytes, const char *text)
{
	size_t length = strnlen(text, TEXT_MAX);

	put_control(bytes, TYPE_TEXT, length);
	put_bytes(bytes, text, length);
}

/* An unsigned number without its leading zero bytes. */
static void put_unsigned(struct bytes *bytes, unsigned type, uint64_t number)
{
	unsigned count = 0;

	while (count < 8 && number >> 8 * count) {
		count++;
	}
	put_control(bytes, type, count);
	put_number(bytes, number, count);
}

/* A pointer into the data section: two bits say how many bytes follow, and each length starts where
 * the shorter one ends. */
static void put_pointer(struct bytes *bytes, uint32_t to)
{
	static const uint32_t starts[] = { 0, 2048, 526336 };

	if (to < starts[1]) {
		put_number(bytes, TYPE_POINTER << 13 | to, 2);
	} else if (to < starts[2]) {
		put_number(bytes, TYPE_POINTER << 21 | 1 << 19 | (to - starts[1]), 3);
	} else if (to - starts[2] < UINT32_C(1) << 27) {
		put_number(bytes, (uint32_t)TYPE_POINTER << 29 | 2 << 27 | (to - starts[2]), 4);
	} else {
		put_number(bytes, TYPE_POINTER << 5 | 3 << 3, 1);
		put_number(bytes, to, 4);
	}
}

static bool grow_nodes(struct mmdb_writer *writer)
{
	uint32_t capacity = writer->node_capacity * 2 + 1024;

	if (capacity >= CHILD_VALUE) {
		return false;
	}
	void *nodes = realloc(writer->nodes, capacity * sizeof(*writer->nodes));
	if (!nodes) {
		return false;
	}
	writer->nodes = nodes;
	writer->node_capacity = capacity;
	return true;
}

/* A new node, both of whose children are the given one. CHILD_NONE where there is no memory. */
static uint32_t add_node(struct mmdb_writer *writer, uint32_t child)
{
	if (writer->node_count == writer->node_capacity && !grow_nodes(writer)) {
		writer->failed = true;
		return CHILD_NONE;
	}
	writer->nodes[writer->node_count][0] = child;
	writer->nodes[writer->node_count][1] = child;
	return writer->node_count++;
}

struct mmdb_writer *mmdb_writer_create(const struct mmdb_metadata *metadata)
{
	struct mmdb_writer *writer = calloc(1, sizeof(*writer));

	if (writer) {
		writer->metadata = *metadata;
		add_node(writer, CHILD_NONE);
		if (writer->failed) {
			free(writer);
			return NULL;
		}
	}
	return writer;
}

void mmdb_writer_destroy(struct mmdb_writer *writer)
{
	if (writer) {
		free(writer->nodes);
		intern_deinit(&writer->texts);
		intern_deinit(&writer->values);
		free(writer->value.at);
		free(writer);
	}
}

void mmdb_put_map(struct mmdb_writer *writer, unsigned pairs)
{
	put_control(&writer->value, TYPE_MAP, pairs);
}

void mmdb_put_text(struct mmdb_writer *writer, const char *text)
{
	struct bytes encoded = { 0 };

	put_text(&encoded, text);
	uint32_t number = encoded.failed ? INTERN_FULL
					 : intern_put(&writer->texts, encoded.at, encoded.length);
	free(encoded.at);
	if (number == INTERN_FULL) {
		writer->failed = true;
		return;
	}
	put_pointer(&writer->value, intern_offset(&writer->texts, number));
}

void mmdb_put_u32(struct mmdb_writer *writer, uint32_t number)
{
	put_unsigned(&writer->value, TYPE_U32, number);
}

uint32_t mmdb_end_value(struct mmdb_writer *writer)
{
	uint32_t number = intern_put(&writer->values, writer->value.at, writer->value.length);

	writer->failed |= writer->value.failed || number >= CHILD_VALUE;
	writer->value.length = 0;
	return number;
}

static unsigned address_bits(const struct mmdb_writer *writer)
{
	return writer->metadata.ip_version == 6 ? 128 : 32;
}

static void add_prefix(
	struct mmdb_writer *writer, unsigned __int128 start, unsigned bits, uint32_t child)
{
	uint32_t node = 0;

	for (unsigned depth = 0; depth + 1 < bits; depth++) {
		unsigned side = start >> (address_bits(writer) - 1 - depth) & 1;
		uint32_t next = writer->nodes[node][side];
		if (next == CHILD_NONE || (next & CHILD_VALUE)) {
			next = add_node(writer, next);
			if (next == CHILD_NONE) {
				return;
			}
			writer->nodes[node][side] = next;
		}
		node = next;
	}
	if (bits == 0) {
		writer->nodes[0][0] = writer->nodes[0][1] = child;
	} else {
		writer->nodes[node][start >> (address_bits(writer) - bits) & 1] = child;
	}
}

/* The largest prefix that begins at first and ends no later than last. */
static unsigned largest_prefix(
	const struct mmdb_writer *writer, unsigned __int128 first, unsigned __int128 last)
{
	unsigned bits = address_bits(writer);

	while (bits > 0) {
		unsigned __int128 host =
			((unsigned __int128)1 << (address_bits(writer) - bits)) * 2 - 1;
		if ((first & host) != 0 || host > last - first) {
			break;
		}
		bits--;
	}
	return bits;
}

void mmdb_add_range(
	struct mmdb_writer *writer, unsigned __int128 first, unsigned __int128 last, uint32_t value)
{
	while (first <= last && !writer->failed) {
		unsigned bits = largest_prefix(writer, first, last);
		unsigned host_bits = address_bits(writer) - bits;
		add_prefix(writer, first, bits, CHILD_VALUE | value);
		unsigned __int128 size = host_bits < 128 ? (unsigned __int128)1 << host_bits : 0;
		if (size == 0 || last - first < size) {
			return;
		}
		first += size;
	}
}

uint32_t mmdb_node_count(const struct mmdb_writer *writer)
{
	return writer->node_count;
}

static void put_metadata(struct bytes *out, const struct mmdb_writer *writer, unsigned record_bits)
{
	const struct mmdb_metadata *metadata = &writer->metadata;

	put_bytes(out, "\xab\xcd\xefMaxMind.com", 14);
	put_control(out, TYPE_MAP, 9);
	put_text(out, "binary_format_major_version");
	put_unsigned(out, TYPE_U16, 2);
	put_text(out, "binary_format_minor_version");
	put_unsigned(out, TYPE_U16, 0);
	put_text(out, "build_epoch");
	put_unsigned(out, TYPE_U64, metadata->built_s);
	put_text(out, "database_type");
	put_text(out, metadata->type);
	put_text(out, "description");
	put_control(out, TYPE_MAP, 1);
	put_text(out, "en");
	put_text(out, metadata->description);
	put_text(out, "ip_version");
	put_unsigned(out, TYPE_U16, metadata->ip_version);
	put_text(out, "languages");
	put_control(out, TYPE_ARRAY, 1);
	put_text(out, "en");
	put_text(out, "node_count");
	put_unsigned(out, TYPE_U32, writer->node_count);
	put_text(out, "record_size");
	put_unsigned(out, TYPE_U16, record_bits);
}

static uint32_t record_of(const struct mmdb_writer *writer, uint32_t child)
{
	if (child == CHILD_NONE) {
		return writer->node_count;
	}
	if (!(child & CHILD_VALUE)) {
		return child;
	}
	return writer->node_count + SECTION_GAP + (uint32_t)writer->texts.length +
	       intern_offset(&writer->values, child & ~CHILD_VALUE);
}

int mmdb_write(const struct mmdb_writer *writer, const char *path, struct err *err)
{
	uint64_t data_bytes = writer->texts.length + writer->values.length;
	uint64_t most = writer->node_count + SECTION_GAP + data_bytes;
	unsigned record_bytes = most < UINT32_C(1) << 24 ? 3 : 4;
	struct bytes out = { 0 };

	if (most > UINT32_MAX) {
		return err_set(err, EFBIG, "%s: more data than an MMDB file can hold", path);
	}
	for (uint32_t i = 0; i < writer->node_count; i++) {
		put_number(&out, record_of(writer, writer->nodes[i][0]), record_bytes);
		put_number(&out, record_of(writer, writer->nodes[i][1]), record_bytes);
	}
	put_bytes(&out, (uint8_t[SECTION_GAP]){ 0 }, SECTION_GAP);
	put_bytes(&out, writer->texts.bytes, writer->texts.length);
	put_bytes(&out, writer->values.bytes, writer->values.length);
	put_metadata(&out, writer, record_bytes * 8);
	int status = writer->failed || out.failed ? err_set(err, ENOMEM, "%s: out of memory", path)
						  : file_write(path, out.at, out.length, err);
	free(out.at);
	return status;
}
