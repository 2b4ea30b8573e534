/* Inside the summary on the terminal: what its parts share. summary_text.c makes the sentences,
 * summary_tables.c the tables. */
#pragma once

#include "base/text.h"
#include "dashboards/report/report_model.h"

struct summary_page {
	FILE *out;
	const struct report_model *model;
	const struct summary_style *style;
};

void summary_put_heading(const struct summary_page *page, const char *heading, const char *says);

/* A paragraph made on the side, broken at the page's width; frees it. */
void summary_put_paragraph(const struct summary_page *page, struct text *text);

double summary_percent(uint64_t part, uint64_t whole);

void summary_put_apps(const struct summary_page *page);
void summary_put_zones(const struct summary_page *page);
void summary_put_matrix(const struct summary_page *page);
void summary_put_unnamed(const struct summary_page *page);
void summary_put_inferred(const struct summary_page *page);
void summary_put_policy(const struct summary_page *page);
