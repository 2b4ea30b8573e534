/* Pulse: the health of a sensor in a few numbers, small enough to be sent every few seconds and to
 * be read by whoever watches many sensors. Its text is "name number name number …", in the order of
 * the table; a reader passes over names that it does not know.
 *
 * Memory   a value.
 * Threads  any. */
#pragma once

#include <stdint.h>

#include "analyzer/engine/health.h"
#include "base/text.h"

/* Counters are since started_ns; the others are of this moment. */
#define HEALTH_SUMMARY_FIELDS(X)                                                                   \
	X(started_ns)            /* since 1970 */                                                  \
	X(said_ns)               /* since 1970: when all this was so */                            \
	X(frames_s)              /* read, a second, lately */                                      \
	X(bits_s)                /* on the wire, a second, lately */                               \
	X(frames)                /* read */                                                        \
	X(bytes)                 /* of those frames, as they were on the wire */                   \
	X(kernel_drops)          /* that the kernel had no room for */                             \
	X(refused)               /* that are no IP packet we can read */                           \
	X(flows)                 /* live */                                                        \
	X(flow_limit)            /* of all queues */                                               \
	X(evicted)               /* for want of room */                                            \
	X(lag_ns)                /* of the queue that is furthest behind */                        \
	X(queue_records)         /* on their way to the exporter */                                \
	X(records)               /* exported */                                                    \
	X(records_known)         /* whose app is known */                                          \
	X(alerts)                /* open */                                                        \
	X(alerts_missed)         /* for want of room */                                            \
	X(series)                /* that detectors follow */                                       \
	X(alerts_promised_milli) /* false ones a week that the policy bears, in thousandths */     \
	X(alerts_realised_milli) /* a week under that budget so far, but those confirmed */        \
	X(alerts_confirmed)      /* under that budget, closed as true */                           \
	X(alerts_refuted)        /* likewise, as false */                                          \
	X(reloads)                                                                                 \
	X(reloads_failed)                                                                          \
	X(queues) /* that there are, and that are captured from */                                 \
	X(queues_up)                                                                               \
	X(outputs)                                                                                 \
	X(outputs_up)                                                                              \
	X(batches_waiting) /* for Redis */                                                         \
	X(batches_lost)    /* that never came there */

struct health_summary {
#define X(name) uint64_t name;
	HEALTH_SUMMARY_FIELDS(X)
#undef X
};

enum {
#define X(name) HEALTH_SUMMARY_##name,
	HEALTH_SUMMARY_FIELDS(X)
#undef X
		HEALTH_SUMMARY_FIELD_COUNT
};

/* before is an earlier health of the same sensor, to tell rates from; zeroed where there is none.
 */
void health_summary_take(struct health_summary *health_summary, const struct health *health,
	const struct health *before);

const char *health_summary_field_name(unsigned field);
uint64_t health_summary_field(const struct health_summary *health_summary, unsigned field);

void health_summary_put(struct text *text, const struct health_summary *health_summary);
void health_summary_parse(struct health_summary *health_summary, const char *line);
