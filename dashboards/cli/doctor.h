/* The parts of `borderflow doctor`: where what is judged comes from.
 *
 * Each fills a report (vantage_text.h) out of one kind of source; all but the socket's judge here,
 * with the reference data of the caller.
 *
 * Threads  the caller's.
 * Failure  0 or -errno and a sentence; -EBADMSG of a damaged capture, and the report holds what
 *          could be read. */
#pragma once

#include "analyzer/record/state.h"
#include "analyzer/vantage/vantage_judge.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/facts.h"

enum { DOCTOR_INPUTS_MAX = 64 };

struct doctor {
	const struct reference *reference;
	const struct probe_key *probe_key; /* of markers; NULL: no probe is known */
	struct state *state; /* what a sensor keeps; NULL: nothing is known of before */
	const char *filter;
	const struct option_list *resolver_logs; /* of captures; NULL: none */
	uint64_t now_ns;
};

/* Each file by itself, so that their clocks can be held against each other. */
int doctor_read_files(const struct doctor *doctor, char *const *files, unsigned count,
	struct vantage_report *report, struct err *err);

/* Captures for so long, or until Ctrl-C. */
struct doctor_live {
	const struct option_list *interfaces;
	uint64_t duration_ns;
	uint32_t snaplen;
	const char *user; /* whom to become once the interfaces are open */
};
int doctor_watch(const struct doctor *doctor, const struct doctor_live *live,
	struct vantage_report *report, struct err *err);

int doctor_read_archives(const struct doctor *doctor, const struct option_list *archives,
	uint64_t from_ns, uint64_t to_ns, struct vantage_report *report, struct err *err);

/* What the sensor at that socket finds itself. */
int doctor_ask_sensor(const char *path, struct vantage_report *report, struct err *err);

/* What the system says of an interface: is it up, does it merge, what did its card lose. false: it
 * is not there. */
bool doctor_read_interface(const char *name, struct vantage_interface *interface);
