/* A JSON document to ask by path: "borderflow.alert.kind"; a member whose own name holds the dots
 * comes first. The only pair that knows jansson.
 *
 * What is asked for and is not there, or is of another type, is "" or 0: whoever needs it says so.
 *
 * Memory   texts belong to the document, until json_doc_close().
 * Threads  one at a time.
 * Failure  -EBADMSG with place and reason where the text is no JSON object; nothing else can fail.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct json_doc;

int json_doc_open(struct json_doc **doc, const char *text, size_t length, struct err *err);
void json_doc_close(struct json_doc *doc); /* NULL is accepted */

const char *json_doc_text(const struct json_doc *doc, const char *path);
uint64_t json_doc_number(const struct json_doc *doc, const char *path);
double json_doc_real(const struct json_doc *doc, const char *path); /* whole or with a fraction */
bool json_doc_bool(const struct json_doc *doc, const char *path);
bool json_doc_has(const struct json_doc *doc, const char *path); /* of whatever type */

/* Of an array: how many items, and each of them. */
unsigned json_doc_count(const struct json_doc *doc, const char *path);
const char *json_doc_text_at(const struct json_doc *doc, const char *path, unsigned at);
double json_doc_real_at(const struct json_doc *doc, const char *path, unsigned at);
uint64_t json_doc_number_at(const struct json_doc *doc, const char *path, unsigned at);
