/* What is kept of one thing at the desk (an alert, a suppression, the text of a policy): named
 * values, each any text.
 *
 * Memory   copies, until alert_record_clear(). A zeroed struct is empty.
 * Threads  one at a time.
 * Failure  -ENOMEM, -ENOSPC past ALERT_RECORD_FIELDS; -EBADMSG where what is read is no record. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

enum { ALERT_RECORD_FIELDS = 32, ALERT_FIELD_NAME_BYTES = 24 };

struct alert_record {
	unsigned count;
	struct alert_field {
		char name[ALERT_FIELD_NAME_BYTES];
		char *value;
	} fields[ALERT_RECORD_FIELDS];
};

void alert_record_clear(struct alert_record *record);

/* "", and 0, where there is none. */
const char *alert_record_get(const struct alert_record *record, const char *name);
uint64_t alert_record_number(const struct alert_record *record, const char *name);

/* Adds it, or puts another value in its place. */
int alert_record_set(
	struct alert_record *record, const char *name, const char *value, struct err *err);

/* As bytes of a file, and back: "NAME LENGTH", the value, each on a line of its own. */
void alert_record_put(struct text *text, const struct alert_record *record);
int alert_record_read(
	struct alert_record *record, const char *bytes, size_t length, struct err *err);
