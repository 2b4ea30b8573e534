#include "analyzer/classify/dissect/hpack.h"

#include "analyzer/classify/dissect/carried.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Places in the static table (RFC 7541, appendix A), and the first one behind it: there stands what
 * was inserted last. */
enum {
	STATIC_AUTHORITY = 1,
	STATIC_METHOD = 2, /* "GET"; and "POST" */
	STATIC_PATH = 4,   /* "/"; and another one */
	STATIC_HOST = 38,
	DYNAMIC_FIRST = 62
};

/* The codes of five to eight bits (RFC 7541, appendix B), which are all that a host's name needs:
 * those of one length are numbers in a row. */
static const struct code_length {
	uint8_t bits;
	uint8_t first;
	const char *characters;
} code_lengths[] = {
	{ 5, 0x00, "012aceiost" },
	{ 6, 0x14, " %-./3456789=A_bdfghlmnpru" },
	{ 7, 0x5c, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz" },
	{ 8, 0xf8, "&*,;XZ" },
};

/* RFC 7541, 5.1: what does not fit into the first byte follows in sevens. */
static uint32_t read_integer(struct reader *in, uint8_t first, unsigned prefix_bits)
{
	uint32_t most = (1U << prefix_bits) - 1, value = first & most;
	uint8_t byte = 0x80;

	if (value < most) {
		return value;
	}
	for (unsigned shift = 0; byte & 0x80 && shift <= 21; shift += 7) {
		byte = reader_u8(in);
		value += (uint32_t)(byte & 0x7f) << shift;
	}
	if (byte & 0x80) {
		in->overrun = true;
	}
	return value;
}

struct string {
	struct reader bytes;
	bool is_packed; /* Huffman's code */
};

static struct string read_string(struct reader *in)
{
	uint8_t first = reader_u8(in);
	uint32_t length = read_integer(in, first, 7);

	return (struct string){ .bytes = reader_sub(in, length), .is_packed = first & 0x80 };
}

/* The character whose code the highest bits hold; 0 where it is a long one. */
static char unpack_character(uint32_t bits, unsigned *used)
{
	for (size_t i = 0; i < sizeof(code_lengths) / sizeof(code_lengths[0]); i++) {
		const struct code_length *length = code_lengths + i;
		uint32_t place = (bits >> (32 - length->bits)) - length->first;
		if (place < strlen(length->characters)) {
			*used = length->bits;
			return length->characters[place];
		}
	}
	return '\0';
}

/* What is left behind the last character is a part of the longest code: ones. */
static size_t unpack(struct reader in, char *text)
{
	uint32_t bits = 0;
	unsigned held = 0, used = 0;
	size_t length = 0;

	while (true) {
		while (held <= 24 && reader_left(&in) > 0) {
			bits |= (uint32_t)reader_u8(&in) << (24 - held);
			held += 8;
		}
		char character = unpack_character(bits, &used);
		if (held < 8 && (held == 0 || bits >> (32 - held) == (1U << held) - 1)) {
			return length;
		}
		if (character == '\0' || used > held || length == HPACK_HOST_MAX) {
			return 0;
		}
		text[length++] = character;
		bits <<= used;
		held -= used;
	}
}

static size_t text_of(const struct string *string, char *text)
{
	struct reader bytes = string->bytes;
	size_t length = reader_left(&bytes);

	if (string->is_packed) {
		return unpack(bytes, text);
	}
	if (length > HPACK_HOST_MAX) {
		return 0;
	}
	const uint8_t *at = reader_bytes(&bytes, length);
	if (!at) {
		return 0;
	}
	memcpy(text, at, length);
	return length;
}

static bool is_name(const struct string *name, const char *wanted)
{
	char text[HPACK_HOST_MAX + 1];
	size_t length = text_of(name, text);

	return length == strlen(wanted) && memcmp(text, wanted, length) == 0;
}

/* The host that was put in the table's place; NULL where it is none. */
static const struct hpack_kept *find_kept(const struct hpack_hosts *hosts, uint32_t place)
{
	for (unsigned i = 0; place >= DYNAMIC_FIRST && i < HPACK_HOSTS; i++) {
		const struct hpack_kept *kept = &hosts->kept[i];
		if (kept->at > 0 && kept->at == hosts->inserted - (place - DYNAMIC_FIRST)) {
			return kept;
		}
	}
	return NULL;
}

/* A field of the block (RFC 7541, 6). */
struct field {
	const struct hpack_kept *kept; /* it is one that was said before */
	struct string value;           /* else */
	enum field_kind { FIELD_OTHER, FIELD_HOST, FIELD_METHOD, FIELD_PATH } kind;
	bool is_inserted;
};

static enum field_kind kind_of_text(const struct string *name)
{
	return is_name(name, ":authority") || is_name(name, "host") ? FIELD_HOST
	       : is_name(name, ":method")                           ? FIELD_METHOD
	       : is_name(name, ":path")                             ? FIELD_PATH
								    : FIELD_OTHER;
}

static enum field_kind kind_of_place(const struct hpack_hosts *hosts, uint32_t place)
{
	switch (place) {
	case STATIC_AUTHORITY:
	case STATIC_HOST:
		return FIELD_HOST;
	case STATIC_METHOD:
	case STATIC_METHOD + 1:
		return FIELD_METHOD;
	case STATIC_PATH:
	case STATIC_PATH + 1:
		return FIELD_PATH;
	default:
		return find_kept(hosts, place) ? FIELD_HOST : FIELD_OTHER;
	}
}

static struct field read_field(struct reader *in, const struct hpack_hosts *hosts)
{
	uint8_t first = reader_u8(in);
	struct field field = { .kept = NULL };

	if (first & 0x80) { /* a whole field of a table */
		field.kept = find_kept(hosts, read_integer(in, first, 7));
		field.kind = field.kept ? FIELD_HOST : FIELD_OTHER;
		return field;
	}
	if ((first & 0xe0) == 0x20) { /* the dynamic table's new size */
		read_integer(in, first, 5);
		return field;
	}
	field.is_inserted = first & 0x40;
	uint32_t name = read_integer(in, first, field.is_inserted ? 6 : 4);
	if (name == 0) {
		struct string text = read_string(in);
		field.kind = reader_ok(in) ? kind_of_text(&text) : FIELD_OTHER;
	} else {
		field.kind = kind_of_place(hosts, name);
	}
	field.value = read_string(in);
	return field;
}

static void keep(struct hpack_hosts *hosts, const char *text, size_t length)
{
	struct hpack_kept *kept = &hosts->kept[hosts->next];

	if (length > 0 && length <= HPACK_HOST_KEPT_MAX) {
		kept->at = hosts->inserted;
		kept->length = (uint8_t)length;
		memcpy(kept->text, text, length);
		hosts->next = (hosts->next + 1) % HPACK_HOSTS;
	}
}

/* The first host counts. */
static void take_host(struct hpack_request *request, const char *text, size_t length)
{
	if (request->length == 0) {
		memcpy(request->host, text, length);
		request->length = length;
	}
}

/* Where a proxy is asked to carry something the path says to whom. */
static void take_path(struct hpack_request *request, const char *path, size_t length)
{
	struct carried_request carried;

	if (request->is_tunnel && carried_of_path(path, length, &carried) && carried.has_host) {
		memcpy(request->host, carried.host, carried.host_length);
		request->length = carried.host_length;
	}
}

static void take_field(struct hpack_hosts *hosts, const struct field *field,
	struct hpack_request *request, struct string *path)
{
	char text[HPACK_HOST_MAX + 1];
	size_t length;

	switch (field->kind) {
	case FIELD_HOST:
		length = field->kept ? field->kept->length : text_of(&field->value, text);
		if (field->kept) {
			memcpy(text, field->kept->text, length);
		}
		if (field->is_inserted) {
			keep(hosts, text, length);
		}
		take_host(request, text, length);
		break;
	case FIELD_METHOD:
		request->is_tunnel = is_name(&field->value, "CONNECT");
		break;
	case FIELD_PATH:
		*path = field->value;
		break;
	default:
		break;
	}
}

void hpack_read_next(struct hpack_hosts *hosts, struct reader block, struct hpack_request *request,
	bool *is_lost)
{
	struct string path = { .bytes = reader_over(NULL, 0) };
	char text[HPACK_HOST_MAX + 1];

	request->length = 0;
	request->is_tunnel = false;
	while (reader_ok(&block) && reader_left(&block) > 0) {
		struct field field = read_field(&block, hosts);
		if (!reader_ok(&block)) {
			break;
		}
		hosts->inserted += field.is_inserted;
		take_field(hosts, &field, request, &path);
	}
	*is_lost = !reader_ok(&block);
	take_path(request, text, text_of(&path, text));
	request->host[request->length] = '\0';
}

void hpack_read(struct reader block, struct hpack_request *request)
{
	struct hpack_hosts none = { 0 };
	bool is_lost;

	hpack_read_next(&none, block, request, &is_lost);
}
