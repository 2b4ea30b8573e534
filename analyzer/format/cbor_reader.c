#include "analyzer/format/cbor_reader.h"

#include <cbor.h>

enum { NESTING_MAX = 16 };

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

struct cbor_reader cbor_reader_over(const void *bytes, size_t length)
{
	return (struct cbor_reader){ .bytes = bytes, .length = length };
}

struct cbor_item cbor_reader_next(struct cbor_reader *reader)
{
	struct cbor_item item = { .kind = CBOR_ITEM_NONE };
	struct cbor_decoder_result result;

	if (reader->failed || reader->at == reader->length) {
		return item;
	}
	result = cbor_stream_decode(
		reader->bytes + reader->at, reader->length - reader->at, &callbacks, &item);
	if (result.status != CBOR_DECODER_FINISHED) {
		reader->failed = true;
		return (struct cbor_item){ .kind = CBOR_ITEM_NONE };
	}
	reader->at += result.read;
	return item;
}

/* Steps over what an item still holds, one level deeper a call. */
static void skip_content(struct cbor_reader *reader, const struct cbor_item *item, unsigned depth)
{
	bool holds = item->kind == CBOR_ITEM_ARRAY || item->kind == CBOR_ITEM_MAP ||
		     item->kind == CBOR_ITEM_TAG;
	bool counted = item->number != CBOR_ITEM_UNCOUNTED || item->kind == CBOR_ITEM_TAG;
	uint64_t left = item->kind == CBOR_ITEM_TAG ? 1 : item->number;

	if (!holds) {
		return;
	}
	if (depth == NESTING_MAX || (counted && left > reader->length)) {
		reader->failed = true;
		return;
	}
	left *= item->kind == CBOR_ITEM_MAP ? 2 : 1;
	while (!reader->failed && (!counted || left > 0)) {
		struct cbor_item inner = cbor_reader_next(reader);
		if (inner.kind == CBOR_ITEM_BREAK && !counted) {
			return;
		}
		if (inner.kind == CBOR_ITEM_NONE || inner.kind == CBOR_ITEM_BREAK) {
			reader->failed = true;
			return;
		}
		skip_content(reader, &inner, depth + 1);
		left--;
	}
}

void cbor_reader_skip(struct cbor_reader *reader, const struct cbor_item *item)
{
	skip_content(reader, item, 0);
}

bool cbor_reader_is_at_end(const struct cbor_reader *reader)
{
	return !reader->failed && reader->at == reader->length;
}
