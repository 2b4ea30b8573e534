/* The desk of a sensor's own folder: what people's steps do, what the sensor changes no more, when
 * evidence goes, what a suppression covers and which verdicts count. */
#include "analyzer/alert/alert_desk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/alert/alert.h"
#include "analyzer/alert/alert_entry.h"
#include "analyzer/alert/desk_watch.h"
#include "analyzer/catalogue/catalogue.h"
#include "base/clock.h"
#include "tests/tap.h"

#define DAY_NS  (86400 * NS_PER_S)
#define KEPT_NS (ALERT_KEPT_DAYS * DAY_NS)

static const uint64_t begin_ns = UINT64_C(1772409600) * NS_PER_S; /* 2026-03-02 */
static char folder[] = "/tmp/borderflow-desk-XXXXXX";
static struct alert_store *store;
static struct err err;

struct made {
	const char *id, *kind, *state, *observer, *unit, *app;
	uint32_t revision;
	bool in_storm;
	uint64_t first_ns, last_ns;
};

static int post(const struct made *made)
{
	char json[1024], start[CLOCK_TEXT_LENGTH + 1], end[CLOCK_TEXT_LENGTH + 1], digest[64];
	struct alert_post alert = { .id = made->id,
		.kind = made->kind,
		.state = made->state ? made->state : "new",
		.said = "fi\tsuomeksi\n",
		.suppression = made->state ? "s0123" : "",
		.json = json,
		.digest = digest,
		.first_ns = made->first_ns };

	clock_format(made->first_ns, start);
	clock_format(made->last_ns ? made->last_ns : made->first_ns, end);
	snprintf(digest, sizeof(digest), "digest %u", made->revision);
	snprintf(json, sizeof(json),
		"{\"event\":{\"severity\":47,\"start\":\"%s\",\"end\":\"%s\"},"
		"\"message\":\"in English\",\"network\":{\"application\":\"%s\"},"
		"\"observer\":{\"name\":\"%s\"},\"rule\":{\"id\":\"ban\"},"
		"\"borderflow\":{\"unit\":\"%s\",\"alert\":{\"severity\":\"medium\","
		"\"revision\":%u,\"in_storm\":%s,\"apps\":[\"tiktok\",\"zoom\"]}}}",
		start, end, made->app ? made->app : "", made->observer ? made->observer : "north",
		made->unit ? made->unit : "", made->revision, made->in_storm ? "true" : "false");
	return alert_desk_post(store, &alert, &err);
}

static int act_with(enum alert_step step, const char *id, const char *text, const char *verdict,
	uint64_t now_ns, uint64_t revision)
{
	const struct alert_act act = { .step = step,
		.who = "registrator",
		.text = text,
		.verdict = verdict,
		.now_ns = now_ns,
		.revision = revision };

	return alert_desk_act(store, id, &act, &err);
}

static int act(enum alert_step step, const char *id, const char *text, uint64_t now_ns)
{
	return act_with(step, id, text, step == ALERT_STEP_CLOSE ? "true" : NULL, now_ns,
		ALERT_REVISION_ANY);
}

static void is_kept(const char *id, const char *name, const char *wanted, const char *title)
{
	struct alert_record record = { 0 };

	alert_store_read(store, id, &record, &err);
	is_text(alert_record_get(&record, name), wanted, "%s", title);
	alert_record_clear(&record);
}

static struct alert_entry entry_of(const char *id)
{
	struct alert_record record = { 0 };
	struct alert_entry entry;

	alert_store_read(store, id, &record, &err);
	is_int(alert_entry_read(&entry, id, &record, &err), 0, "%s is read back", id);
	alert_record_clear(&record);
	return entry;
}

