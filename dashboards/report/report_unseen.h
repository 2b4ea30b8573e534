/* What our networks sent beyond what the figures hold, so that no share of them reassures: flows of
 * which only what came back crossed the sensor, and what went to proxies of ours, which send it on.
 * Where the proxies' own flows are in sight they are in the figures as well. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "dashboards/report/report_model.h"

struct report_unseen {
	uint64_t flows, bytes_to_proxies;
};

struct report_unseen report_unseen(const struct report_model *model);

static inline bool report_has_unseen(const struct report_model *model)
{
	struct report_unseen unseen = report_unseen(model);

	return unseen.flows > 0 || unseen.bytes_to_proxies > 0;
}

/* Of nothing that went outside, and of what is not seen, no share can be told. */
bool report_knows_outside(const struct report_model *model);

/* Sentences, each with a space before it; none where all was seen. */
void report_put_unseen(
	struct text *text, const struct report_model *model, const struct messages *messages);
