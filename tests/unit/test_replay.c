/* What a draft would say of devices, beside what was said of them: who is counted, where, and what
 * is told of it. */
#include "analyzer/rollup/replay.h"

#include "tests/unit/decider_fixture.h"

enum { K = 5, FEW = 2, APART = 40 };

static const char draft[] = "own_networks: [10.0.0.0/8]\n"
			    "units:\n"
			    "  North: {networks: [10.1.0.0/16]}\n"
			    "  South: {networks: [10.2.0.0/16]}\n"
			    "  West: {networks: [10.3.0.0/16]}\n"
			    "rules:\n"
			    "  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n";

static struct replay *replay;
static const struct replay_row *rows;
static size_t row_count;

static void begin(void)
{
	replay_destroy(replay);
	use(draft);
	replay = replay_create(&reference);
}

/* What one device did, and what the rules in force said of it. */
static struct record seen(unsigned net, unsigned device, const char *app, uint8_t verdict)
{
	char address[32];

	snprintf(address, sizeof(address), "10.%u.0.%u", net, device + 1);
	struct record record = flow(address, app, "www.tiktok.com", "2026-03-02T10:00:00", 20000);
	place(&record);
	record.decision.verdict = verdict;
	record.decision.rule =
		verdict == POLICY_VERDICT_UNAPPROVED ? 0 : symbol_of(SYMBOL_RULE, "before");
	return record;
}

/* So many devices of a network, from one number on. */
static void take_devices(
	unsigned net, unsigned from, unsigned count, const char *app, uint8_t verdict)
{
	for (unsigned i = 0; i < count; i++) {
		struct record record = seen(net, from + i, app, verdict);
		replay_take(replay, &record, true);
	}
}

static void end(void)
{
	replay_finish(replay);
	row_count = replay_rows(replay, K, &rows);
}

/* NULL: none. */
static const struct replay_row *row_of(uint16_t unit, uint16_t rule)
{
	for (size_t i = 0; i < row_count; i++) {
		if (rows[i].unit == unit && rows[i].rule == rule) {
			return &rows[i];
		}
	}
	return NULL;
}

static bool is_row(uint16_t unit, uint16_t rule, unsigned stay, unsigned fresh, unsigned gone)
{
	const struct replay_row *row = row_of(unit, rule);

	if (row) {
		printf("# %" PRIu64 " stay, %" PRIu64 " are new, %" PRIu64 " are gone\n", row->stay,
			row->fresh, row->gone);
	}
	return row && row->stay == stay && row->fresh == fresh && row->gone == gone &&
	       !row->is_hidden;
}

static uint16_t unit(const char *name)
{
	return symbol_of(SYMBOL_UNIT, name);
}

static uint16_t rule(const char *name)
{
	return symbol_of(SYMBOL_RULE, name);
}

static void test_both(void)
{
	begin();
	take_devices(1, 0, 9, "tiktok", POLICY_VERDICT_VIOLATION);
	take_devices(1, APART, 7, "tiktok", POLICY_VERDICT_NONE);
	take_devices(1, 2 * APART, 6, "telegram", POLICY_VERDICT_VIOLATION);
	end();
	ok(is_row(unit("North"), 0, 9, 7, 6),
		"who stays accused, who is new, and who no longer is");
	ok(is_row(unit("North"), rule("ban"), 0, 16, 0), "by the draft's rule");
	ok(is_row(unit("North"), rule("before"), 0, 0, 15), "… and by the one that it lacks");
	is_int((int)row_count, 3, "and no others");
	for (size_t i = 1; i < row_count; i++) {
		ok(rows[i - 1].rule == 0 || rows[i].rule != 0, "units stand before rules");
	}
}

/* Accused is who breaks a rule, also within its grace, or uses what is on no list. */
static void test_accused(void)
{
	static const uint8_t verdicts[] = { POLICY_VERDICT_VIOLATION, POLICY_VERDICT_GRACE,
		POLICY_VERDICT_UNAPPROVED };

	for (unsigned i = 0; i < 3; i++) {
		begin();
		take_devices(1, 0, K, "telegram", verdicts[i]);
		end();
		ok(is_row(unit("North"), 0, 0, 0, K), "verdict %u accuses", verdicts[i]);
	}
	ok(is_row(unit("North"), REPLAY_NOT_LISTED, 0, 0, K), "no list's has a row of its own");
	begin();
	take_devices(1, 0, K, "telegram", POLICY_VERDICT_NONE);
	take_devices(1, 0, K, "telegram", POLICY_VERDICT_ALLOWED);
	end();
	is_int((int)row_count, 0, "what is allowed, or of no rule, does not");
	ok(!rows, "… so that there are no rows at all");
}

static void test_once(void)
{
	begin();
	for (unsigned i = 0; i < 3; i++) {
		take_devices(1, 0, K, "telegram", POLICY_VERDICT_VIOLATION);
		take_devices(1, 0, K, "telegram", POLICY_VERDICT_UNAPPROVED);
	}
	end();
	ok(is_row(unit("North"), 0, 0, 0, K),
		"a device counts once, however many rules speak of it");
	ok(is_row(unit("North"), rule("before"), 0, 0, K), "… and once by each of them");
}

