/* Findings in words, as JSON, and as lines that another process reads back.
 *
 * Threads  any. */
#pragma once

#include "analyzer/messages/messages.h"
#include "analyzer/vantage/vantage_finding.h"
#include "base/json.h"

/* What is so, with its figures; and what to do about it. */
void vantage_put_sentence(
	const struct messages *messages, struct text *text, const struct vantage_finding *finding);
void vantage_put_remedy(
	const struct messages *messages, struct text *text, const struct vantage_finding *finding);

/* Members of an object that is open: code, severity, sentence, remedy, figures. */
void vantage_put_json(
	const struct messages *messages, struct json *json, const struct vantage_finding *finding);

/* All that is said at once, and the same as lines that vantage_read_lines() reads. */
struct vantage_report {
	uint64_t first_ns, last_ns, flows;
	struct vantage_findings findings;
};
void vantage_put_lines(struct text *text, const struct vantage_report *report);
bool vantage_read_lines(
	struct vantage_report *report, const char *lines); /* false: they are none */
