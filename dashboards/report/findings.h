/* Findings: everything a summary or a report is made from, gathered once, read by every writer.
 *
 * Writers only read; the overview's listings are sorted on demand, so one writer runs at a time. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/analyzer.h"

struct findings {
	struct overview *overview;
	const struct analyzer_stats *stats;
	const struct lexicon *lexicon;
	const char *const *inputs; /* names of the files read */
	unsigned input_count;
	const char *trouble; /* an input that was bad or cut short: the sentence; NULL none */
	uint64_t alerts;
	unsigned group_minimum; /* k: smaller groups of devices are suppressed; 0 shows all */
	uint64_t made_ns;       /* when the analysis ran */
};

struct summary_style {
	unsigned width; /* columns; 80 where not known */
	bool color, utf8;
};

/* The page on the terminal: what leaves where under whose control, then what could not be said and
 * why. */
void summary_put_text(
	FILE *out, const struct findings *findings, const struct summary_style *style);

/* The same as one JSON object, with nothing personal in it. */
struct text;
void summary_put_json(struct text *text, const struct findings *findings);

/* Packets refused under any reason. */
uint64_t findings_refused(const struct findings *findings);

/* Bytes our end sent to servers outside EU and EEA. */
uint64_t findings_bytes_outside(const struct findings *findings);

/* "Sweden" for "SE"; the code itself where the table does not know it; "unknown" for "". */
const char *findings_country(
	const struct findings *findings, const char *code, enum geo_language language);
