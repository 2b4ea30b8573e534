/* A row of an inventory: what its cells say of a device, in the words of whichever system wrote
 * them.
 *
 * Failure  -EINVAL and a sentence with file, line and column. */
#pragma once

#include "analyzer/device/inventory.h"
#include "analyzer/device/inventory_csv.h"
#include "base/local_time.h"

/* The reader's, which stands at the row. */
struct inventory_row {
	struct csv csv;
	struct columns columns;
	const struct local_zone *zone; /* of dates */
};

/* What the device is called: by its id, else by its serial, else by its MAC. */
int inventory_row_id(const struct inventory_row *row, char id[INVENTORY_TEXT_MAX], struct err *err);

/* Class, unit, ownership and since when and until when: all but id and identity. */
int inventory_row_device(
	const struct inventory_row *row, struct inventory_device *device, struct err *err);

/* How exports say that there is none. */
bool inventory_says_none(const char *text);

int inventory_row_complain(const struct inventory_row *row, enum inventory_field field,
	const char *expected, const char *found, struct err *err);
