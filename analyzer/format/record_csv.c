#include "analyzer/format/record_csv.h"

static bool is_column(const struct field *field)
{
	return (field->forms & FIELD_EXPORTED) && !(field->forms & FIELD_CONSTANT);
}

void record_csv_put_header(struct text *text)
{
	const char *separator = "";

	for (unsigned i = 0; i < field_count; i++) {
		if (is_column(&field_table[i])) {
			text_put(text, separator);
			text_put(text, field_table[i].path);
			separator = ",";
		}
	}
	text_put(text, "\r\n");
}

static void put_cell(struct text *text, const struct field *field, const struct field_value *value)
{
	char memory[FIELD_ITEMS_MAX * 32];
	struct text list;

	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
	case FIELD_WORD:
		text_put_csv(text, value->text, value->length);
		break;
	case FIELD_WORDS:
	case FIELD_TEXTS:
		text_init(&list, memory, sizeof(memory));
		field_put_text(&list, field, value);
		text_put_csv(text, list.at, list.length);
		break;
	default: /* digits, addresses and times need no quotes */
		field_put_text(text, field, value);
	}
}

void record_csv_put(struct text *text, const struct field_view *view)
{
	bool is_first = true;

	for (unsigned i = 0; i < field_count; i++) {
		struct field_value value;
		const char *no_country;

		if (!is_column(&field_table[i])) {
			continue;
		}
		if (!is_first) {
			text_put_char(text, ',');
		}
		is_first = false;
		if (field_get(&field_table[i], view, &value)) {
			put_cell(text, &field_table[i], &value);
		} else if ((no_country = field_no_country(&field_table[i], view))) {
			text_put(text, no_country);
		}
	}
	text_put(text, "\r\n");
}
