#include "dashboards/report/report_value.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/drafting/policy_tools.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/local_time.h"

static const char dash[] = "\xe2\x80\x93";
#define NO_BREAK_SPACE "\xc2\xa0"

static const struct local_zone *zone_of(const struct report_model *model)
{
	return policy_header(model->reference->policy)->zone;
}

static void put_country(struct text *text, const struct report_model *model,
	const struct messages *messages, uint16_t country)
{
	char code[3];

	cell_country_name(country, code);
	const struct geo *geo = model->reference->geo;
	const struct geo_country *known = geo && code[0] ? geo_country(geo, code) : NULL;
	if (strcmp(code, "--") == 0) {
		text_put(text, messages_get(messages, "zone_internal"));
	} else if (known) {
		text_put(text, known->names[messages_geo_language(messages)]);
	} else {
		text_put(
			text, code[0] && code[0] != '?' ? code : messages_get(messages, "unknown"));
	}
}

static void put_app(struct text *text, const struct report_model *model,
	const struct messages *messages, uint16_t app)
{
	text_put(text, app ? messages_catalogue(messages, report_model_app(model, app).name)
			   : messages_get(messages, "row_unknown_app"));
}

static void put_items(struct text *text, const struct report_value *value,
	const struct report_model *model, const struct messages *messages)
{
	for (unsigned i = 0; i < value->item_count; i++) {
		text_put(text, i > 0 ? ", " : "");
		if (value->kind == VALUE_APPS) {
			put_app(text, model, messages, value->items[i]);
		} else {
			put_country(text, model, messages, value->items[i]);
		}
	}
	text_put(text, value->item_count ? "" : dash);
}

/* What a key of a row is on the page, where it is a word of ours or a service. */
static void put_key(struct text *text, const struct report_model *model,
	const struct messages *messages, const char *key)
{
	static const char *const prefixes[] = { "row", "zone" };
	uint16_t app = catalogue_find(model->reference->catalogue, key);

	for (unsigned i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const char *word = messages_get2(messages, prefixes[i], key);
		if (strcmp(word, key) != 0) {
			text_put(text, word);
			return;
		}
	}
	if (app) {
		put_app(text, model, messages, app);
	} else if (report_model_is_country(key)) {
		put_country(text, model, messages, cell_country(key));
	} else {
		text_put(text, key[0] ? key : dash);
	}
}

static void put_row(struct text *text, const struct report_model *model,
	const struct messages *messages, const char *row)
{
	char key[256];

	for (size_t length; *row; row += length) {
		length = strcspn(row, ",");
		snprintf(key, sizeof(key), "%.*s", (int)length, row);
		put_key(text, model, messages, key);
		row += length;
		length = strspn(row, ", ");
		text_put_bytes(text, row, length);
	}
}

/* The rule as a sentence of the language. */
static void put_rule(struct text *text, const struct report_model *model,
	const struct messages *messages, const struct report_value *value)
{
	struct policy_page page = { .policy = value->policy,
		.catalogue = model->reference->catalogue,
		.geo = model->reference->geo,
		.messages = messages,
		.hides_devices = true };

	policy_put_rule(&page, text, value->items[0]);
}

/* "+12 %", "−3.4 %", and what was not there before is new. */
static void put_change(
	struct text *text, const struct report_value *value, const struct messages *messages)
{
	uint64_t now = value->number, before = value->whole;

	if (before == 0) {
		text_put(text, now ? messages_get(messages, "change_new") : dash);
	} else if (now == before) {
		text_put(text, messages_get(messages, "change_none"));
	} else {
		text_put(text, now > before ? "+" : "\xe2\x88\x92");
		messages_put_percent(
			messages, text, now > before ? now - before : before - now, before);
	}
}

static void put_devices(struct text *text, const struct report_value *value,
	const struct messages *messages, const char *space)
{
	if (value->is_fewer) {
		text_put(text, "<");
		text_put(text, space);
	} else if (value->is_estimated) {
		text_put(text, "~");
	} else if (value->is_at_least) {
		text_put(text, space[0] ? "\xe2\x89\xa5" : ">=");
		text_put(text, space);
	}
	if (space[0]) {
		messages_put_count(messages, text, value->number);
	} else {
		text_put_u64(text, value->number);
	}
}

static void put_time(struct text *text, const struct report_model *model,
	const struct messages *messages, uint64_t time_ns)
{
	char moment[LOCAL_TEXT_LENGTH + 1];

	local_format(zone_of(model), time_ns, moment);
	messages_put_date(messages, text, zone_of(model), time_ns);
	text_printf(text, NO_BREAK_SPACE "%.5s", moment + 11);
}

