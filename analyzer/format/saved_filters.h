/* Saved filters: names for filters that are asked again and again, so that "@backup and bytes >
 * 1GB" means the same on the command line and on the page.
 *
 *     # comment
 *     backup = unit == School and port == 873
 *
 * A file: $BORDERFLOW_FILTERS; else borderflow/filters below $XDG_CONFIG_HOME or ~/.config, where
 * that is; else /etc/borderflow/filters. Names are letters, digits, "-" and "_"; a filter may use
 * names that stand above it.
 *
 * Threads  any; pure but for the file.
 * Failure  -errno and a sentence with file and line, or with the names that there are. */
#pragma once

#include "base/err.h"
#include "base/text.h"

/* Puts the filter with each @NAME outside of quotes replaced by "(…)". The file is only read where
 * there is one. */
int saved_filters_expand(struct text *into, const char *filter, struct err *err);
