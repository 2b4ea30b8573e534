/* One contract of all backends of the view: the same traffic gives the same figures, by every
 * dimension, over any time. */
#include "analyzer/view/view.h"

#include <errno.h>

#include "analyzer/alert/alert_store.h"
#include "base/local_time.h"
#include "tests/unit/view_backends.h"

static void test_dimensions(void)
{
	for (unsigned i = 0; i < VIEW_DIMENSION_COUNT; i++) {
		struct view_question question = { .by = { i }, .by_count = 1 };
		all_agree(VIEW_SEES_DEVICES, &question, view_dimension_name(i));
	}
	struct view_question flow = { .by = { VIEW_BY_UNIT, VIEW_BY_APP, VIEW_BY_CONTROL },
		.by_count = 3,
		.sort = VIEW_SORT_FLOWS,
		.most = 20 };
	all_agree(VIEW_SEES_DEVICES, &flow, "unit, app and control");
}

static void test_times(void)
{
	struct view_question days = {
		.by = { VIEW_BY_ZONE }, .by_count = 1, .step_ns = VIEW_DAY_NS
	};
	struct view_question hours = { .from_ns = TRAFFIC_FROM_NS + 5 * HOUR_NS,
		.to_ns = TRAFFIC_FROM_NS + 29 * HOUR_NS,
		.by = { VIEW_BY_APP },
		.by_count = 1,
		.step_ns = HOUR_NS };
	struct view_question slots = { .from_ns = TRAFFIC_FROM_NS + 3 * SLOT_NS,
		.to_ns = TRAFFIC_FROM_NS + 9 * SLOT_NS,
		.by = { VIEW_BY_SERVER, VIEW_BY_PARENT },
		.by_count = 2,
		.step_ns = SLOT_NS };

	all_agree(VIEW_SEES_DEVICES, &days, "a series of days");
	all_agree(VIEW_SEES_DEVICES, &hours, "a series of hours of some");
	all_agree(VIEW_SEES_DEVICES, &slots, "a series of five minutes");
}

static void test_filters(void)
{
	struct view_question question = { .by = { VIEW_BY_UNIT },
		.by_count = 1,
		.filters = { { VIEW_BY_ZONE, "outside-eea", false },
			{ VIEW_BY_APP, "app-1", true } },
		.filter_count = 2 };
	struct view_answer *answer;

	all_agree(VIEW_SEES_DEVICES, &question, "outside EU and EEA, without an app");
	answer = ask(VIEW_SEES_DEVICES, ANALYSIS, &question);
	uint64_t up = 0;
	for (size_t i = 0; i < traffic.count; i++) {
		const struct record *record = &traffic.records[i];
		bool is_first = record->verdict.app == symbol_find(SYMBOL_APP, "app-1");
		up += geo_zone_is_outside(record->place.zone) && !is_first ? record->flow.bytes[0]
									   : 0;
	}
	is_int((int64_t)answer->total.bytes_up, (int64_t)up, "a filter lets that much through");
	view_answer_free(answer);
	question.text = "UNIT-3";
	answer = ask(VIEW_SEES_DEVICES, ANALYSIS, &question);
	is_int((int64_t)answer->row_count, 1, "a text finds a row, whatever the case");
	view_answer_free(answer);
	question = (struct view_question){
		.by = { VIEW_BY_UNIT }, .by_count = 1, .first = 1, .most = 2, .sort = VIEW_SORT_NAME
	};
	answer = ask(VIEW_SEES_DEVICES, ANALYSIS, &question);
	ok(answer->row_count == 2 && answer->all_rows == TRAFFIC_UNITS &&
			strcmp(answer->rows[0].values[0], "unit-1") == 0,
		"rows are counted, sorted by name and cut");
	view_answer_free(answer);
}

/* Whatever a row is called, it can be asked for by that name, and its figures are the answer's. */
static void test_values(void)
{
	for (unsigned by = 0; by < VIEW_DIMENSION_COUNT; by++) {
		struct view_question question = { .by = { by }, .by_count = 1 };
		struct view_answer *table = ask(VIEW_SEES_DEVICES, ANALYSIS, &question);
		size_t wrong = 0;
		for (size_t i = 0; i < table->row_count; i++) {
			const char *value = table->rows[i].values[0];
			question.filters[0] = (struct view_filter){ by, value, false };
			question.filter_count = 1;
			struct view_answer *one = ask(VIEW_SEES_DEVICES, ANALYSIS, &question);
			wrong += *value == '\0' || one->total.flows != table->rows[i].total.flows;
			view_answer_free(one);
		}
		is_int((int64_t)wrong, 0, "each %s has a name that finds it",
			view_dimension_name(by));
		view_answer_free(table);
	}
}

