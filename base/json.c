#include "base/json.h"

#include <string.h>

static void put_quoted(struct json *json, const char *string)
{
	text_put_char(json->text, '"');
	text_put_json(json->text, string, strlen(string));
	text_put_char(json->text, '"');
}

static void start_value(struct json *json, const char *key)
{
	if (json->needs_comma) {
		text_put_char(json->text, ',');
	}
	if (key) {
		put_quoted(json, key);
		text_put_char(json->text, ':');
	}
	json->needs_comma = true;
}

static void begin(struct json *json, const char *key, char bracket)
{
	start_value(json, key);
	text_put_char(json->text, bracket);
	json->needs_comma = false;
}

static void end(struct json *json, char bracket)
{
	text_put_char(json->text, bracket);
	json->needs_comma = true;
}

void json_object_begin(struct json *json, const char *key)
{
	begin(json, key, '{');
}

void json_object_end(struct json *json)
{
	end(json, '}');
}

void json_array_begin(struct json *json, const char *key)
{
	begin(json, key, '[');
}

void json_array_end(struct json *json)
{
	end(json, ']');
}

void json_string(struct json *json, const char *key, const char *value)
{
	start_value(json, key);
	put_quoted(json, value);
}

void json_u64(struct json *json, const char *key, uint64_t value)
{
	start_value(json, key);
	text_put_u64(json->text, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	start_value(json, key);
	text_put(json->text, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	start_value(json, key);
	text_put(json->text, "null");
}

void json_raw(struct json *json, const char *key, const char *value)
{
	start_value(json, key);
	text_put(json->text, value);
}