/* From new to closed and open again, and what makes no sense on the way. */
static void test_steps(void)
{
	struct made made = { "a01", "anomaly.volume", .first_ns = begin_ns, .revision = 1 };

	is_int(post(&made), 0, "an alert");
	is_kept("a01", "state", "new", "… is new");
	is_int(act(ALERT_STEP_REOPEN, "a01", "why", begin_ns), -EALREADY,
		"what is not closed is not opened again");
	is_int(act(ALERT_STEP_ACK, "a01", "", begin_ns), 0, "somebody looks at it");
	is_kept("a01", "owner", "registrator", "… and has it");
	is_int(act(ALERT_STEP_ACK, "a01", "", begin_ns), -EALREADY, "… once");
	is_int(act(ALERT_STEP_ESCALATE, "a01", "IT", begin_ns), 0, "somebody else must");
	is_kept("a01", "owner", "IT", "… and has it");
	is_int(act(ALERT_STEP_NOTE, "a01", "", begin_ns), -EINVAL, "a note without words");
	is_int(act(ALERT_STEP_CLOSE, "a01", "", begin_ns), -EINVAL, "closed, and nothing done");
	is_int(act_with(ALERT_STEP_CLOSE, "a01", "done", "perhaps", begin_ns, ALERT_REVISION_ANY),
		-EINVAL, "closed with a verdict that is none");
	is_int(act_with(ALERT_STEP_CLOSE, "a01", "done", NULL, begin_ns, ALERT_REVISION_ANY),
		-EINVAL, "… or without one");
	is_int(act_with(ALERT_STEP_NOTE, "a01", "late", NULL, begin_ns, 1), -ESTALE,
		"a note on what is not there any more");
	is_kept("a01", "state", "escalated", "none of which changes it");
	is_int(act(ALERT_STEP_CLOSE, "a01", "removed\tit\n", begin_ns + DAY_NS), 0, "it is closed");
	is_kept("a01", "verdict", "true", "… with its verdict");
	is_kept("a01", "done", "removed\tit\n", "… and what was done");
	for (unsigned step = ALERT_STEP_ACK; step <= ALERT_STEP_CLOSE; step++) {
		is_int(act(step, "a01", "again", begin_ns), -EALREADY, "what is closed stays so");
	}
	made.revision = 2;
	is_int(post(&made), 0, "the sensor goes on about it");
	is_kept("a01", "state", "closed", "… which opens nothing");
	is_int(act(ALERT_STEP_REOPEN, "a01", "", begin_ns), -EINVAL, "opened again without why");
	is_int(act(ALERT_STEP_REOPEN, "a01", "not all", begin_ns + 2 * DAY_NS), 0, "… and with");
	is_kept("a01", "state", "acknowledged", "it is worked on");
	is_kept("a01", "owner", "registrator", "… by who opened it");
	is_kept("a01", "verdict", "", "… without a verdict");
	is_kept("a01", "done", "", "… or anything done");
	is_kept("a01", "closed", "", "… or a day on which it was closed");
	is_int(act(ALERT_STEP_NOTE, "s01", "x", begin_ns), -EINVAL, "a suppression is no alert");
	struct alert_entry entry = entry_of("a01");
	const char *notes = entry.notes;
	struct alert_note note;
	unsigned count = 0;
	while (alert_note_next(&notes, &note)) {
		if (strcmp(note.step, "close") == 0) {
			ok(note.length == strlen("true: removed it ") &&
					memcmp(note.text, "true: removed it ", note.length) == 0,
				"a note is a line, whatever is in it");
		}
		count++;
	}
	is_int(count, 4, "each step that was done is noted, and no other");
	ok(entry.has_grown && entry.revision == 2, "that it grew is kept");
	is_text(entry.sentence, "in English", "its sentence");
	alert_entry_say_in(&entry, "fi");
	is_text(entry.sentence, "suomeksi", "… in a language of the desk");
	alert_entry_clear(&entry);
}

/* A sensor moves an alert between new and suppressed, and nobody's work. */
static void test_suppressed(void)
{
	struct made made = { "a02", "anomaly.volume", .first_ns = begin_ns, .revision = 1 };

	made.state = "suppressed";
	post(&made);
	is_kept("a02", "state", "suppressed", "a suppression covers it");
	is_kept("a02", "suppression", "s0123", "… which one");
	made.state = NULL;
	made.revision = 2;
	post(&made);
	is_kept("a02", "state", "new", "… until it does no more");
	act(ALERT_STEP_ACK, "a02", "", begin_ns);
	made.state = "suppressed";
	made.revision = 3;
	post(&made);
	is_kept("a02", "state", "acknowledged", "what somebody looks at is not suppressed");
	is_kept("a02", "posted", "digest 3", "… but its figures go on");
}

static unsigned expire(uint64_t now_ns)
{
	unsigned erased = 0;

	is_int(alert_desk_expire(store, now_ns, KEPT_NS, &erased, &err), 0, "what is old goes");
	return erased;
}