void report_value_put(struct text *text, const struct report_value *value,
	const struct report_model *model, const struct messages *messages)
{
	uint16_t item = value->items[0];

	switch ((enum report_value_kind)value->kind) {
	case VALUE_NONE:
	case VALUE_HIDDEN:
		text_put(text, dash);
		break;
	case VALUE_TEXT:
		text_put(text, value->text);
		break;
	case VALUE_WORD:
		text_put(text, messages_get2(messages, value->prefix, value->text));
		break;
	case VALUE_ROW:
		put_row(text, model, messages, value->text);
		break;
	case VALUE_APP:
		put_app(text, model, messages, item);
		break;
	case VALUE_OWNER:
		text_put(text, messages_catalogue(messages, report_model_app(model, item).owner));
		break;
	case VALUE_COUNTRY:
		put_country(text, model, messages, item);
		break;
	case VALUE_APPS:
	case VALUE_COUNTRIES:
		put_items(text, value, model, messages);
		break;
	case VALUE_RULE:
		put_rule(text, model, messages, value);
		break;
	case VALUE_UNSEEN:
		text_put(text, messages_get(messages, "unknown"));
		break;
	case VALUE_BYTES:
		text_put(text, value->is_at_least ? "\xe2\x89\xa5\xc2\xa0" : "");
		messages_put_size(messages, text, value->number);
		break;
	case VALUE_COUNT:
		text_put(text, value->is_at_least ? "\xe2\x89\xa5\xc2\xa0" : "");
		messages_put_count(messages, text, value->number);
		break;
	case VALUE_SHARE:
		messages_put_percent(messages, text, value->number, value->whole);
		break;
	case VALUE_CHANGE:
		put_change(text, value, messages);
		break;
	case VALUE_DEVICES:
		put_devices(text, value, messages, NO_BREAK_SPACE);
		break;
	case VALUE_DATE:
		messages_put_date(messages, text, zone_of(model), value->number);
		break;
	case VALUE_SINCE:
		messages_put_since(messages, text, zone_of(model), value->number);
		break;
	case VALUE_UNTIL:
		messages_put_until(messages, text, zone_of(model), value->number);
		break;
	case VALUE_MONTH:
		messages_put_month(messages, text, zone_of(model), value->number);
		break;
	case VALUE_TIME:
		put_time(text, model, messages, value->number);
		break;
	}
}

/* Would a spreadsheet take it for a number, a date or a clock, and change it? */
static bool looks_like_number(const char *text)
{
	return text[0] && text[strspn(text, "0123456789.,:/-+eE% ")] == '\0' &&
	       strpbrk(text, "0123456789");
}

static void put_quoted(struct text *text, const char *string)
{
	text_put_char(text, '"');
	if (strchr("=+-@\t\r", string[0]) || looks_like_number(string)) {
		text_put(text, string[0] ? "'" : "");
	}
	for (; *string; string++) {
		text_put(text, *string == '"' ? "\"" : "");
		text_put_char(text, (unsigned char)*string < ' ' ? ' ' : *string);
	}
	text_put_char(text, '"');
}

/* Tenths of a percent, in the language's decimals. */
static void put_share_csv(
	struct text *text, const struct report_value *value, const struct messages *messages)
{
	uint64_t tenths = (uint64_t)(1000.0 * (double)value->number / (double)value->whole + 0.5);

	text_printf(text, "%" PRIu64 "%s%" PRIu64, tenths / 10,
		messages_get(messages, "number_decimal"), tenths % 10);
}

bool report_value_has_time(const struct report_value *value, const struct report_model *model)
{
	struct local_day day = local_day_of(zone_of(model), value->number);

	return value->kind == VALUE_TIME ||
	       (value->kind == VALUE_SINCE && value->number != day.start_ns) ||
	       (value->kind == VALUE_UNTIL && value->number + 1 != day.end_ns);
}

/* What ends with the last moment of a second ends with that second. */
static void format_moment(const struct report_value *value, const struct report_model *model,
	char moment[LOCAL_TEXT_LENGTH + 1])
{
	bool is_before = value->kind == VALUE_UNTIL && report_value_has_time(value, model) &&
			 (value->number + 1) % NS_PER_S == 0;

	local_format(zone_of(model), value->number + is_before, moment);
}

/* "17.03.2026" */
static void put_date_csv(struct text *text, const struct report_model *model,
	const struct messages *messages, const struct report_value *value)
{
	char moment[LOCAL_TEXT_LENGTH + 1];

	format_moment(value, model, moment);
	for (const char *c = messages_get(messages, "date_in_files"); *c; c++) {
		if (*c == 'Y') {
			text_printf(text, "%.4s", moment);
		} else if (*c == 'M' || *c == 'D') {
			text_printf(text, "%.2s", moment + (*c == 'M' ? 5 : 8));
		} else {
			text_put_char(text, *c);
		}
	}
	if (report_value_has_time(value, model)) {
		text_printf(text, " %.8s", moment + 11);
	}
}

static void put_text_csv(struct text *text, const struct report_value *value,
	const struct report_model *model, const struct messages *messages)
{
	struct text plain;

	text_init_heap(&plain);
	if (value->kind == VALUE_DEVICES) {
		put_devices(&plain, value, messages, "");
	} else {
		report_value_put(&plain, value, model, messages);
	}
	put_quoted(text, plain.at ? plain.at : "");
	text_deinit(&plain);
}

