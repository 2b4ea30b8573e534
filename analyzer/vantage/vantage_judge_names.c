/* Findings about names: lookups, resolvers, and what hides where flows go. */
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/vantage/vantage_judge.h"
#include "base/clock.h"

enum {
	CLIENTS_LEAST = 3,
	ASKED_PERCENT_MOST = 10,
	ENCRYPTED_PERCENT = 5,
	ENCRYPTED_LEAST = 2, /* one alone is no habit of a network's */
	ANSWERS_PERCENT = 50,
	ANSWERS_LEAST = 20,
	LOG_NAMES_LEAST = 50,
	/* Of the lookups, and of the flows: what all clients got for one name is kept for all. */
	LOG_NAMED_PERCENT = 10,
	FORWARDERS_MOST = 2,
	HIDDEN_PERCENT = 10,
	HIDDEN_LEAST = 20
};

/* Of what was before then, lookups have been told as well as flows of the web. */
static uint64_t told_until(const struct vantage_context *context)
{
	return context->lookups_wait_ns > 0 ? context->now_ns - context->lookups_wait_ns
					    : UINT64_MAX;
}

/* Whose lookups are seen: nobody's, a resolver's alone, everybody's. */
static void judge_lookups(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;
	uint64_t since_ns = told_until(it->context);
	struct client_counts counts = clients_count(&vantage->clients, since_ns);
	bool has_web = vantage->web >= VANTAGE_WEB_LEAST && vantage->web_since_ns <= since_ns;

	/* They are there, and what cut them cuts hellos as well. */
	bool are_cut = vantage->lookups_cut > 0 && vantage_has(it->findings, VANTAGE_SNAPLEN);

	if (has_web && !are_cut && counts.askers == 0 && counts.encrypted_only == 0) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_DNS_NONE);
		figure_number(finding, "flows", vantage->web);
		figure_devices(finding, "clients", counts.all, it->k);
	} else if (counts.all >= CLIENTS_LEAST && counts.askers > 0 &&
		   (uint64_t)(counts.asked + counts.encrypted_only) * 100 <=
			   (uint64_t)counts.all * ASKED_PERCENT_MOST) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_DNS_RESOLVER);
		figure_devices(finding, "clients", counts.all, it->k);
		figure_number(finding, "askers", counts.askers);
		figure_number(finding, "lookups", vantage->lookups);
	}
	if (counts.all >= CLIENTS_LEAST &&
		is_share(counts.encrypted_only, counts.all, ENCRYPTED_PERCENT, ENCRYPTED_LEAST)) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_DNS_ENCRYPTED);
		figure_devices(finding, "count", counts.encrypted_only, it->k);
		figure_devices(finding, "clients", counts.all, it->k);
	}
}

static void judge_answers(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;

	if (is_share(vantage->lookups_out_only, vantage->lookups, ANSWERS_PERCENT, ANSWERS_LEAST) &&
		!vantage_has(it->findings, VANTAGE_ONE_WAY)) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_DNS_ANSWERS);
		figure_share(finding, "share", vantage->lookups_out_only, vantage->lookups);
		figure_number(finding, "lookups", vantage->lookups);
	}
}

uint64_t vantage_log_names(const struct vantage_counters *counters)
{
	return counters->names_heard > 0 ? counters->names_heard : counters->names_later;
}

enum log_worth vantage_log_worth(const struct vantage_counters *counters, uint64_t flows)
{
	uint64_t names = vantage_log_names(counters), named = counters->named_by_log * 100;

	if (names < LOG_NAMES_LEAST || counters->answers * 2 >= names || flows < LOG_NAMES_LEAST ||
		named >= names * LOG_NAMED_PERCENT || named >= flows * LOG_NAMED_PERCENT) {
		return LOG_NAMES_FLOWS;
	}
	if (counters->names_heard > 0 && counters->names_bare == counters->names_heard) {
		return LOG_OF_QUESTIONS;
	}
	return counters->names_heard > 0 && counters->name_clients <= FORWARDERS_MOST
		       ? LOG_OF_FORWARDER
		       : LOG_OF_STRANGERS;
}