static void test_notes(void)
{
	struct view_question question = { .from_ns = TRAFFIC_FROM_NS - TRAFFIC_DAY_NS,
		.to_ns = TRAFFIC_TO_NS };
	struct view_answer *answer = ask(VIEW_SEES_DEVICES, HOURS, &question);

	ok(answer->notes.is_past_retention, "what is older than the archive is said");
	ok(answer->notes.as_of_ns > TRAFFIC_TO_NS - HOUR_NS &&
			answer->notes.as_of_ns < TRAFFIC_TO_NS,
		"how old the latest is, is said");
	ok(answer && answer->notes.gap_count == 1 && answer->notes.gaps[0].records == 7 &&
			answer->notes.gaps[0].from_ns == TRAFFIC_FROM_NS + HOUR_NS &&
			strcmp(answer->notes.gaps[0].reason, "disk full") == 0,
		"a gap is told, when and why");
	view_answer_free(answer);
	question.from_ns = 0;
	answer = ask(VIEW_SEES_DEVICES, HOURS, &question);
	ok(!answer->notes.is_past_retention, "who asks for all there is asks for nothing older");
	view_answer_free(answer);
	question = (struct view_question){ .from_ns = 1 };
	struct err err;
	is_int(view_ask(views[HOURS], &all, &question, &answer, &err), -EINVAL,
		"less than five minutes cannot be asked for");
}

struct told {
	size_t count;
	uint64_t up;
};

/* What one has read answers the other, though the archive is gone by then. */
static void test_beside(void)
{
	const char *place = path_of("gone");
	const struct view_archive_options options = {
		.folders = &place, .folder_count = 1, .stale_ns = 3600 * NS_PER_S
	};
	const struct view_question by_app = { .by = { VIEW_BY_APP }, .by_count = 1 };
	struct view *one, *other;
	struct view_answer *first, *again;
	char command[160];
	struct err err;

	traffic_archive(&traffic, 0, traffic.count, place, &err);
	ok(view_open_archive(&one, &options, &err) == 0 &&
			view_open_archive_beside(&other, one, &err) == 0,
		"two views of one archive");
	view_ask(one, &all, &by_app, &first, &err);
	snprintf(command, sizeof(command), "rm -rf '%s'", place);
	ok(first->total.flows > 0 && system(command) == 0, "one of them has read it");
	view_close(one);
	ok(view_ask(other, &all, &by_app, &again, &err) == 0 &&
			again->total.flows == first->total.flows &&
			again->row_count == first->row_count,
		"what it read answers the other, also once it is closed");
	view_answer_free(first);
	view_answer_free(again);
	view_close(other);
}

/* An answer from before the archive grew says so; whoever bears no age gets none. */
static void test_behind(void)
{
	const char *place = path_of("growing");
	const struct view_archive_options bears = {
		.folders = &place, .folder_count = 1, .stale_ns = 3600 * NS_PER_S
	};
	const struct view_archive_options exact = { .folders = &place, .folder_count = 1 };
	const struct view_question total = { .by_count = 0 };
	struct view_answer *before, *after, *anew;
	struct view *old, *fresh;
	struct err err;

	traffic_archive(&traffic, 0, traffic.count / 2, place, &err);
	view_open_archive(&old, &bears, &err);
	view_open_archive(&fresh, &exact, &err);
	view_ask(old, &all, &total, &before, &err);
	traffic_archive(&traffic, traffic.count / 2, traffic.count, place, &err);
	view_ask(old, &all, &total, &after, &err);
	view_ask(fresh, &all, &total, &anew, &err);
	ok(before->total.flows > 0 && !before->notes.is_behind, "what was just read is of now");
	ok(after->total.flows == before->total.flows && after->notes.is_behind,
		"the same once the archive has grown is behind it");
	ok(anew->total.flows > after->total.flows && !anew->notes.is_behind,
		"what is read anew is not");
	view_answer_free(before);
	view_answer_free(after);
	view_answer_free(anew);
	view_close(old);
	view_close(fresh);
}