void report_value_put_csv(struct text *text, const struct report_value *value,
	const struct report_model *model, const struct messages *messages)
{
	bool is_exact = !value->is_fewer && !value->is_at_least && !value->is_estimated;

	switch ((enum report_value_kind)value->kind) {
	case VALUE_NONE:
	case VALUE_HIDDEN:
	case VALUE_UNSEEN:
		break;
	case VALUE_BYTES:
	case VALUE_COUNT:
		text_put_u64(text, value->number);
		break;
	case VALUE_SHARE:
		put_share_csv(text, value, messages);
		break;
	case VALUE_DATE:
	case VALUE_SINCE:
	case VALUE_UNTIL:
	case VALUE_MONTH: /* by its first day: sorts and adds up as a date */
	case VALUE_TIME:
		put_date_csv(text, model, messages, value);
		break;
	case VALUE_DEVICES:
		if (is_exact) {
			text_put_u64(text, value->number);
			break;
		}
		/* fallthrough */
	default:
		put_text_csv(text, value, model, messages);
	}
}

static const char *item_id(const struct report_value *value, unsigned item, char code[3])
{
	switch ((enum report_value_kind)value->kind) {
	case VALUE_COUNTRY:
	case VALUE_COUNTRIES:
		cell_country_name(value->items[item], code);
		return code[0] == '?' ? "" : code;
	case VALUE_RULE:
		return symbol_name(SYMBOL_RULE, value->items[item]);
	default:
		return symbol_name(SYMBOL_APP, value->items[item]);
	}
}

static void put_list_json(struct json *json, const char *key, const struct report_value *value)
{
	char code[3];

	json_array_begin(json, key);
	for (unsigned i = 0; i < value->item_count; i++) {
		json_string(json, NULL, item_id(value, i, code));
	}
	json_array_end(json);
}

static void put_pair_json(struct json *json, const char *key, const struct report_value *value,
	const char *number, const char *whole)
{
	json_object_begin(json, key);
	json_u64(json, number, value->number);
	json_u64(json, whole, value->whole);
	json_object_end(json);
}

static void put_devices_json(struct json *json, const char *key, const struct report_value *value)
{
	if (value->is_fewer || value->is_at_least || value->is_estimated) {
		json_object_begin(json, key);
		json_u64(json,
			value->is_fewer      ? "below"
			: value->is_at_least ? "at_least"
					     : "estimated",
			value->number);
		json_object_end(json);
	} else {
		json_u64(json, key, value->number);
	}
}

void report_value_put_json(struct json *json, const char *key, const struct report_value *value,
	const struct report_model *model)
{
	char moment[LOCAL_TEXT_LENGTH + 1], code[3];

	switch ((enum report_value_kind)value->kind) {
	case VALUE_NONE:
	case VALUE_HIDDEN:
	case VALUE_RULE: /* the rule's id stands beside it */
		break;
	case VALUE_TEXT:
	case VALUE_WORD:
	case VALUE_ROW:
		json_string(json, key, value->text);
		break;
	case VALUE_APP:
	case VALUE_COUNTRY:
		json_string(json, key, item_id(value, 0, code));
		break;
	case VALUE_OWNER:
		json_string(json, key, report_model_app(model, value->items[0]).owner);
		break;
	case VALUE_APPS:
	case VALUE_COUNTRIES:
		put_list_json(json, key, value);
		break;
	case VALUE_UNSEEN:
		json_null(json, key);
		break;
	case VALUE_BYTES:
	case VALUE_COUNT:
		json_u64(json, key, value->number);
		break;
	case VALUE_SHARE:
		put_pair_json(json, key, value, "part", "whole");
		break;
	case VALUE_CHANGE:
		put_pair_json(json, key, value, "now", "before");
		break;
	case VALUE_DEVICES:
		put_devices_json(json, key, value);
		break;
	case VALUE_DATE:
	case VALUE_SINCE:
	case VALUE_UNTIL:
	case VALUE_MONTH:
	case VALUE_TIME:
		format_moment(value, model, moment);
		moment[value->kind == VALUE_MONTH             ? 7
			: report_value_has_time(value, model) ? LOCAL_TEXT_LENGTH
							      : 10] = '\0';
		json_string(json, key, moment);
		break;
	}
}

void report_value_put_plain(
	struct text *text, const struct report_value *value, const struct report_model *model)
{
	struct json json;
	struct text member;

	text_init_heap(&member);
	json = json_over(&member);
	report_value_put_json(&json, NULL, value, model);
	const char *at = member.at ? member.at : "";
	size_t length = strlen(at);
	/* A string without its quotes. */
	bool is_string = length >= 2 && at[0] == '"';
	text_put_bytes(text, at + is_string, length - 2 * is_string);
	text_deinit(&member);
}
