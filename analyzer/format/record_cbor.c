#include "analyzer/format/record_cbor.h"

#include <string.h>

static void put_addr(struct cbor_writer *writer, const struct addr *addr)
{
	bool is_v4 = addr_is_v4(addr);

	cbor_writer_tag(writer, is_v4 ? CBOR_TAG_IPV4 : CBOR_TAG_IPV6);
	cbor_writer_bytes(writer, is_v4 ? addr->bytes + 12 : addr->bytes, is_v4 ? 4 : 16);
}

/* A file is for others and says U+FFFD where a name is not UTF-8, as the ndjson does; the archive
 * keeps the bytes. */
static void put_text(struct cbor_writer *writer, bool keeps_bytes, const char *text, size_t length)
{
	if (keeps_bytes) {
		cbor_writer_text_or_bytes(writer, text, length);
	} else {
		cbor_writer_text(writer, text, length);
	}
}

static void put_list(struct cbor_writer *writer, bool keeps_bytes, const struct field_value *value)
{
	cbor_writer_array(writer, value->count);
	for (unsigned i = 0; i < value->count; i++) {
		put_text(writer, keeps_bytes, value->items[i], strlen(value->items[i]));
	}
}

void record_cbor_put_value(struct cbor_writer *writer, bool keeps_bytes, const struct field *field,
	const struct field_value *value)
{
	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
	case FIELD_WORD:
		put_text(writer, keeps_bytes, value->text, value->length);
		break;
	case FIELD_NUMBER:
	case FIELD_NUMERAL:
	case FIELD_TIME:
	case FIELD_ID:
		cbor_writer_number(writer, value->number);
		break;
	case FIELD_BOOL:
		cbor_writer_bool(writer, value->number != 0);
		break;
	case FIELD_ADDR:
		put_addr(writer, value->addr);
		break;
	case FIELD_WORDS:
	case FIELD_TEXTS:
		put_list(writer, keeps_bytes, value);
		break;
	}
}

void record_cbor_put(struct cbor_writer *writer, const struct field_view *view)
{
	cbor_writer_open_map(writer);
	for (unsigned i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		struct field_value value;
		if ((field->forms & FIELD_EXPORTED) && field->key != FIELD_NO_KEY &&
			field_get(field, view, &value)) {
			cbor_writer_number(writer, field->key);
			record_cbor_put_value(writer, false, field, &value);
		}
	}
	cbor_writer_break(writer);
}
