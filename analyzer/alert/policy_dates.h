/* What the policy's own dates ask for: a review that is overdue, an assessment that lapsed, an
 * exception that is about to end or has ended.
 *
 * Each is a finding with an id of its own date, so that the same is told once however often this is
 * called. */
#pragma once

#include <stdint.h>

#include "analyzer/alert/alerts.h"

enum { POLICY_DATES_EXPIRING_DAYS = 14, POLICY_DATES_ENDED_DAYS = 30 };

/* Raises what is due at that time; at most so many as one write of alerts takes. */
void policy_dates_raise(struct alerts *alerts, const struct reference *reference, uint64_t now_ns);
