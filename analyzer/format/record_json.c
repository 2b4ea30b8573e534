#include "analyzer/format/record_json.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 6, OPENING_MAX = 96 };

/* What to write before a field's value: from the root "destination":{"as":{"number": and, where the
 * object of an earlier field is still open, the tail of that. */
struct step {
	const struct field *field;
	char opening[OPENING_MAX];
	uint8_t length;
	uint8_t tails[DEPTH_MAX]; /* where the tail for that many open objects starts */
	uint8_t depth;            /* objects around the field */
	uint8_t shared;           /* objects it shares with the field before it in the table */
};

struct json_plan {
	struct text origin; /* that ends every record */
	unsigned count;
	struct step steps[];
};

static unsigned shared_objects(const char *path, const char *before)
{
	unsigned shared = 0;

	for (size_t i = 0; path[i] && path[i] == before[i]; i++) {
		shared += path[i] == '.';
	}
	return shared;
}

static void plan_step(struct step *step, const struct field *field, const char *path_before)
{
	struct text text;

	step->field = field;
	step->shared = (uint8_t)shared_objects(field->path, path_before);
	text_init(&text, step->opening, sizeof(step->opening));
	text_put(&text, "\"");
	for (const char *at = field->path; *at; at++) {
		if (*at == '.') {
			text_put(&text, "\":{");
			step->tails[++step->depth] = (uint8_t)text.length;
			text_put(&text, "\"");
		} else {
			text_put_char(&text, *at);
		}
	}
	text_put(&text, "\":");
	step->length = (uint8_t)text.length;
}

struct json_plan *json_plan_create(void)
{
	struct json_plan *plan = calloc(1, sizeof(*plan) + field_count * sizeof(plan->steps[0]));
	const char *path_before = "";

	if (plan) {
		text_init_heap(&plan->origin);
	}
	for (unsigned i = 0; plan && i < field_count; i++) {
		if (field_table[i].forms & FIELD_EXPORTED) {
			plan_step(&plan->steps[plan->count++], &field_table[i], path_before);
			path_before = field_table[i].path;
		}
	}
	return plan;
}

void json_plan_destroy(struct json_plan *plan)
{
	if (plan) {
		text_deinit(&plan->origin);
		free(plan);
	}
}

static void put_origin(struct text *text, const char *object, const char *name, const char *value)
{
	if (value && value[0] != '\0') {
		text_printf(text, ",\"%s\":{\"%s\":\"", object, name);
		text_put_json(text, value, strlen(value));
		text_put(text, "\"}");
	}
}

bool json_plan_set_origin(struct json_plan *plan, const char *organization, const char *observer)
{
	text_clear(&plan->origin);
	put_origin(&plan->origin, "organization", "id", organization);
	put_origin(&plan->origin, "observer", "name", observer);
	return !plan->origin.truncated;
}

/* Nothing to escape: printable ASCII without quote and backslash, as almost every text is. One pass
 * without branches. */
static bool is_plain(const char *string, size_t length)
{
	unsigned odd = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)string[i];
		odd |= (unsigned)(c < 0x20) | (unsigned)(c >= 0x7f) | (unsigned)(c == '"') |
		       (unsigned)(c == '\\');
	}
	return odd == 0;
}

static void put_string(struct text *text, const char *string, size_t length)
{
	text_put_char(text, '"');
	if (is_plain(string, length)) {
		text_put_bytes(text, string, length);
	} else {
		text_put_json(text, string, length);
	}
	text_put_char(text, '"');
}

static void put_value(struct text *text, const struct field *field, const struct field_value *value)
{
	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
	case FIELD_WORD:
		put_string(text, value->text, value->length);
		break;
	case FIELD_NUMBER:
	case FIELD_BOOL:
		field_put_text(text, field, value);
		break;
	case FIELD_NUMERAL:
	case FIELD_TIME:
	case FIELD_ADDR:
	case FIELD_ID:
		text_put_char(text, '"');
		field_put_text(text, field, value);
		text_put_char(text, '"');
		break;
	case FIELD_WORDS:
	case FIELD_TEXTS:
		text_put_char(text, '[');
		for (unsigned i = 0; i < value->count; i++) {
			text_put(text, i > 0 ? "," : "");
			put_string(text, value->items[i], strlen(value->items[i]));
		}
		text_put_char(text, ']');
		break;
	}
}

void record_json_put(const struct json_plan *plan, struct text *text, const struct field_view *view)
{
	static const char closing[DEPTH_MAX + 1] = "}}}}}}";
	unsigned open = 0,
		 shared = 0; /* objects open now; of those, how many this step may stay in */
	bool is_first = true;

	text_put_char(text, '{');
	for (unsigned i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		struct field_value value;

		shared = shared < step->shared ? shared : step->shared;
		if (!field_get(step->field, view, &value)) {
			continue;
		}
		text_put_bytes(text, closing, open - shared);
		text_put(text, is_first ? "" : ",");
		text_put_bytes(text, step->opening + step->tails[shared],
			(size_t)(step->length - step->tails[shared]));
		put_value(text, step->field, &value);
		open = shared = step->depth;
		is_first = false;
	}
	text_put_bytes(text, closing, open);
	text_put_bytes(text, plan->origin.at, plan->origin.length);
	text_put_char(text, '}');
}