/* Evidence stays until ninety days after it was closed, and longer where it is held. */
static void test_expiry(void)
{
	struct made made = { "a10", "policy.violation", .first_ns = begin_ns, .revision = 1 };
	uint64_t closed_ns = begin_ns + 5 * DAY_NS;

	post(&made);
	is_int((int64_t)expire(begin_ns + 10 * KEPT_NS), 0, "what is open stays, however old");
	act(ALERT_STEP_CLOSE, "a10", "done", closed_ns);
	is_int((int64_t)expire(closed_ns + KEPT_NS), 0, "the last moment of ninety days is kept");
	act(ALERT_STEP_HOLD, "a10", "a court", closed_ns + DAY_NS);
	is_int((int64_t)expire(closed_ns + 2 * KEPT_NS), 0, "what is held stays");
	act(ALERT_STEP_RELEASE, "a10", "", closed_ns + DAY_NS);
	is_int((int64_t)expire(closed_ns + KEPT_NS + 1), 1, "… and goes when it is not");
	is_kept("a10", "raised", "", "its evidence");
	is_kept("a10", "state", "erased", "… is erased");
	is_kept("a10", "kind", "policy.violation", "… of a kind that stays");
	is_kept("a10", "notes", "", "… and what people wrote");
	is_kept("a10", "verdict", "true", "… but for the verdict");
	made.revision = 9;
	is_int(post(&made), 0, "a late revision");
	is_kept("a10", "json", "", "… brings nothing back");
	is_int(act(ALERT_STEP_NOTE, "a10", "x", closed_ns), -EINVAL, "a tombstone takes no notes");
	struct alert_entry entry = entry_of("a10");
	ok(entry.is_tombstone && entry.closed_ns == closed_ns, "it is a tombstone, of that day");
	alert_entry_clear(&entry);

	made = (struct made){ "a11", "anomaly.volume", "suppressed", .first_ns = begin_ns };
	post(&made);
	is_int((int64_t)expire(begin_ns + KEPT_NS), 0, "of one that is suppressed since it began");
	is_int((int64_t)expire(begin_ns + KEPT_NS + 1), 1, "… the ninety days count");
}

/* When it began and ended, against the period that is asked for; and what a morning tells. */
static void test_filters(void)
{
	static const uint64_t from_ns = UINT64_C(1772496000) * NS_PER_S, to_ns = from_ns + DAY_NS;
	static const struct {
		uint64_t first_ns, last_ns;
		bool is_taken;
		enum alert_morning morning;
	} cases[] = {
		{ from_ns - 2, from_ns - 1, false, ALERT_MORNING_OPEN },
		{ from_ns - 2, from_ns, true, ALERT_MORNING_OPEN },
		{ from_ns, from_ns, true, ALERT_MORNING_NEW },
		{ to_ns - 1, to_ns, true, ALERT_MORNING_NEW },
		{ to_ns, to_ns, false, ALERT_MORNING_NONE },
	};
	const struct alert_filter filter = { .from_ns = from_ns, .to_ns = to_ns };

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char id[8];
		snprintf(id, sizeof(id), "a2%u", i);
		const struct made made = { id, "policy.violation", .unit = "North", .app = "zoom",
			.first_ns = cases[i].first_ns, .last_ns = cases[i].last_ns };
		post(&made);
		struct alert_entry entry = entry_of(id);
		ok(alert_filter_takes(&filter, &entry) == cases[i].is_taken,
			"case %u is %s the period", i, cases[i].is_taken ? "of" : "outside");
		is_int(alert_morning_of(&entry, from_ns, to_ns), cases[i].morning,
			"… and so its morning");
		alert_entry_clear(&entry);
	}
	struct alert_entry entry = entry_of("a22");
	static const struct {
		struct alert_filter filter;
		bool is_taken;
	} asked[] = {
		{ { .kind = "policy" }, true },
		{ { .kind = "policy.violation" }, true },
		{ { .kind = "pol" }, false },
		{ { .app = "tiktok" }, true }, /* one of several */
		{ { .app = "telegram" }, false },
		{ { .unit = "North" }, true },
		{ { .unit = "South" }, false },
		{ { .state = "open" }, true },
		{ { .state = "closed" }, false },
		{ { .severity = 47 }, true },
		{ { .severity = 48 }, false },
	};
	for (unsigned i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		ok(alert_filter_takes(&asked[i].filter, &entry) == asked[i].is_taken,
			"what is asked for, %u", i);
	}
	entry.is_in_storm = true;
	is_int(alert_morning_of(&entry, from_ns, to_ns), ALERT_MORNING_QUIET,
		"one of a storm is not told");
	is_int(alert_morning_of(&entry, to_ns, to_ns + 1), ALERT_MORNING_NONE,
		"… and forgotten the next day");
	entry.is_in_storm = false;
	entry.state = "suppressed";
	is_int(alert_morning_of(&entry, from_ns, to_ns), ALERT_MORNING_QUIET,
		"nor one that is suppressed");
	static const char *const open[] = { "new", "acknowledged", "escalated" };
	for (unsigned i = 0; i < 3; i++) {
		entry.state = open[i];
		is_int(alert_morning_of(&entry, to_ns, to_ns + 1), ALERT_MORNING_OPEN,
			"what is %s is open the next day", open[i]);
	}
	entry.state = "closed";
	is_int(alert_morning_of(&entry, to_ns, to_ns + 1), ALERT_MORNING_NONE,
		"what is closed is open no more");
	alert_entry_clear(&entry);
}

