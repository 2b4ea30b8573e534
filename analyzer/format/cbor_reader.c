#include "analyzer/format/cbor_reader.h"

#include "analyzer/format/cbor_writer.h"

enum { NESTING_MAX = 16 };

/* RFC 8949, 3.3; what stands below 20 has no meaning yet, and is refused. */
enum { SIMPLE_UNDEFINED = 23, SIMPLE_BYTE = 24, SIMPLE_HALF = 25, SIMPLE_DOUBLE = 27 };

struct cbor_reader cbor_reader_over(const void *bytes, size_t length)
{
	return (struct cbor_reader){ .input = reader_over(bytes, length) };
}

static struct cbor_item refuse(struct cbor_reader *reader)
{
	reader->failed = true;
	return (struct cbor_item){ .kind = CBOR_ITEM_NONE };
}

/* Texts and bytes in pieces are never written. */
static struct cbor_item take_bytes(
	struct cbor_reader *reader, enum cbor_item_kind kind, const struct cbor_head *head)
{
	if (head->info == CBOR_INFO_UNCOUNTED) {
		return (struct cbor_item){ .kind = CBOR_ITEM_OTHER };
	}
	const uint8_t *bytes = reader_bytes(&reader->input, head->argument);
	return bytes ? (struct cbor_item){ kind, .bytes = (const char *)bytes,
		.length = head->argument }
		     : refuse(reader);
}

static struct cbor_item take_simple(struct cbor_reader *reader, const struct cbor_head *head)
{
	if (head->info == CBOR_SIMPLE_FALSE || head->info == CBOR_SIMPLE_TRUE) {
		return (struct cbor_item){ CBOR_ITEM_BOOL,
			.number = head->info == CBOR_SIMPLE_TRUE };
	}
	if (head->info == CBOR_INFO_UNCOUNTED) {
		return (struct cbor_item){ .kind = CBOR_ITEM_BREAK };
	}
	bool is_null = head->info > CBOR_SIMPLE_TRUE && head->info <= SIMPLE_UNDEFINED;
	bool is_float = head->info >= SIMPLE_HALF && head->info <= SIMPLE_DOUBLE;
	return is_null || is_float ? (struct cbor_item){ .kind = CBOR_ITEM_OTHER } : refuse(reader);
}

struct cbor_item cbor_reader_item(struct cbor_reader *reader, const struct cbor_head *head)
{
	bool is_counted = head->info != CBOR_INFO_UNCOUNTED;

	switch ((enum cbor_major)head->major) {
	case CBOR_MAJOR_UNSIGNED:
		return is_counted ? (struct cbor_item){ CBOR_ITEM_NUMBER, head->argument, NULL, 0 }
				  : refuse(reader);
	case CBOR_MAJOR_NEGATIVE:
		return is_counted ? (struct cbor_item){ .kind = CBOR_ITEM_OTHER } : refuse(reader);
	case CBOR_MAJOR_BYTES:
		return take_bytes(reader, CBOR_ITEM_BYTES, head);
	case CBOR_MAJOR_TEXT:
		return take_bytes(reader, CBOR_ITEM_TEXT, head);
	case CBOR_MAJOR_ARRAY:
		return (struct cbor_item){ CBOR_ITEM_ARRAY, head->argument, NULL, 0 };
	case CBOR_MAJOR_MAP:
		return (struct cbor_item){ CBOR_ITEM_MAP, head->argument, NULL, 0 };
	case CBOR_MAJOR_TAG:
		return is_counted ? (struct cbor_item){ CBOR_ITEM_TAG, head->argument, NULL, 0 }
				  : refuse(reader);
	case CBOR_MAJOR_SIMPLE:
		return take_simple(reader, head);
	}
	return refuse(reader);
}

struct cbor_item cbor_reader_next(struct cbor_reader *reader)
{
	struct cbor_head head;

	if (reader->failed || reader_left(&reader->input) == 0 ||
		!cbor_reader_head(reader, &head)) {
		return (struct cbor_item){ .kind = CBOR_ITEM_NONE };
	}
	return cbor_reader_item(reader, &head);
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
	if (depth == NESTING_MAX || (counted && left > reader_left(&reader->input))) {
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
	return !reader->failed && reader_left(&reader->input) == 0;
}
