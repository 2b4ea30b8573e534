/* Judging: what crossed the sensor, and what it counted, to findings.
 *
 * A finding is made where the figures bear it and not before: a share of enough flows, never a
 * single one. So a healthy capture has none, and what is too little to tell says nothing.
 *
 * Threads  any; takes the lock of what it judges. */
#pragma once

#include "analyzer/vantage/vantage.h"
#include "analyzer/vantage/vantage_counters.h"
#include "analyzer/vantage/vantage_text.h"

struct coverage;

/* Two inputs that hold the same flows: how far apart their clocks are. */
struct vantage_clocks {
	const char *names[2];
	int64_t apart_ns; /* the second is ahead by so much */
	uint64_t flows;   /* seen in both; 0: none, nothing is known */
};

/* A live interface, as the system describes it. */
struct vantage_interface {
	const char *name;
	bool is_up, merges;      /* receive offloads that put segments together */
	char offloads[64];       /* their names, as ethtool calls them */
	uint64_t frames, missed; /* by the card, while it was watched */
};

struct vantage_context {
	const struct reference *reference;
	struct vantage_counters counters;
	const struct coverage *coverage; /* NULL: nothing is known of devices */
	uint64_t now_ns;
	/* Live: so long after it a lookup is told, while flows of the web are told as they close.
	 * 0: all that was seen has been told. */
	uint64_t lookups_wait_ns;
	uint64_t reloads_failed;
	/* Of alerts, as in detectors_stats.h: a week; closed as true and false. */
	uint64_t promised_milli, realised_milli, confirmed, refuted;
	uint64_t watched_s; /* how long detectors have looked; 0: there is nothing to say of them */
	const struct vantage_clocks *clocks;
	unsigned clock_count;
	const struct vantage_interface *interfaces; /* live */
	unsigned interface_count;
	bool has_counters; /* false: an archive, which knows flows alone */
};

void vantage_judge(struct vantage *vantage, const struct vantage_context *context,
	struct vantage_report *report);

/* Its parts, under the lock. */
struct vantage_case {
	const struct vantage *vantage;
	const struct vantage_context *context;
	struct vantage_findings *findings;
	uint64_t k; /* devices: below it only that */
};

void vantage_judge_mirror(const struct vantage_case *it);
void vantage_judge_places(const struct vantage_case *it);
void vantage_judge_probes(const struct vantage_case *it);
void vantage_judge_names(const struct vantage_case *it);
void vantage_judge_machine(const struct vantage_case *it);

/* Do resolver logs hold many lookups (of the time that was seen, else of the one behind it), and
 * next to none that a flow was named by? And why. */
enum log_worth {
	LOG_NAMES_FLOWS,
	LOG_OF_FORWARDER, /* one asks for all, or the log leaves the clients out */
	LOG_OF_QUESTIONS, /* without the addresses that are answered */
	LOG_OF_STRANGERS
};
enum log_worth vantage_log_worth(const struct vantage_counters *counters, uint64_t flows);
uint64_t vantage_log_names(const struct vantage_counters *counters);

/* Is part at least so many per cent of whole, and least of them? */
static inline bool is_share(uint64_t part, uint64_t whole, unsigned percent, uint64_t least)
{
	return part >= least && whole > 0 && part * 100 >= whole * percent;
}