/* The same flows at a sensor whose clock is a day late, and at one that is years ahead. */
static void test_clocks(void)
{
	const char *places[] = { path_of("right"), path_of("late"), path_of("ahead") };
	const uint64_t off_ns[] = { 0, VIEW_DAY_NS, 20000 * VIEW_DAY_NS };
	const struct view_question total = { .by_count = 0 };
	struct traffic seen = traffic;
	struct view_answer *answer;
	struct view *view;
	struct err err;

	seen.records = calloc(traffic.count, sizeof(*seen.records));
	for (unsigned i = 0; seen.records && i < 3; i++) {
		memcpy(seen.records, traffic.records, traffic.count * sizeof(*seen.records));
		for (size_t k = 0; k < traffic.count; k++) {
			struct flow_record *flow = &seen.records[k].flow;
			flow->start_seen = true;
			flow->tcp_flags[0] = TCP_SYN;
			flow->start_ns += off_ns[i];
			flow->flow_start_ns += off_ns[i];
			flow->end_ns += off_ns[i];
		}
		traffic_archive(&seen, 0, 100, places[i], &err);
	}
	open_archives(places, 2, false, &view, &err);
	view_ask(view, &all, &total, &answer, &err);
	ok(answer->total.flows == 200 && answer->notes.flows_apart == 100 &&
			answer->notes.clocks_apart_s == 86400 && !answer->notes.is_ahead,
		"flows that two clocks have at two times count twice, and it is said");
	view_answer_free(answer);
	view_close(view);
	open_archives(places + 2, 1, false, &view, &err);
	view_ask(view, &all, &total, &answer, &err);
	ok(answer->notes.is_ahead && answer->notes.flows_apart == 0,
		"a time that has not come yet is said");
	view_answer_free(answer);
	view_close(view);
	free(seen.records);
}

/* The same devices before a month's border and after it, under another pseudonym each. */
static void test_month_border(void)
{
	const uint64_t border_ns = UINT64_C(1775001600) * NS_PER_S; /* 2026-04-01 */
	const struct view_question across = { .from_ns = border_ns - 2 * HOUR_NS,
		.to_ns = border_ns + 24 * HOUR_NS },
				   before = { .from_ns = border_ns - 2 * HOUR_NS,
					   .to_ns = border_ns };
	const char *place = path_of("border");
	struct traffic seen = { .count = 20 };
	struct view_answer *answer;
	struct view *view;
	struct err err;

	seen.records = calloc(seen.count, sizeof(*seen.records));
	seen.labels = calloc(seen.count, sizeof(*seen.labels));
	for (size_t i = 0; i < seen.count; i++) {
		struct flow_record *flow = &seen.records[i].flow;
		seen.records[i] = traffic.records[0];
		seen.labels[i] = traffic.labels[0];
		flow->flow_id = i + 1;
		flow->start_ns = flow->flow_start_ns = border_ns + i * HOUR_NS / 10 - HOUR_NS;
		flow->end_ns = flow->start_ns + NS_PER_S;
		snprintf(seen.labels[i].device, sizeof(seen.labels[i].device), "%s-%zu",
			i < 10 ? "march" : "april", i % 10);
	}
	traffic_archive(&seen, 0, seen.count, place, &err);
	for (unsigned from_records = 0; from_records < 2; from_records++) {
		open_archives(&place, 1, from_records, &view, &err);
		view_ask(view, &all, &across, &answer, &err);
		ok(answer->total.flows == 20 && answer->total.devices == 10 &&
				answer->total.count == VIEW_COUNT_AT_LEAST,
			"over a month's border devices are counted of the month that most is of");
		view_answer_free(answer);
		view_ask(view, &all, &before, &answer, &err);
		ok(answer->total.devices == 10 && answer->total.count == VIEW_COUNT_EXACT,
			"and of one month exactly");
		view_answer_free(answer);
		view_close(view);
	}
	free(seen.records);
	free(seen.labels);
}

static bool count_flow(void *context, const struct archived *archived)
{
	struct told *told = context;

	told->count++;
	told->up += archived->record.flow.total_bytes[0];
	return true;
}

static void test_lists(void)
{
	const struct view_flows question = { .filter = "app == app-1 and zone == third" };
	struct view_question sums = { .filters = { { VIEW_BY_APP, "app-1", false },
					      { VIEW_BY_ZONE, "third", false } },
		.filter_count = 2 };
	struct view_answer *answer = ask(VIEW_SEES_DEVICES, ANALYSIS, &sums);
	struct view_coverage coverage;
	struct view_notes notes;
	struct err err;

	for (unsigned i = HOURS; i < BACKENDS; i++) {
		struct told told = { 0 };
		view_ask_flows(views[i], &all, &question, count_flow, &told, &notes, &err);
		ok(told.count == answer->total.flows && told.up == answer->total.bytes_up,
			"%s: the flows are those that were added up, each once", names[i]);
	}
	is_int(view_ask_flows(views[HOURS], &viewer, &question, count_flow, NULL, &notes, &err),
		-EPERM, "a viewer sees no flows");
	is_int(view_ask_flows(views[ANALYSIS], &all, &question, count_flow, NULL, &notes, &err),
		-ENOTSUP, "what is not kept is refused");
	view_answer_free(answer);
	is_int(view_ask_coverage(views[HOURS], &all, 0, 0, &coverage, &err), 0, "coverage");
	uint64_t bytes = 0;
	for (size_t i = 0; i < coverage.hidden->row_count; i++) {
		bytes += coverage.hidden->rows[i].total.bytes_up;
	}
	ok(bytes == coverage.total.bytes_up && coverage.named.bytes_up > 0 &&
			coverage.inferred.bytes_up > 0,
		"what is named, and what hides it and why, is the whole");
	view_coverage_free(&coverage);
}

