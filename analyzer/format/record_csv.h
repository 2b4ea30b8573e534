/* Records as CSV (RFC 4180): the fields of the ndjson as columns, named by their dotted ECS names.
 *
 * Constants (ecs.version, event.kind and the like) have no column. A field that a record does not
 * have is an empty cell; lists are joined by a blank. A cell that a spreadsheet would run as a
 * formula starts with a quote. Threads: any. */
#pragma once

#include "analyzer/format/fields.h"
#include "base/text.h"

/* Each with its line end (CR LF). */
void record_csv_put_header(struct text *text);
void record_csv_put(struct text *text, const struct field_view *view);