static void close_as(const char *id, const char *kind, const char *observer, const char *verdict,
	uint64_t closed_ns)
{
	struct made made = { id, kind, .observer = observer, .first_ns = begin_ns };

	post(&made);
	act_with(ALERT_STEP_CLOSE, id, "done", verdict, closed_ns, ALERT_REVISION_ANY);
}

/* What the budget of false alerts learns from verdicts. */
static void test_verdicts(void)
{
	const uint64_t since_ns = begin_ns + 10 * DAY_NS;
	struct desk_verdicts verdicts;
	struct desk_watch *watch;

	close_as("a30", "anomaly.volume", "north", "true", since_ns); /* not after it */
	close_as("a31", "anomaly.volume", "north", "true", since_ns + 1);
	close_as("a32", "anomaly.beacon", "north", "false", since_ns + 3);
	close_as("a33", "anomaly.beacon", "north", "false", since_ns + 2);
	close_as("a34", "policy.violation", "north", "false", since_ns + 4);
	close_as("a35", "anomaly.volume", "south", "false", since_ns + 5);
	for (unsigned all = 0; all < 2; all++) {
		is_int(desk_watch_open(&watch, folder, all ? NULL : "north", &err), 0, "watched");
		desk_watch_verdicts(watch, since_ns, &verdicts);
		is_int((int64_t)verdicts.confirmed, 1, "one was true, since then");
		is_int((int64_t)verdicts.refuted, 2 + all, "two were false, and one of another's");
		is_int((int64_t)(verdicts.latest_ns - since_ns), all ? 5 : 3, "the last of them");
		desk_watch_verdicts(watch, since_ns + 9, &verdicts);
		ok(verdicts.confirmed == 0 && verdicts.refuted == 0 &&
				verdicts.latest_ns == since_ns + 9,
			"and none after it");
		desk_watch_close(watch);
	}
}