static void test_small(void)
{
	begin();
	take_devices(1, 0, 9, "telegram", POLICY_VERDICT_VIOLATION);
	take_devices(2, 0, FEW, "telegram", POLICY_VERDICT_VIOLATION);
	take_devices(3, 0, 6, "telegram", POLICY_VERDICT_VIOLATION);
	end();
	bool is_north = row_of(unit("North"), 0), is_west = row_of(unit("West"), 0);
	ok(!row_of(unit("South"), 0), "a small unit is not shown");
	ok(is_north != is_west, "… and takes one more with it, which would tell of it");
	ok(is_row(REPLAY_OTHERS, 0, 0, 0, FEW + (is_north ? 6 : 9)), "both stand together");
	ok(!row_of(unit("South"), rule("before")) ||
			row_of(unit("South"), rule("before"))->is_hidden,
		"nor by their rule");

	begin();
	take_devices(1, 0, 9, "telegram", POLICY_VERDICT_VIOLATION);
	take_devices(2, 0, K, "telegram", POLICY_VERDICT_VIOLATION);
	end();
	ok(is_row(unit("South"), 0, 0, 0, K) && !row_of(REPLAY_OTHERS, 0),
		"where none is too small there are no others");

	begin();
	take_devices(2, 0, K - 1, "telegram", POLICY_VERDICT_VIOLATION);
	end();
	const struct replay_row *others = row_of(REPLAY_OTHERS, 0);
	ok(others && others->is_hidden, "others that are too few together are hidden as well");
}

/* Pseudonyms are in no network: unit and class are those that were written down. */
static void test_pseudonyms(void)
{
	begin();
	for (unsigned i = 0; i < K; i++) {
		struct record record = seen(1, i, "tiktok", POLICY_VERDICT_VIOLATION);
		record.decision.unit = unit("South");
		replay_take(replay, &record, false);
	}
	end();
	ok(is_row(unit("South"), 0, K, 0, 0), "a pseudonym stays where it was");
	begin();
	for (unsigned i = 0; i < K; i++) {
		struct record record = seen(1, i, "tiktok", POLICY_VERDICT_VIOLATION);
		record.decision.unit = unit("South");
		replay_take(replay, &record, true);
	}
	end();
	ok(is_row(unit("North"), 0, K, 0, 0), "an address is found by the draft's networks");
}

static void test_stats(void)
{
	struct replay_stats stats;

	begin();
	struct record first = seen(1, 0, "telegram", POLICY_VERDICT_VIOLATION);
	struct record last = seen(1, 1, "telegram", POLICY_VERDICT_VIOLATION), many = first;
	last.flow.start_ns += 600 * NS_PER_S;
	last.flow.end_ns += 600 * NS_PER_S;
	many.device.kind = DEVICE_MANY;
	many.flow.start_ns += 300 * NS_PER_S;
	many.flow.end_ns += 300 * NS_PER_S;
	replay_take(replay, &many, true);
	replay_take(replay, &last, true);
	replay_take(replay, &first, true);
	replay_read_stats(replay, &stats);
	ok(stats.first_ns == first.flow.start_ns, "begins with the earliest, in whatever order");
	ok(stats.last_ns == last.flow.end_ns, "… and ends with the latest");
	is_int((int)stats.records, 3, "all were read");
	is_int((int)stats.many, 1, "one of them of a device that is kept as a sum");
	replay_finish(replay);
	row_count = replay_rows(replay, 0, &rows);
	ok(is_row(unit("North"), 0, 0, 0, 2), "… and it is in no count");
}

/* For who may try as many drafts as he likes. */
static void end_told(void)
{
	replay_finish(replay);
	row_count = replay_told_rows(replay, K, &rows);
}

static void test_told(void)
{
	unsigned nobody, few;

	begin();
	take_devices(1, 0, 9, "telegram", POLICY_VERDICT_VIOLATION);
	end_told();
	ok(is_row(unit("North"), 0, 0, 0, K), "of nine it is told that they are k");
	ok(is_row(REPLAY_OTHERS, 0, 0, 0, 0), "others have a row, though there are none");
	nobody = (unsigned)row_count;
	begin();
	take_devices(1, 0, 9, "telegram", POLICY_VERDICT_VIOLATION);
	take_devices(2, 0, K - 1, "telegram", POLICY_VERDICT_VIOLATION);
	take_devices(1, 20, K - 1, "tiktok", POLICY_VERDICT_NONE);
	end_told();
	few = (unsigned)row_count;
	ok(is_row(unit("North"), 0, 0, 0, K) && is_row(REPLAY_OTHERS, 0, 0, 0, 0),
		"fewer than k change nothing, in whatever unit");
	is_int((int)few, (int)nobody, "… and add no row");
	begin();
	end_told();
	ok(row_count == 1 && is_row(REPLAY_OTHERS, 0, 0, 0, 0), "nobody looks like a few");
	begin();
	take_devices(2, 0, K - 1, "telegram", POLICY_VERDICT_VIOLATION);
	take_devices(3, 0, K - 1, "telegram", POLICY_VERDICT_VIOLATION);
	end_told();
	ok(is_row(REPLAY_OTHERS, 0, 0, 0, K) && is_row(REPLAY_OTHERS, rule("before"), 0, 0, K),
		"parts that are k together are told together");
}

int main(void)
{
	if (begin_decider()) {
		test_told();
		test_both();
		test_accused();
		test_once();
		test_small();
		test_pseudonyms();
		test_stats();
	}
	replay_destroy(replay);
	end_decider();
	return done_testing();
}
