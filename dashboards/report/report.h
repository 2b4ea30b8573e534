/* The report: one printable page a language, and the same model as JSON, in a folder.
 *
 * Every page stands alone: style inside, no scripts, nothing loaded from anywhere. Numbers of
 * devices below the policy's k are suppressed. Addresses of devices never appear. */
#pragma once

#include "base/err.h"
#include "dashboards/report/report_model.h"
#include "analyzer/messages/messages.h"

/* Writes report.<language>.html in six languages, report.json and policy.csv into folder, which is
 * made where it is missing. 0 or -errno. */
int report_write(const char *folder, const struct report_model *model, struct err *err);

/* One page, into text. css: the style sheet's content. */
void report_put_html(struct text *text, const struct report_model *model,
	const struct messages *messages, const char *css);

/* What the headline says after "outside the EU/EEA": zone by zone, the largest services behind
 * each, and what went nobody knows where. */
void report_put_destinations(
	struct text *text, const struct report_model *model, const struct messages *messages);

/* The databases of countries, each with its date and age; false where there are none. */
bool report_put_geo_data(
	struct text *text, const struct report_model *model, const struct messages *messages);

/* What the policy said of the traffic: verdicts, rules and attempts, a row each. */
void report_put_csv(struct text *text, const struct report_model *model);

/* A bar chart of zones as inline SVG: direct labels, zero-based, readable in black and white. */
struct chart_bar {
	const char *label, *value_text;
	const char *zone; /* name of the zone: picks colour and pattern */
	uint64_t value;
};
void chart_put_bars(
	struct text *text, const char *title, const struct chart_bar *bars, unsigned count);