/* From being written to its end, or to when it is lifted. */
static void test_suppressions(void)
{
	const uint64_t now_ns = clock_now_ns();
	struct suppression one = { .app = "tiktok",
		.owner = "registrator",
		.reason = "known",
		.made_ns = now_ns,
		.until_ns = now_ns + DAY_NS };
	const struct suppression_subject subject = { .kind = "policy.violation",
		.app = "tiktok",
		.unit = "",
		.device = "",
		.destination = "" };
	char id[ALERT_STORE_ID_BYTES];
	struct suppressions read;
	struct desk_watch *watch;

	is_int(suppression_write(store, &one, &err), 0, "a suppression");
	is_int(desk_watch_open(&watch, folder, NULL, &err), 0, "watched");
	ok(desk_watch_find(watch, &subject, one.until_ns - 1, id) && strcmp(id, one.id) == 0,
		"it covers until its end");
	ok(!desk_watch_find(watch, &subject, one.until_ns, id), "and not beyond");
	desk_watch_close(watch);
	suppressions_read(store, one.until_ns - 1, &read, &err);
	is_int(read.count, 1, "it is in force until its end");
	suppressions_free(&read);
	suppressions_read(store, one.until_ns, &read, &err);
	is_int(read.count, 0, "and not beyond");
	suppressions_free(&read);
	is_int(suppression_lift(store, one.id, now_ns + 7, &err), 0, "lifted");
	suppressions_read(store, now_ns + 7, &read, &err);
	is_int(read.count, 0, "it has ended");
	suppressions_free(&read);
	is_int(suppression_lift(store, "a30", now_ns, &err), -EINVAL, "an alert is none");
	one.device[0] = 'd';
	is_int(suppression_write(store, &one, &err), -EINVAL, "half a pair is none");
	one = (struct suppression){
		.owner = "a", .reason = "b", .cidr = "0.0.0.0/0", .made_ns = 1, .until_ns = 2
	};
	is_int(suppression_write(store, &one, &err), -EINVAL, "all of IPv4 is no network");
	snprintf(one.cidr, sizeof(one.cidr), "::/0");
	is_int(suppression_write(store, &one, &err), -EINVAL, "nor is all there is");
}

/* What is kept of an alert of several apps is covered by a suppression of none of them. */
static void test_several_apps(void)
{
	struct made made = { "a40", "anomaly.volume", .app = "tiktok", .first_ns = begin_ns };
	struct suppression of_app = { .app = "tiktok" }, of_kind = { .kind = "anomaly" };
	struct suppression_subject subject;

	post(&made);
	struct alert_entry entry = entry_of("a40");
	suppression_subject_of_entry(&subject, &entry);
	ok(!suppression_covers(&of_app, &subject), "one app of several is not all of it");
	ok(suppression_covers(&of_kind, &subject), "its kind is");
	alert_entry_clear(&entry);
}

/* Is there what it names? */
static void test_scope(void)
{
	static const struct {
		const char *kind, *app, *unit;
		bool is_there;
		const char *said;
	} cases[] = {
		{ "policy.violation", "", "", true, "" },
		{ "anomaly", "tiktok", "North", true, "" },
		{ "", "", "Care", true, "" }, /* of a policy on the desk */
		{ "anomaly.becon", "", "", false, "anomaly.beacon" },
		{ "", "tictoc", "", false, "tiktok" },
		{ "", "", "Nort", false, "North" },
		{ "", "", "Xyzzy", false, "names a unit" },
	};
	struct catalogue *catalogue;
	struct alert_record record = { 0 };
	static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef";

	is_int(catalogue_open(&catalogue, NULL, 0, &err), 0, "a catalogue");
	is_int(alert_desk_keep_policy(
		       store, hash, "units: {Care: {networks: [10.9.0.0/16]}}\n", &err),
		0, "a policy is kept");
	is_int(alert_desk_keep_policy(store, hash, "another text", &err), 0, "… once");
	is_int(alert_desk_read_policy(store, hash, &record, &err), 0, "… and read");
	ok(strstr(alert_record_get(&record, "text"), "Care"), "… as it was");
	alert_record_clear(&record);
	is_int(alert_desk_read_policy(store, "short", &record, &err), -ENOENT, "no policy, none");
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct suppression one = { .made_ns = 1 };
		snprintf(one.kind, sizeof(one.kind), "%s", cases[i].kind);
		snprintf(one.app, sizeof(one.app), "%s", cases[i].app);
		snprintf(one.unit, sizeof(one.unit), "%s", cases[i].unit);
		err.text[0] = '\0';
		int status = suppression_check_scope(&one, store, catalogue, &err);
		ok((status == 0) == cases[i].is_there && strstr(err.text, cases[i].said),
			"%s%s%s: %s", cases[i].kind, cases[i].app, cases[i].unit,
			status ? err.text : "there");
	}
	catalogue_close(catalogue);
}

int main(void)
{
	if (!mkdtemp(folder) || alert_store_open(&store, folder, &err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		return done_testing();
	}
	test_steps();
	test_suppressed();
	test_expiry();
	test_filters();
	test_verdicts();
	test_suppressions();
	test_several_apps();
	test_scope();
	alert_store_close(store);
	snprintf(err.text, sizeof(err.text), "rm -r %s", folder);
	ok(system(err.text) == 0, "tidied up");
	return done_testing();
}
