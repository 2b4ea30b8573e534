#include "tests/unit/cbor_oracle.h"

#include <cbor.h>

static void on_number(void *context, uint64_t number)
{
	*(struct cbor_item *)context = (struct cbor_item){ CBOR_ITEM_NUMBER, .number = number };
}

static void on_uint8(void *context, uint8_t number)
{
	on_number(context, number);
}

static void on_uint16(void *context, uint16_t number)
{
	on_number(context, number);
}

static void on_uint32(void *context, uint32_t number)
{
	on_number(context, number);
}

static void on_other(void *context)
{
	*(struct cbor_item *)context = (struct cbor_item){ .kind = CBOR_ITEM_OTHER };
}

static void on_negint8(void *context, uint8_t number)
{
	(void)number;
	on_other(context);
}

static void on_negint16(void *context, uint16_t number)
{
	(void)number;
	on_other(context);
}

static void on_negint32(void *context, uint32_t number)
{
	(void)number;
	on_other(context);
}

static void on_negint64(void *context, uint64_t number)
{
	(void)number;
	on_other(context);
}

static void on_float(void *context, float number)
{
	(void)number;
	on_other(context);
}

static void on_double(void *context, double number)
{
	(void)number;
	on_other(context);
}

static void on_bytes(void *context, cbor_data bytes, size_t length)
{
	*(struct cbor_item *)context = (struct cbor_item){ CBOR_ITEM_BYTES,
		.bytes = (const char *)bytes, .length = length };
}

static void on_text(void *context, cbor_data bytes, size_t length)
{
	*(struct cbor_item *)context = (struct cbor_item){ CBOR_ITEM_TEXT,
		.bytes = (const char *)bytes, .length = length };
}

static void on_array(void *context, size_t count)
{
	*(struct cbor_item *)context = (struct cbor_item){ CBOR_ITEM_ARRAY, .number = count };
}

static void on_uncounted_array(void *context)
{
	on_array(context, CBOR_ITEM_UNCOUNTED);
}

static void on_map(void *context, size_t pairs)
{
	*(struct cbor_item *)context = (struct cbor_item){ CBOR_ITEM_MAP, .number = pairs };
}

static void on_uncounted_map(void *context)
{
	on_map(context, CBOR_ITEM_UNCOUNTED);
}

static void on_tag(void *context, uint64_t tag)
{
	*(struct cbor_item *)context = (struct cbor_item){ CBOR_ITEM_TAG, .number = tag };
}

static void on_bool(void *context, bool value)
{
	*(struct cbor_item *)context = (struct cbor_item){ CBOR_ITEM_BOOL, .number = value };
}

static void on_break(void *context)
{
	*(struct cbor_item *)context = (struct cbor_item){ .kind = CBOR_ITEM_BREAK };
}

static const struct cbor_callbacks callbacks = {
	.uint8 = on_uint8,
	.uint16 = on_uint16,
	.uint32 = on_uint32,
	.uint64 = on_number,
	.negint8 = on_negint8,
	.negint16 = on_negint16,
	.negint32 = on_negint32,
	.negint64 = on_negint64,
	.byte_string = on_bytes,
	.byte_string_start = on_other,
	.string = on_text,
	.string_start = on_other,
	.indef_array_start = on_uncounted_array,
	.array_start = on_array,
	.indef_map_start = on_uncounted_map,
	.map_start = on_map,
	.tag = on_tag,
	.float2 = on_float,
	.float4 = on_float,
	.float8 = on_double,
	.undefined = on_other,
	.null = on_other,
	.boolean = on_bool,
	.indef_break = on_break,
};

struct cbor_item cbor_oracle_next(const uint8_t *bytes, size_t length, size_t *read)
{
	struct cbor_item item = { .kind = CBOR_ITEM_NONE };
	struct cbor_decoder_result result = cbor_stream_decode(bytes, length, &callbacks, &item);
	bool is_whole = length > 0 && result.status == CBOR_DECODER_FINISHED;

	*read = is_whole ? result.read : 0;
	return is_whole ? item : (struct cbor_item){ .kind = CBOR_ITEM_NONE };
}

/* libcbor 0.8 refuses tags 6 to 20 in their short form, which RFC 8949 has as any other. */
static bool is_beyond_oracle(uint8_t first)
{
	return first >= 0xc6 && first <= 0xd4;
}

bool cbor_oracle_agrees(const uint8_t *bytes, size_t length)
{
	struct cbor_reader reader = cbor_reader_over(bytes, length);
	size_t at = 0, read;

	do {
		if (at < length && is_beyond_oracle(bytes[at])) {
			return true;
		}
		struct cbor_item ours = cbor_reader_next(&reader);
		struct cbor_item theirs = cbor_oracle_next(bytes + at, length - at, &read);
		at += read;
		if (ours.kind != theirs.kind || ours.number != theirs.number ||
			ours.bytes != theirs.bytes || ours.length != theirs.length ||
			(read > 0 && reader.input.at != bytes + at)) {
			return false;
		}
	} while (read > 0);
	return reader.failed == (at < length);
}
