#include "analyzer/format/record_cbor.h"

#include <string.h>

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

void record_cbor_put_addrs(struct cbor_writer *writer, const struct addr *addrs, size_t count)
{
	static const struct addr any;

	if (!cbor_writer_reserve(writer, count * record_cbor_addr_bytes(&any))) {
		return;
	}
	uint8_t *at = writer->bytes + writer->length;
	for (size_t i = 0; i < count; i++) {
		bool is_v4 = addr_is_v4(&addrs[i]);
		at[0] = CBOR_MAJOR_TAG << 5 | 24;
		at[1] = is_v4 ? CBOR_TAG_IPV4 : CBOR_TAG_IPV6;
		at[2] = (uint8_t)(CBOR_MAJOR_BYTES << 5 | (is_v4 ? 4 : 16));
		memcpy(at + 3, is_v4 ? addrs[i].bytes + 12 : addrs[i].bytes, is_v4 ? 4 : 16);
		at += record_cbor_addr_bytes(&addrs[i]);
	}
	writer->length = (size_t)(at - writer->bytes);
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
		record_cbor_put_addrs(writer, value->addr, 1);
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