static void judge_log_clock(const struct vantage_case *it)
{
	const struct vantage_counters *counters = &it->context->counters;
	struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_RESOLVER_CLOCK);

	figure_span(finding, "apart", (uint64_t)llabs(counters->log_ahead_s));
	figure_word(finding, "way", counters->log_ahead_s > 0 ? "probe_ahead" : "probe_behind");
	figure_number(finding, "lookups", counters->log_ahead_by);
	figure_number(finding, "names", counters->names_heard + counters->names_later);
}

static void judge_log(const struct vantage_case *it)
{
	static const char *const causes[] = { [LOG_OF_FORWARDER] = "doctor_log_forwarder",
		[LOG_OF_QUESTIONS] = "doctor_log_questions",
		[LOG_OF_STRANGERS] = "doctor_log_strangers" };
	const struct vantage_counters *counters = &it->context->counters;
	enum log_worth worth = vantage_log_worth(counters, it->vantage->flows);

	if (it->context->has_counters && counters->log_ahead_s != 0) {
		judge_log_clock(it);
	} else if (it->context->has_counters && worth != LOG_NAMES_FLOWS) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_RESOLVER_LOG);
		figure_number(finding, "names", vantage_log_names(counters));
		figure_number(finding, "flows", counters->named_by_log);
		figure_number(finding, "of", it->vantage->flows);
		figure_word(finding, "cause", causes[worth]);
	}
}

static void judge_backlog(const struct vantage_case *it, const struct vantage_log *log)
{
	if (vantage_log_is_behind(log, it->context->now_ns)) {
		struct vantage_finding *finding =
			vantage_add(it->findings, VANTAGE_RESOLVER_BEHIND);
		figure_text(finding, "log", log->title);
		figure_span(finding, "since", (it->context->now_ns - log->behind_ns) / NS_PER_S);
		figure_size(finding, "bytes", log->behind);
	}
}

/* Live: what the resolvers' logs lack from some time on. */
static void judge_live_logs(const struct vantage_case *it)
{
	uint64_t now_ns = it->context->now_ns, web = it->vantage->web;

	for (unsigned i = 0; i < it->vantage->logs.count; i++) {
		const struct vantage_log *log = &it->vantage->logs.items[i];
		bool is_away = vantage_log_is_away(log, now_ns);
		judge_backlog(it, log);
		if (!is_away && !vantage_log_is_silent(log, web, now_ns)) {
			continue;
		}
		struct vantage_finding *finding = vantage_add(
			it->findings, is_away ? VANTAGE_RESOLVER_AWAY : VANTAGE_RESOLVER_SILENT);
		figure_text(finding, "log", log->title);
		figure_span(finding, "since",
			(now_ns - (is_away ? log->away_ns : log->heard_ns)) / NS_PER_S);
		figure_number(finding, "flows", web - log->web_then);
	}
}

/* What hides a name on purpose; what is merely not listed, or says nothing by nature, is no matter
 * of the vantage. */
static bool hides_names(enum unnamed_reason reason)
{
	return reason == UNNAMED_ENCRYPTED_HELLO || reason == UNNAMED_NO_SNI ||
	       reason == UNNAMED_TUNNEL || reason == UNNAMED_RELAY ||
	       reason == UNNAMED_NOT_CAPTURED;
}

static void judge_hidden(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;
	char key[64];

	for (unsigned reason = 0; reason < UNNAMED_REASON_COUNT; reason++) {
		uint64_t hidden = vantage->hidden[reason];
		if (hides_names(reason) &&
			is_share(hidden, vantage->told, HIDDEN_PERCENT, HIDDEN_LEAST)) {
			struct vantage_finding *finding =
				vantage_add(it->findings, VANTAGE_NAMES_HIDDEN);
			snprintf(key, sizeof(key), "unnamed_%s", unnamed_reason_name(reason));
			figure_share(finding, "share", hidden, vantage->told);
			figure_number(finding, "flows", hidden);
			figure_word(finding, "cause", key);
		}
	}
}

void vantage_judge_names(const struct vantage_case *it)
{
	judge_lookups(it);
	judge_answers(it);
	judge_log(it);
	judge_live_logs(it);
	judge_hidden(it);
}
