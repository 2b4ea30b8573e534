/* The page of a case file. */
#pragma once

#include "dashboards/cli/alerts.h"

/* files: what lies beside it, a line each; ours, not escaped. */
void alerts_put_page(
	struct text *text, struct desk *desk, const struct alert_entry *entry, const char *files);