static int write_alert(struct alert_store *store, const char *id, const char *kind,
	const char *state, uint64_t time_ns, struct err *err)
{
	struct alert_record record = { .count = 0 };
	char time[24];
	const struct alert_change change = { .id = id, .time_ns = time_ns, .fields = &record };

	snprintf(time, sizeof(time), "%llu", (unsigned long long)time_ns);
	alert_record_set(&record, "kind", kind, err);
	alert_record_set(&record, "state", state, err);
	alert_record_set(&record, "time", time, err);
	int status = alert_store_write(store, &change, NULL, err);
	alert_record_clear(&record);
	return status;
}

static bool note_alert(void *context, const char *id, const struct alert_record *alert)
{
	(void)alert;
	strcat(context, id);
	return true;
}

static void test_alerts(void)
{
	const char *desk = path_of("desk");
	struct view_alerts question = { .kind = "policy.violation" };
	struct alert_store *store;
	char ids[128] = "";
	struct err err = { "" };

	is_int(view_ask_alerts(views[HOURS], &all, &question, note_alert, ids, &err), -ENOTSUP,
		"an archive has no alerts unless their desk is named");
	if (alert_store_open(&store, desk, &err) < 0 ||
		write_alert(store, "a1", "policy.violation", "new", TRAFFIC_FROM_NS, &err) < 0 ||
		write_alert(store, "a2", "sensor.silent", "new", TRAFFIC_FROM_NS + 1, &err) < 0 ||
		write_alert(store, "a3", "policy.violation", "closed", TRAFFIC_TO_NS, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	alert_store_close(store);
	is_int(view_set_desk(views[HOURS], desk, &err), 0, "the desk is named %s", err.text);
	view_ask_alerts(views[HOURS], &all, &question, note_alert, ids, &err);
	is_text(ids, "a3a1", "alerts of a kind, the latest first");
	ids[0] = '\0';
	question = (struct view_alerts){ .to_ns = TRAFFIC_TO_NS, .state = "new", .most = 1 };
	view_ask_alerts(views[HOURS], &all, &question, note_alert, ids, &err);
	is_text(ids, "a2", "… of a time and a state, so many");
	is_int(view_ask_alerts(views[HOURS], &viewer, &question, note_alert, ids, &err), -EPERM,
		"a viewer sees none");
}

/* What a viewer may not ask. */
static void test_refusals(void)
{
	static const struct {
		struct view_question question;
		const char *what;
	} refused[] = {
		{ { .by = { VIEW_BY_EXCEPTION }, .by_count = 1 }, "exceptions" },
		{ { .by = { VIEW_BY_UNIT, VIEW_BY_CLASS }, .by_count = 2 }, "units by class" },
		{ { .by = { VIEW_BY_UNIT, VIEW_BY_APP, VIEW_BY_ZONE }, .by_count = 3 },
			"units by two things" },
		{ { .by = { VIEW_BY_APP },
			  .by_count = 1,
			  .filters = { { VIEW_BY_UNIT, "unit-4", false } },
			  .filter_count = 1 },
			"apps of a unit by a filter" },
		{ { .by = { VIEW_BY_UNIT },
			  .by_count = 1,
			  .filters = { { VIEW_BY_APP, "app-1", false } },
			  .filter_count = 1 },
			"units with a filter" },
		{ { .by = { VIEW_BY_UNIT, VIEW_BY_SERVER }, .by_count = 2 },
			"what day tables do not have" },
		{ { .by = { VIEW_BY_UNIT }, .by_count = 1, .step_ns = HOUR_NS },
			"units by the hour" },
	};
	struct view_answer *answer;
	struct err err;

	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		is_int(view_ask(views[HOURS], &viewer, &refused[i].question, &answer, &err), -EPERM,
			"a viewer may not ask for %s", refused[i].what);
	}
}

int main(void)
{
	return backends_run((backend_test *const[]){ test_dimensions, test_times, test_filters,
		test_values, test_notes, test_beside, test_behind, test_clocks, test_month_border,
		test_lists, test_alerts, test_refusals, NULL });
}
