/* The names that a flow showed, and where each stood: how they are got from a record and put back.
 * For the two files that include the rows of the field table (field_rows.h). */
#pragma once

#include <string.h>

#include "analyzer/format/field_words.h"

enum { DOMAIN_LENGTH_MAX = 253 };

static bool get_names(const struct field_view *view, struct field_value *value)
{
	const struct l7_info *l7 = &view->record->l7;

	value->count = 0;
	for (unsigned i = 0; i < l7->name_count && i < L7_INFO_NAMES_MAX; i++) {
		value->items[value->count++] = l7_info_name(l7, i);
	}
	return value->count > 0;
}

/* Names behind each other, each with its NUL. */
static size_t names_bytes(const struct field_view *view, char *room, const char **bytes)
{
	const struct l7_info *l7 = &view->record->l7;
	size_t length = 0;

	if (l7->name_count == 1) {
		*bytes = l7_info_name(l7, 0);
		return l7->names[0].length + 1U;
	}
	for (unsigned i = 0; i < l7->name_count && i < L7_INFO_NAMES_MAX; i++) {
		memcpy(room + length, l7_info_name(l7, i), l7->names[i].length + 1U);
		length += l7->names[i].length + 1U;
	}
	*bytes = room;
	return length;
}

static bool is_listed(const struct field_value *value, const char *name)
{
	bool is_there = false;

	for (unsigned i = 0; i < value->count && !is_there; i++) {
		is_there = strcmp(value->items[i], name) == 0;
	}
	return is_there;
}

/* Where hellos contradict each other: all that they name; and where the address is shared by names
 * that the client has for it: those. Each once. */
static bool get_contested_names(const struct field_view *view, struct field_value *value)
{
	const struct l7_info *l7 = &view->record->l7;
	bool is_contested = l7->findings >> L7_FINDING_CONTESTED & 1;
	bool is_shared = view->record->verdict.grounds >> INFERRED_BY_SHARED & 1;

	value->count = 0;
	for (unsigned i = 0; i < l7->name_count && i < L7_INFO_NAMES_MAX; i++) {
		const char *name = l7_info_name(l7, i);
		uint8_t source = l7->names[i].source;
		bool is_meant =
			(is_contested && source <= NAME_HTTP_HOST) ||
			(is_shared && (name_source_is_lookup(source) || source == NAME_USED));
		if (is_meant && !is_listed(value, name)) {
			value->items[value->count++] = name;
		}
	}
	return value->count > 0;
}

static bool get_name_sources(const struct field_view *view, struct field_value *value)
{
	const struct l7_info *l7 = &view->record->l7;

	value->count = 0;
	for (unsigned i = 0; i < l7->name_count && i < L7_INFO_NAMES_MAX; i++) {
		unsigned source = l7->names[i].source;
		value->items[value->count++] =
			source < NAME_SOURCE_COUNT ? name_source_names[source] : "";
	}
	return value->count > 0;
}

static uint64_t name_sources_number(const struct field_view *view)
{
	const struct l7_info *l7 = &view->record->l7;
	uint64_t number = 0;

	_Static_assert(L7_INFO_NAMES_MAX <= (int)sizeof(number), "a byte each");
	for (unsigned i = 0; i < l7->name_count && i < L7_INFO_NAMES_MAX; i++) {
		number |= (uint64_t)(l7->names[i].source + 1U) << 8 * i;
	}
	return number;
}

/* Names and their sources come as two lists of equal length; whichever is set first waits for the
 * other. */
static void set_names(
	struct record *record, struct record_labels *labels, const struct field_value *value)
{
	(void)labels;
	struct l7_info *l7 = &record->l7;

	for (unsigned i = 0; i < value->count && i < L7_INFO_NAMES_MAX; i++) {
		size_t length = strnlen(value->items[i], DOMAIN_LENGTH_MAX);
		if (l7->text_length + length + 1 > sizeof(l7->text)) {
			break;
		}
		l7->names[i].offset = l7->text_length;
		l7->names[i].length = (uint8_t)length;
		memcpy(l7->text + l7->text_length, value->items[i], length);
		l7->text[l7->text_length + length] = '\0';
		l7->text_length += (uint16_t)(length + 1);
		l7->name_count = (uint8_t)(i + 1);
	}
}

static void set_name_sources(
	struct record *record, struct record_labels *labels, const struct field_value *value)
{
	(void)labels;
	for (unsigned i = 0; i < value->count && i < L7_INFO_NAMES_MAX; i++) {
		unsigned source = find_name(name_source_names, NAME_SOURCE_COUNT, value->items[i]);
		record->l7.names[i].source =
			(uint8_t)(source < NAME_SOURCE_COUNT ? source : NAME_CERT);
	}
}
