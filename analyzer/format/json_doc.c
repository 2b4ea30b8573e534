#include "analyzer/format/json_doc.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

/* The document is jansson's root: there is nothing to add. */
static json_t *root_of(const struct json_doc *doc)
{
	return (json_t *)(uintptr_t)doc;
}

int json_doc_open(struct json_doc **doc, const char *text, size_t length, struct err *err)
{
	json_error_t error;
	json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);

	*doc = NULL;
	if (!json_is_object(root)) {
		json_decref(root);
		return err_set(err, EBADMSG, "expected a JSON object; line %d, column %d: %s",
			root ? 1 : error.line, root ? 1 : error.column,
			root ? "something else stands there" : error.text);
	}
	*doc = (struct json_doc *)root;
	return 0;
}

void json_doc_close(struct json_doc *doc)
{
	json_decref(root_of(doc));
}

static const json_t *find(const struct json_doc *doc, const char *path)
{
	const json_t *value = json_object_get(root_of(doc), path);

	if (value) {
		return value;
	}
	value = root_of(doc);
	while (value && *path) {
		size_t length = strcspn(path, ".");
		value = json_object_getn(value, path, length);
		path += length + (path[length] == '.');
	}
	return value;
}

static const char *text_of(const json_t *value)
{
	return json_is_string(value) ? json_string_value(value) : "";
}

static uint64_t number_of(const json_t *value)
{
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : 0;

	return number > 0 ? (uint64_t)number : 0;
}

const char *json_doc_text(const struct json_doc *doc, const char *path)
{
	return text_of(find(doc, path));
}

uint64_t json_doc_number(const struct json_doc *doc, const char *path)
{
	return number_of(find(doc, path));
}

double json_doc_real(const struct json_doc *doc, const char *path)
{
	return json_number_value(find(doc, path));
}

bool json_doc_bool(const struct json_doc *doc, const char *path)
{
	return json_is_true(find(doc, path));
}

bool json_doc_has(const struct json_doc *doc, const char *path)
{
	return find(doc, path) != NULL;
}

unsigned json_doc_count(const struct json_doc *doc, const char *path)
{
	return (unsigned)json_array_size(find(doc, path));
}

const char *json_doc_text_at(const struct json_doc *doc, const char *path, unsigned at)
{
	return text_of(json_array_get(find(doc, path), at));
}

double json_doc_real_at(const struct json_doc *doc, const char *path, unsigned at)
{
	return json_number_value(json_array_get(find(doc, path), at));
}

uint64_t json_doc_number_at(const struct json_doc *doc, const char *path, unsigned at)
{
	return number_of(json_array_get(find(doc, path), at));
}
