/* Which apps `apps list` shows.
 *
 * Pure; any thread. */
#pragma once

#include <stdbool.h>

#include "analyzer/catalogue/catalogue.h"

struct app_filter {
	const char *category, *family, *parent_country; /* NULL: any */
};

/* A choice that no app of the catalogue meets is a mistake: -EINVAL, and which ones there are. */
int app_filter_check(
	const struct app_filter *filter, const struct catalogue *catalogue, struct err *err);

bool app_filter_matches(const struct app_filter *filter, const struct app *app);
