#include "analyzer/format/fields.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static bool is_name(const char *known, const char *name, size_t length)
{
	return known && strncmp(known, name, length) == 0 && known[length] == '\0';
}

/* "server_country" is the last part of "borderflow.server_country", and of no other path. */
static const struct field *find_last_part(const char *name, size_t length)
{
	const struct field *found = NULL;

	for (unsigned i = 0; i < field_count; i++) {
		const char *dot = strrchr(field_table[i].path, '.');
		if (dot && is_name(dot + 1, name, length)) {
			if (found) {
				return NULL;
			}
			found = &field_table[i];
		}
	}
	return found;
}

const struct field *field_find(const char *name, size_t length)
{
	for (unsigned i = 0; i < field_count; i++) {
		if (is_name(field_table[i].path, name, length) ||
			is_name(field_table[i].alias, name, length)) {
			return &field_table[i];
		}
	}
	return find_last_part(name, length);
}

bool field_is_of_app(const struct field *field)
{
	return strcmp(field->path, "network.application") == 0 ||
	       strcmp(field->path, "borderflow.control") == 0 ||
	       strncmp(field->path, "borderflow.app.", 15) == 0;
}

const char *field_no_country(const struct field *field, const struct field_view *view)
{
	static const char end[] = "_country";
	size_t length = strlen(field->path);
	uint8_t zone;

	if (length < sizeof(end) || strcmp(field->path + length - (sizeof(end) - 1), end) != 0) {
		return NULL;
	}
	zone = field_is_of_app(field) ? view->record->verdict.control : view->record->place.zone;
	return zone == GEO_ZONE_INTERNAL ? "internal" : "unknown";
}

void field_put(struct text *text, const struct field *field, const struct field_view *view)
{
	struct field_value value;
	const char *no_country;

	if (field_get_asked(field, view, &value)) {
		field_put_text(text, field, &value);
	} else if ((no_country = field_no_country(field, view))) {
		text_put(text, no_country);
	}
}

static bool is_list(const struct field *field)
{
	return field->type == FIELD_WORDS || field->type == FIELD_TEXTS;
}

static bool is_text(const struct field *field)
{
	return field->type == FIELD_TEXT || field->type == FIELD_WORD;
}

static uint64_t load_number(const void *member, unsigned bytes)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (bytes) {
	case 1:
		return *(const uint8_t *)member;
	case 2:
		memcpy(&u16, member, sizeof(u16));
		return u16;
	case 4:
		memcpy(&u32, member, sizeof(u32));
		return u32;
	default:
		memcpy(&u64, member, sizeof(u64));
		return u64;
	}
}

static bool get_constant(const struct field *field, struct field_value *value)
{
	value->text = field->constant;
	value->length = (uint32_t)strlen(field->constant);
	value->count = 1;
	value->items[0] = field->constant;
	return true;
}

static bool get_bits(const struct field *field, uint64_t bits, struct field_value *value)
{
	value->count = 0;
	for (unsigned i = 0; i < field->name_count; i++) {
		if (bits >> i & 1) {
			value->items[value->count++] = field->names[i];
		}
	}
	return value->count > 0;
}

static bool get_member(const struct field *field, const void *member, struct field_value *value)
{
	if (field->type == FIELD_ADDR) {
		value->addr = member;
		return true;
	}
	if (is_text(field) && !field->names) {
		value->text = member;
		value->length = (uint32_t)strnlen(member, field->bytes);
		return value->length > 0;
	}
	value->number = load_number(member, field->bytes);
	if (is_list(field)) {
		return get_bits(field, value->number, value);
	}
	if (field->names) {
		value->text = value->number < field->name_count ? field->names[value->number] : "";
		value->length = (uint32_t)strlen(value->text);
		return value->length > 0 && (value->number > 0 || !(field->forms & FIELD_OPTIONAL));
	}
	return value->number > 0 || !(field->forms & FIELD_OPTIONAL);
}

