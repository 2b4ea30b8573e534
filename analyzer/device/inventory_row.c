#include "analyzer/device/inventory_row.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "analyzer/device/inventory_date.h"
#include "analyzer/record/digest.h"
#include "analyzer/record/symbols.h"

static uint64_t serial_hash(const char *serial)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	uint64_t hash;

	if (!*serial) {
		return 0;
	}
	digest_sha256(serial, strlen(serial), digest);
	memcpy(&hash, digest, sizeof(hash));
	return hash ? hash : 1;
}

/* The first cell of a field that says something; "" none. */
static const char *cell_of(const struct inventory_row *row, enum inventory_field field)
{
	for (unsigned i = 0; i < row->csv.count; i++) {
		if (row->columns.fields[i] == field && row->csv.cells[i][0]) {
			return row->csv.cells[i];
		}
	}
	return "";
}

int inventory_row_complain(const struct inventory_row *row, enum inventory_field field,
	const char *expected, const char *found, struct err *err)
{
	unsigned column = 0;

	while (column < row->csv.count && row->columns.fields[column] != field) {
		column++;
	}
	return err_set(err, EINVAL, "%s:%u: column %u: expected %s, found \"%.80s\"", row->csv.path,
		row->csv.line, column + 1, expected, found);
}

static int read_date(const struct inventory_row *row, enum inventory_field field, bool is_end,
	uint64_t *time_ns, struct err *err)
{
	const char *cell = cell_of(row, field);
	uint64_t found_ns;

	switch (inventory_date_read(row->zone, cell, is_end, &found_ns)) {
	case INVENTORY_DATE_FOUND:
		*time_ns = found_ns;
		return 0;
	case INVENTORY_DATE_NONE:
		return 0;
	default:
		return inventory_row_complain(row, field, "a date such as 2026-03-31", cell, err);
	}
}

/* How exports say that there is none. */
bool inventory_says_none(const char *text)
{
	static const char *const words[] = { "n/a", "na", "none", "null", "unknown", "-", "--",
		"not applicable", "not available" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* A class or a unit, on one line. */
static int read_text(const struct inventory_row *row, enum inventory_field field, const char **text,
	struct err *err)
{
	*text = columns_word(&row->columns, field, cell_of(row, field));
	if (inventory_says_none(*text)) {
		*text = "";
	}
	for (char *at = (char *)*text; *(at += strcspn(at, "\r\n\t")) != '\0'; at++) {
		*at = ' ';
	}
	return strlen(*text) < INVENTORY_TEXT_MAX
		       ? 0
		       : inventory_row_complain(row, field, "at most 127 bytes", *text, err);
}

static int read_ownership(
	const struct inventory_row *row, struct inventory_device *device, struct err *err)
{
	static const char *const names[] = {
#define X(id, name) [OWNERSHIP_##id] = (name),
		OWNERSHIPS(X)
#undef X
	};
	const char *word =
		columns_word(&row->columns, FIELD_OWNERSHIP, cell_of(row, FIELD_OWNERSHIP));

	for (uint8_t i = 0; i < OWNERSHIP_COUNT; i++) {
		if (strcmp(word, names[i]) == 0) {
			device->ownership = i;
			return 0;
		}
	}
	/* Other systems know more of it than we do. */
	return strcmp(row->columns.name, "plain") == 0
		       ? inventory_row_complain(row, FIELD_OWNERSHIP, "owned or private", word, err)
		       : 0;
}

/* What makers leave in many machines is no serial of one. */
static const char *serial_of(const struct inventory_row *row)
{
	static const char *const fillers[] = { "to be filled by o.e.m.", "default string",
		"system serial number", "not specified", "not defined", "serial number", "oem", "0",
		"123456789" };
	const char *serial = cell_of(row, FIELD_SERIAL);
	bool is_none = inventory_says_none(serial);

	for (unsigned i = 0; !is_none && i < sizeof(fillers) / sizeof(fillers[0]); i++) {
		is_none = strcasecmp(serial, fillers[i]) == 0;
	}
	return is_none ? "" : serial;
}

/* Systems list for a while what they have given up, and say no day of it. */
static int read_state(
	const struct inventory_row *row, struct inventory_device *device, struct err *err)
{
	const char *word = columns_word(&row->columns, FIELD_STATE, cell_of(row, FIELD_STATE));
	uint64_t last_ns = 0, first_ns = device->enrolled_from_ns + 1;
	int status = 0;

	if (device->enrolled_to_ns == UINT64_MAX && strcmp(word, "left") == 0) {
		status = read_date(row, FIELD_LAST, true, &last_ns, err);
		device->enrolled_to_ns = last_ns > first_ns ? last_ns : first_ns;
	}
	return status;
}

int inventory_row_device(
	const struct inventory_row *row, struct inventory_device *device, struct err *err)
{
	const char *class_, *unit;
	int status = read_text(row, FIELD_CLASS, &class_, err);

	status = status < 0 ? status : read_text(row, FIELD_UNIT, &unit, err);
	status = status < 0 ? status : read_ownership(row, device, err);
	status = status < 0 ? status
			    : read_date(row, FIELD_FROM, false, &device->enrolled_from_ns, err);
	status = status < 0 ? status : read_date(row, FIELD_TO, true, &device->enrolled_to_ns, err);
	status = status < 0 ? status : read_state(row, device, err);
	if (status == 0 && device->enrolled_to_ns <= device->enrolled_from_ns) {
		status = inventory_row_complain(row, FIELD_TO,
			"a day that is not before enrolled_from", cell_of(row, FIELD_TO), err);
	}
	if (status < 0) {
		return status;
	}
	if (!*class_ && device->ownership != OWNERSHIP_UNSAID) {
		class_ = device->ownership == OWNERSHIP_OWNED ? "owned" : "private";
	}
	device->class_ = symbol_of(SYMBOL_CLASS, class_);
	device->unit = symbol_of(SYMBOL_UNIT, unit);
	device->serial_hash = serial_hash(serial_of(row));
	return 0;
}

int inventory_row_id(const struct inventory_row *row, char id[INVENTORY_TEXT_MAX], struct err *err)
{
	const char *name = cell_of(row, FIELD_ID), *serial = serial_of(row);
	char by_serial[32];

	if (!*name && *serial) { /* which nobody is to read in what is written (inventory.h) */
		snprintf(by_serial, sizeof(by_serial), "serial-%016" PRIx64, serial_hash(serial));
		name = by_serial;
	}
	name = *name || !*cell_of(row, FIELD_SERIAL) ? name : cell_of(row, FIELD_MAC);
	if (!*name || strlen(name) >= INVENTORY_TEXT_MAX) {
		return inventory_row_complain(row,
			row->columns.has[FIELD_ID] ? FIELD_ID : FIELD_SERIAL,
			"what the device is called, at most 127 bytes", name, err);
	}
	strcpy(id, name);
	return 0;
}
