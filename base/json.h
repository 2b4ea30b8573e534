/* Writes JSON (RFC 8259) into a struct text: commas, quotes and escapes in one place.
 *
 *     json_object_begin(&json, NULL);
 *     json_string(&json, "name", name);
 *     json_array_begin(&json, "countries");
 *     json_string(&json, NULL, "SE");
 *     json_array_end(&json);
 *     json_object_end(&json);
 *
 * key is NULL inside arrays and at the top. Numbers are integers; those above 2^53 lose digits in
 * readers that know only doubles, which is theirs to mend. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct json {
	struct text *text;
	bool needs_comma;
};

static inline struct json json_over(struct text *text)
{
	return (struct json){ text, false };
}

void json_object_begin(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array_begin(struct json *json, const char *key);
void json_array_end(struct json *json);

void json_string(struct json *json, const char *key, const char *value);
void json_u64(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
void json_raw(struct json *json, const char *key, const char *value); /* that is JSON already */