bool field_get(const struct field *field, const struct field_view *view, struct field_value *value)
{
	if (field->get) {
		return field->get(view, value);
	}
	switch (field->place) {
	case FIELD_IN_RECORD:
		return get_member(field, (const char *)view->record + field->offset, value);
	case FIELD_IN_WORDS:
		memcpy(&value->text, (const char *)view->labels + field->offset,
			sizeof(value->text));
		value->length = (uint32_t)strlen(value->text);
		return value->length > 0;
	default:
		return get_constant(field, value);
	}
}

bool field_get_asked(
	const struct field *field, const struct field_view *view, struct field_value *value)
{
	return field_get(field, view, value) ||
	       (field->get_instead && field->get_instead(view, value));
}

unsigned field_number_of(const struct field *field, const char *word, size_t length)
{
	unsigned number = 0;

	while (number < field->name_count && !is_name(field->names[number], word, length)) {
		number++;
	}
	return number;
}

static bool set_name(const struct field *field, void *member, const struct field_value *value)
{
	unsigned number = field_number_of(field, value->text, value->length);

	if (number < field->name_count) {
		field_store_number(member, field->bytes, number);
	}
	return number < field->name_count;
}

static void set_bits(const struct field *field, void *member, const struct field_value *value)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < value->count; i++) {
		unsigned number = field_number_of(field, value->items[i], strlen(value->items[i]));
		if (number < field->name_count) {
			bits |= UINT64_C(1) << number;
		}
	}
	field_store_number(member, field->bytes, bits);
}

static void set_text(char *member, size_t bytes, const struct field_value *value)
{
	size_t length = value->length < bytes - 1 ? value->length : bytes - 1;

	memcpy(member, value->text, length);
	member[length] = '\0';
}

bool field_set(const struct field *field, struct record *record, struct record_labels *labels,
	const struct field_value *value)
{
	void *member = (char *)record + field->offset;

	if (field->set) {
		field->set(record, labels, value);
	} else if (field->place == FIELD_IN_WORDS) {
		memcpy((char *)labels + field->offset, &value->text, sizeof(value->text));
	} else if (field->names && is_list(field)) {
		set_bits(field, member, value);
	} else if (field->names) {
		return set_name(field, member, value);
	} else if (is_text(field)) {
		set_text(member, field->bytes, value);
	} else if (field->type == FIELD_ADDR) {
		memcpy(member, value->addr, sizeof(*value->addr));
	} else if (field->type == FIELD_BOOL) {
		*(bool *)member = value->number != 0;
	} else {
		field_store_number(member, field->bytes, value->number);
	}
	return true;
}

bool field_is_default(const struct field *field, const struct field_value *value)
{
	if (field->type == FIELD_ADDR || is_list(field)) {
		return false;
	}
	if (is_text(field)) {
		return field->names && value->text == field->names[0];
	}
	return value->number == 0;
}

static void put_list(struct text *text, const struct field_value *value)
{
	for (unsigned i = 0; i < value->count; i++) {
		text_put(text, i > 0 ? " " : "");
		text_put(text, value->items[i]);
	}
}

void field_put_text(struct text *text, const struct field *field, const struct field_value *value)
{
	char memory[ADDR_TEXT_MAX];

	_Static_assert((int)ADDR_TEXT_MAX > (int)CLOCK_TEXT_LENGTH, "an address or a time fits");
	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
	case FIELD_WORD:
		text_put_bytes(text, value->text, value->length);
		break;
	case FIELD_NUMBER:
	case FIELD_NUMERAL:
		text_put_u64(text, value->number);
		break;
	case FIELD_BOOL:
		text_put(text, value->number ? "true" : "false");
		break;
	case FIELD_TIME:
		text_put_bytes(text, memory, clock_format(value->number, memory));
		break;
	case FIELD_ADDR:
		text_put_bytes(text, memory, addr_format(value->addr, memory));
		break;
	case FIELD_ID:
		text_printf(text, "f%016" PRIx64, value->number);
		break;
	case FIELD_WORDS:
	case FIELD_TEXTS:
		put_list(text, value);
		break;
	}
}
