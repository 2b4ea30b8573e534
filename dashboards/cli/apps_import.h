/* Public lists of names made into a catalogue file of the user's own. */
#pragma once

#include <stdio.h>

#include "analyzer/catalogue/catalogue.h"

struct apps_import_options {
	const char
		*app; /* whose names these are; NULL: as the list's id, or its file's name, says */
	const char *name, *category, *owner, *owner_country, *parent, *parent_country;
	const char *source; /* NULL: the list's file name */
};

struct apps_import_counts {
	unsigned added, known; /* known: the app has that name, or one above it */
	unsigned moved;        /* of those added: from another app */
	unsigned exceptions, includes, unknown;
};

/* Writes facts of one list in the catalogue's form (without the line of columns). 0 or -errno, with
 * a sentence. */
int apps_import_list(const struct catalogue *catalogue, const struct apps_import_options *options,
	const char *path, FILE *out, struct apps_import_counts *counts, struct err *err);
