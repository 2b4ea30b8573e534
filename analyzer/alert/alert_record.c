#include "analyzer/alert/alert_record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"

void alert_record_clear(struct alert_record *record)
{
	for (unsigned i = 0; i < record->count; i++) {
		free(record->fields[i].value);
	}
	record->count = 0;
}

static struct alert_field *find(const struct alert_record *record, const char *name)
{
	for (unsigned i = 0; i < record->count; i++) {
		if (strcmp(record->fields[i].name, name) == 0) {
			return (struct alert_field *)&record->fields[i];
		}
	}
	return NULL;
}

const char *alert_record_get(const struct alert_record *record, const char *name)
{
	const struct alert_field *field = find(record, name);

	return field ? field->value : "";
}

uint64_t alert_record_number(const struct alert_record *record, const char *name)
{
	return strtoull(alert_record_get(record, name), NULL, 10);
}

int alert_record_set(
	struct alert_record *record, const char *name, const char *value, struct err *err)
{
	struct alert_field *field = find(record, name);
	char *copy = strdup(value);

	if (!copy) {
		return err_set(err, ENOMEM, "out of memory");
	}
	if (!field &&
		(record->count == ALERT_RECORD_FIELDS || strlen(name) >= sizeof(field->name))) {
		free(copy);
		return err_set(err, ENOSPC, "no room for a field \"%.40s\"", name);
	}
	if (!field) {
		field = &record->fields[record->count++];
		strcpy(field->name, name);
	} else {
		free(field->value);
	}
	field->value = copy;
	return 0;
}

void alert_record_put(struct text *text, const struct alert_record *record)
{
	for (unsigned i = 0; i < record->count; i++) {
		const struct alert_field *field = &record->fields[i];
		text_printf(text, "%s %zu\n", field->name, strlen(field->value));
		text_put(text, field->value);
		text_put_char(text, '\n');
	}
}

/* "NAME LENGTH\n" and the value behind it; false where that is not what stands there. */
static bool read_field(struct reader *reader, char name[ALERT_FIELD_NAME_BYTES],
	const uint8_t **value, size_t *length)
{
	char line[ALERT_FIELD_NAME_BYTES + 24];
	size_t count = 0;
	int end = 0;

	for (uint8_t byte; count < sizeof(line) - 1 && (byte = reader_u8(reader)) != '\n';) {
		line[count++] = (char)byte;
	}
	line[count] = '\0';
	if (sscanf(line, "%23s %zu%n", name, length, &end) != 2 || line[end] != '\0') {
		return false;
	}
	*value = reader_bytes(reader, *length);
	return *value && reader_u8(reader) == '\n' && !memchr(*value, '\0', *length);
}

int alert_record_read(
	struct alert_record *record, const char *bytes, size_t length, struct err *err)
{
	struct reader reader = reader_over(bytes, length);
	char name[ALERT_FIELD_NAME_BYTES];
	const uint8_t *value;
	size_t count;

	alert_record_clear(record);
	while (reader_left(&reader) > 0) {
		if (!read_field(&reader, name, &value, &count)) {
			return err_set(err, EBADMSG, "field %u is not as it was written",
				record->count + 1);
		}
		char *copy = strndup((const char *)value, count);
		int status = copy ? alert_record_set(record, name, copy, err)
				  : err_set(err, ENOMEM, "out of memory");
		free(copy);
		if (status < 0) {
			return status;
		}
	}
	return 0;
}
