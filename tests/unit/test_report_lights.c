/* The five lights: green only where enough was seen, provably, and nothing is open; each reason by
 * itself takes the green away. */
#include "dashboards/report/report_lights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/device/coverage.h"
#include "analyzer/record/symbols.h"
#include "analyzer/vantage/segment_days.h"
#include "base/file.h"
#include "dashboards/report/report_calendar.h"
#include "tests/tap.h"
#include "tests/unit/cells.h"

enum { DEVICES = 20 };
#define DAY_NS   (UINT64_C(86400) * NS_PER_S)
#define START_NS (20000 * DAY_NS)

static struct catalogue *catalogue;
static struct policy *policy;
static char places[1024]; /* units and services of each policy */
static struct inventory *inventory;
static struct segment_days seen_days;

/* What is the matter with an otherwise clean body. */
enum flaw {
	FLAW_NONE,
	FLAW_GRACE,
	FLAW_VIOLATION,
	FLAW_UNSURE,
	FLAW_PASSED,
	FLAW_EXCEPTED,
	FLAW_UNAPPROVED,
	FLAW_PROBABLY_UNAPPROVED, /* reported by no rule */
	FLAW_PENDING,
	FLAW_ONE_WAY,
	FLAW_BACK_ONLY, /* of one flow, only what came back */
	FLAW_PROXY,
	FLAW_SOME_ONE_WAY, /* as where one way was lost for some days */
	FLAW_HIDDEN,
	FLAW_OUTSIDE,
	FLAW_UNKNOWN,
	FLAW_CONTROL,
	FLAW_CONTROL_UNKNOWN, /* of a server at home */
	FLAW_UNDECIDED,       /* a service that neither a rule nor the register speaks of */
	FLAW_OF_NO_UNIT,      /* flows of devices that are ours and in no unit */
	FLAW_DAY,             /* one that nothing is held of */
	FLAW_GAP,             /* records that are known to be missing */
	FLAW_DAMAGE,
	FLAW_PAST,        /* days of the period were deleted, past their retention */
	FLAW_PAST_BEFORE, /* … of days up to it: none */
	FLAW_INBOUND,     /* flows to devices that are ours and in no unit */
	FLAW_FILTER,      /* a part of the traffic alone */
	FLAW_TWICE,       /* two archives that may hold the same devices */
	FLAW_SILENCE,     /* six hours in which nothing was recorded */
	FLAW_QUIET        /* … not quite: none */
};

static const char *last_action; /* "": nothing is to be done */
static char said[512];
static char decided[128];
static const char *state_path; /* by the light that was asked for */
/* What is the matter on days that no figure is told of, where there are such. */
static bool has_withheld;
static enum flaw withheld_flaw;

static void set_flaw(struct record *record, enum flaw flaw)
{
	static const uint8_t verdicts[] = { [FLAW_GRACE] = POLICY_VERDICT_GRACE,
		[FLAW_VIOLATION] = POLICY_VERDICT_VIOLATION,
		[FLAW_UNAPPROVED] = POLICY_VERDICT_UNAPPROVED,
		[FLAW_PROBABLY_UNAPPROVED] = POLICY_VERDICT_REPORTED };

	switch (flaw) {
	case FLAW_GRACE:
	case FLAW_VIOLATION:
	case FLAW_UNAPPROVED:
	case FLAW_PROBABLY_UNAPPROVED:
		record->decision.verdict = verdicts[flaw];
		break;
	case FLAW_PENDING:
		/* … and denied to another one, whose attempt was stopped */
		record->decision.action = record->flow.source.bytes[15] == 1
						  ? POLICY_ACTION_DENY
						  : POLICY_ACTION_PENDING;
		record->decision.verdict = POLICY_VERDICT_REPORTED;
		break;
	case FLAW_UNSURE:
	case FLAW_PASSED:
		record->decision.block = flaw == FLAW_UNSURE ? BLOCK_UNSURE : BLOCK_PASSED;
		record->decision.verdict = POLICY_VERDICT_REPORTED;
		break;
	case FLAW_EXCEPTED:
		record->decision.block = BLOCK_PASSED;
		record->decision.verdict = POLICY_VERDICT_EXCEPTED;
		break;
	case FLAW_ONE_WAY:
		record->flow.bytes[1] = record->flow.packets[1] = record->flow.total_packets[1] = 0;
		break;
	case FLAW_SOME_ONE_WAY:
		if (record->flow.source.bytes[15] == 1) {
			record->flow.bytes[1] = record->flow.packets[1] =
				record->flow.total_packets[1] = 0;
		}
		break;
	case FLAW_BACK_ONLY:
		if (record->flow.source.bytes[15] == 1) {
			record->flow.bytes[0] = record->flow.packets[0] =
				record->flow.total_packets[0] = 0;
		}
		break;
	case FLAW_PROXY:
		record->direction = RECORD_DIRECTION_INTERNAL;
		record->place = (struct geo_place){ .zone = GEO_ZONE_INTERNAL };
		record->via = RECORD_VIA_PROXY;
		break;
	case FLAW_HIDDEN:
		record->verdict.app = 0;
		record->l7.hidden = NAME_HIDDEN_OPAQUE;
		break;
	case FLAW_OUTSIDE:
	case FLAW_UNKNOWN:
		record->place.zone = flaw == FLAW_OUTSIDE ? GEO_ZONE_THIRD : GEO_ZONE_UNKNOWN;
		break;
	case FLAW_CONTROL:
		record->verdict.control = GEO_ZONE_THIRD;
		break;
	case FLAW_CONTROL_UNKNOWN:
		record->verdict.control = GEO_ZONE_UNKNOWN;
		break;
	case FLAW_UNDECIDED:
		record->verdict.app = catalogue_find(catalogue, "spotify");
		break;
	case FLAW_INBOUND:
		record->direction = RECORD_DIRECTION_INBOUND;
		record->own_side = RECORD_DESTINATION;
		record->decision.unit = 0;
		break;
	case FLAW_OF_NO_UNIT:
		record->decision.unit = 0;
		break;
	case FLAW_DAY:
	case FLAW_GAP:
	case FLAW_DAMAGE:
	case FLAW_PAST:
	case FLAW_PAST_BEFORE:
	case FLAW_FILTER:
	case FLAW_TWICE:
	case FLAW_SILENCE:
	case FLAW_QUIET:
	case FLAW_NONE:
		break;
	}
}

/* Twenty devices of one unit with a named app inside the EU; the flaw is that of all flows. */
static struct overview *make_overview(enum flaw flaw)
{
	struct overview *overview = overview_create();

	for (unsigned i = 0; i < DEVICES; i++) {
		struct record record = { .flow = { .packets = { 1, 1 },
						 .total_packets = { 1, 1 },
						 .tcp_state = TCP_STATE_ESTABLISHED,
						 .bytes = { 1000, 1000 } },
			.place = { .country = "SE", .zone = GEO_ZONE_EU },
			.decision = { .unit = symbol_of(SYMBOL_UNIT, "school") } };
		record.verdict.app = catalogue_find(catalogue, "youtube");
		record.verdict.evidence = 1 << EVIDENCE_TLS_SNI;
		record.verdict.control = GEO_ZONE_EU;
		record.flow.source.bytes[15] = (uint8_t)(i + 1);
		set_flaw(&record, flaw);
		overview_add(overview, &record, 1);
	}
	return overview;
}

static struct coverage *make_coverage(unsigned seen)
{
	struct coverage *coverage = coverage_create();

	for (unsigned i = 0; i < seen; i++) {
		coverage_see(coverage, &inventory_at(inventory, i)->identity,
			(int64_t)(START_NS / DAY_NS));
	}
	return coverage;
}

/* Two days of which the second has nothing where that is the flaw. */
static void make_calendar(struct report_calendar *calendar, enum flaw flaw)
{
	struct cell cell = { .sums = { .packets = 1 } };

	report_calendar_init(calendar, NULL, START_NS, START_NS + 2 * DAY_NS);
	if (flaw == FLAW_SILENCE || flaw == FLAW_QUIET) {
		cell.sums.first_ns = START_NS + NS_PER_S;
		cell.sums.last_ns = START_NS + DAY_NS * 18 / 24 + (flaw == FLAW_QUIET);
	}
	report_calendar_take(calendar, &cell, (int64_t)(START_NS / DAY_NS));
	if (cell.sums.first_ns) {
		cell.sums.first_ns = START_NS + DAY_NS;
		cell.sums.last_ns = START_NS + 2 * DAY_NS - NS_PER_S;
	}
	if (flaw != FLAW_DAY) {
		report_calendar_take(calendar, &cell, (int64_t)(START_NS / DAY_NS) + 1);
	}
}

/* How many lights are green; whether that light is. */
static unsigned green(enum flaw flaw, unsigned seen, bool has_inventory, enum report_light_id id,
	enum report_light_state *state)
{
	static struct engine_stats stats;
	struct reference reference = { .catalogue = catalogue,
		.policy = policy,
		.inventory = has_inventory ? inventory : NULL };
	struct coverage *coverage = make_coverage(seen);
	const struct report_source sources[2] = { { .gaps = flaw == FLAW_GAP,
		.deleted_until_ns = flaw == FLAW_PAST          ? START_NS + 1
				    : flaw == FLAW_PAST_BEFORE ? START_NS
							       : 0 } };
	struct report_calendar calendar;
	struct report_model model = { .overview = make_overview(flaw),
		.withheld = has_withheld ? make_overview(withheld_flaw) : NULL,
		.stats = &stats,
		.reference = &reference,
		.is_from_archive = true,
		.trouble = flaw == FLAW_DAMAGE ? "flows --verify" : NULL,
		.from_ns = START_NS,
		.to_ns = START_NS + DAY_NS,
		.made_ns = START_NS + DAY_NS,
		.coverage = coverage,
		.state_path = state_path,
		.seen = &seen_days,
		.calendar = &calendar,
		.filter = flaw == FLAW_FILTER ? "unit == school" : NULL,
		.lacks_devices = flaw == FLAW_TWICE,
		.sources = sources,
		.source_count = flaw == FLAW_TWICE ? 2 : 1,
		.group_minimum = 5 };
	struct report_lights lights;
	unsigned count = 0;

	make_calendar(&calendar, flaw);
	report_lights_init(&lights, &model, NULL);
	for (unsigned i = 0; i < LIGHT_COUNT; i++) {
		count += lights.lights[i].state == LIGHT_GOOD;
	}
	*state = lights.lights[id].state;
	last_action = lights.action_count ? lights.actions[lights.action_count - 1].key : "";
	snprintf(said, sizeof(said), "%s", lights.lights[id].sentence.at);
	snprintf(decided, sizeof(decided), "%s", lights.decision.at);
	if (lights.is_held_back != (count == 0)) {
		count = LIGHT_COUNT + 1; /* that green is held back is said where it is, alone */
	}
	report_lights_deinit(&lights);
	overview_destroy(model.overview);
	overview_destroy(model.withheld);
	coverage_destroy(coverage);
	report_calendar_deinit(&calendar);
	return count;
}

/* Lights are of all days, also of those that no figure is told of. */
static void test_withheld(void)
{
	enum report_light_state state;

	has_withheld = true;
	withheld_flaw = FLAW_NONE;
	is_int(green(FLAW_NONE, DEVICES, true, LIGHT_RULES, &state), LIGHT_COUNT,
		"days that are not told turn no light by themselves");
	withheld_flaw = FLAW_VIOLATION;
	is_int(green(FLAW_NONE, DEVICES, true, LIGHT_RULES, &state), LIGHT_COUNT - 1,
		"what is denied and was used on them");
	ok(state == LIGHT_ACT && strstr(said, "light_withheld_more"),
		"… turns the light red, and no more is said of it: %s", said);
	is_text(decided, "decision_look", "… nor decided that there is nothing");
	withheld_flaw = FLAW_OUTSIDE;
	green(FLAW_NONE, DEVICES, true, LIGHT_OUTSIDE, &state);
	ok(state == LIGHT_LOOK && strstr(said, "light_withheld_more"),
		"… and so does what went outside");
	has_withheld = false;
}

static void test_coverage(void)
{
	enum report_light_state state;

	is_int(green(FLAW_NONE, DEVICES, true, LIGHT_SIGHT, &state), LIGHT_COUNT,
		"all is seen and nothing open: five green lights");
	is_int(green(FLAW_NONE, 16, true, LIGHT_SIGHT, &state), LIGHT_COUNT,
		"… at the threshold as well");
	is_text(last_action, "", "… and nothing is to be done");
	is_int(green(FLAW_NONE, 15, true, LIGHT_SIGHT, &state), 0, "below it none is");
	is_text(last_action, "action_coverage", "… and it is said what to do");
	is_text(decided, "decision_see", "… so too little is seen");
	is_int(green(FLAW_NONE, DEVICES, false, LIGHT_SIGHT, &state), 0,
		"without an inventory none is");
	is_text(decided, "decision_untold", "… and whether enough is seen nobody can tell");
	state_path = "sensor.state";
	green(FLAW_NONE, DEVICES, false, LIGHT_SIGHT, &state);
	is_text(decided, "decision_see", "… but who gave all there is was told");
	state_path = NULL;
	green(FLAW_SILENCE, DEVICES, false, LIGHT_SIGHT, &state);
	is_text(decided, "decision_see", "… nor where more is missing");
	ok(strstr(said, "light_coverage_few") == NULL, "the share of many is told");
	green(FLAW_NONE, 4, true, LIGHT_SIGHT, &state);
	ok(strstr(said, "light_coverage_few") != NULL,
		"that of fewer than k is not: it would tell how many they are");
	is_int(green(FLAW_EXCEPTED, DEVICES, true, LIGHT_RULES, &state), LIGHT_COUNT,
		"what an exception lets through takes no green");
}

static void test_flaws(void)
{
	static const struct {
		enum flaw flaw;
		enum report_light_id id;
		enum report_light_state state;
		bool is_of_all; /* takes the green of every light */
		const char *title;
	} flaws[] = {
		{ FLAW_GRACE, LIGHT_RULES, LIGHT_LOOK, true, "a period of grace" },
		{ FLAW_VIOLATION, LIGHT_RULES, LIGHT_ACT, false, "a violation" },
		{ FLAW_UNSURE, LIGHT_RULES, LIGHT_LOOK, true, "what cannot be told" },
		{ FLAW_PASSED, LIGHT_RULES, LIGHT_ACT, true, "a leak of the block" },
		{ FLAW_UNAPPROVED, LIGHT_APPROVAL, LIGHT_LOOK, true, "what is not approved" },
		{ FLAW_PROBABLY_UNAPPROVED, LIGHT_APPROVAL, LIGHT_LOOK, false,
			"what is probably not approved" },
		{ FLAW_PENDING, LIGHT_APPROVAL, LIGHT_LOOK, false,
			"what a rule leaves open for some" },
		{ FLAW_ONE_WAY, LIGHT_SIGHT, LIGHT_LOOK, true, "one direction alone" },
		{ FLAW_SOME_ONE_WAY, LIGHT_SIGHT, LIGHT_LOOK, true,
			"one direction alone of a part" },
		{ FLAW_HIDDEN, LIGHT_SIGHT, LIGHT_LOOK, true, "a unit that hides its apps" },
		{ FLAW_OUTSIDE, LIGHT_OUTSIDE, LIGHT_LOOK, false, "a third country" },
		{ FLAW_BACK_ONLY, LIGHT_OUTSIDE, LIGHT_LOOK, false, "sent where nobody saw" },
		{ FLAW_BACK_ONLY, LIGHT_CONTROL, LIGHT_LOOK, false, "sent to whom nobody saw" },
		{ FLAW_PROXY, LIGHT_OUTSIDE, LIGHT_LOOK, false, "what a proxy of ours sends on" },
		{ FLAW_PROXY, LIGHT_CONTROL, LIGHT_LOOK, false, "whoever gets it from the proxy" },
		{ FLAW_UNKNOWN, LIGHT_OUTSIDE, LIGHT_LOOK, false, "a country not known" },
		{ FLAW_CONTROL, LIGHT_CONTROL, LIGHT_LOOK, false, "control from outside" },
		{ FLAW_CONTROL_UNKNOWN, LIGHT_CONTROL, LIGHT_LOOK, false,
			"control that is not known" },
		{ FLAW_UNDECIDED, LIGHT_APPROVAL, LIGHT_LOOK, false,
			"a service that nobody decided about" },
		{ FLAW_DAY, LIGHT_SIGHT, LIGHT_LOOK, true, "a day without data" },
		{ FLAW_GAP, LIGHT_SIGHT, LIGHT_LOOK, true, "a noted gap" },
		{ FLAW_DAMAGE, LIGHT_SIGHT, LIGHT_LOOK, true, "an archive with damage" },
		{ FLAW_PAST, LIGHT_SIGHT, LIGHT_LOOK, true, "what is past its retention" },
		{ FLAW_OF_NO_UNIT, LIGHT_RULES, LIGHT_LOOK, true, "flows of no unit" },
		{ FLAW_INBOUND, LIGHT_RULES, LIGHT_LOOK, true, "flows from outside to no unit" },
		{ FLAW_FILTER, LIGHT_RULES, LIGHT_LOOK, true, "a part of the traffic alone" },
		{ FLAW_TWICE, LIGHT_RULES, LIGHT_LOOK, true, "what may be counted twice" },
		{ FLAW_SILENCE, LIGHT_RULES, LIGHT_LOOK, true, "six hours of silence" },
	};
	enum report_light_state state;

	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
		unsigned count = green(flaws[i].flaw, DEVICES, true, flaws[i].id, &state);
		is_int(state, flaws[i].state, "%s: the light of it", flaws[i].title);
		ok(count < LIGHT_COUNT && (!flaws[i].is_of_all || count == 0),
			"… and %u of five are green", count);
	}
}

/* What is no flaw, by a moment; and a sentence that would be false. */
static void test_no_flaws(void)
{
	enum report_light_state state;

	is_int(green(FLAW_PAST_BEFORE, DEVICES, true, LIGHT_SIGHT, &state), LIGHT_COUNT,
		"what was deleted up to the period takes no green");
	is_int(green(FLAW_QUIET, DEVICES, true, LIGHT_SIGHT, &state), LIGHT_COUNT,
		"nor does a quiet night");
	green(FLAW_NONE, DEVICES, true, LIGHT_RULES, &state);
	ok(said[0] && state == LIGHT_GOOD, "it is said that nothing denied was used");
	char none[sizeof(said)];
	memcpy(none, said, sizeof(none));
	green(FLAW_GRACE, DEVICES, true, LIGHT_RULES, &state);
	ok(strcmp(said, none) != 0, "… and not where it was, in grace");
}

static void prove_network(const char *network, unsigned flows)
{
	segment_days_at_network(
		&seen_days, symbol_of(SYMBOL_NETWORK, network), (int64_t)(START_NS / DAY_NS))
		->named = flows;
}

/* So many named flows of the two units on the day. */
static void prove(unsigned school_flows, unsigned library_flows)
{
	int64_t day = (int64_t)(START_NS / DAY_NS);

	segment_days_at(&seen_days, symbol_of(SYMBOL_UNIT, "school"), day)->named = school_flows;
	segment_days_at(&seen_days, symbol_of(SYMBOL_UNIT, "library"), day)->named = library_flows;
	prove_network("10.1.0.0/16", school_flows);
	prove_network("10.2.0.0/16", library_flows);
}

static void test_proof(void)
{
	enum report_light_state state;

	prove(SEGMENT_NAMED_LEAST, SEGMENT_NAMED_LEAST - 1);
	is_int(green(FLAW_NONE, DEVICES, true, LIGHT_RULES, &state), 0,
		"a unit that is not proven to be seen: no light is green");
	is_text(last_action, "action_unproven", "… and it is said what to do");
	prove(SEGMENT_NAMED_LEAST, 0);
	is_int(green(FLAW_NONE, DEVICES, true, LIGHT_RULES, &state), 0,
		"… nor where nothing is seen of it");
	prove(SEGMENT_NAMED_LEAST, SEGMENT_NAMED_LEAST);
	is_int(green(FLAW_NONE, DEVICES, true, LIGHT_RULES, &state), LIGHT_COUNT,
		"both are proven: all are");
}

/* The units with these rules. */
static bool read_policy(const char *rules, struct err *err)
{
	struct policy_problems problems;
	char text[2048];
	int length = snprintf(text, sizeof(text), "%s%s", places, rules);

	policy_free(policy);
	policy = NULL;
	return policy_parse(
		       &policy, "test", text, (size_t)length, NULL, catalogue, &problems, err) == 0;
}

/* "What our rules deny was not used" says nothing where no rule denies anything then. */
static void test_denies_nothing(void)
{
	static const char *const rules[][2] = {
		{ "rules: [{id: a, match: {app: tiktok}, action: report}]\n", "reports alone" },
		{ "rules: [{id: a, match: {app: tiktok}, action: deny, stage: watch}]\n",
			"denies in a stage of watching" },
		{ "rules: [{id: a, match: {app: tiktok}, action: deny, stage: draft}]\n",
			"denies in a draft" },
		{ "rules: [{id: a, match: {app: tiktok}, action: deny, effective_from: "
		  "2030-01-01}]\n",
			"denies later" },
		{ "rules: [{id: a, match: {app: tiktok}, action: deny, effective_from: "
		  "2024-10-05}]\n",
			"denies from the day after on" },
		{ "rules: [{id: a, match: {app: tiktok}, action: deny, valid_to: 2024-10-03}]\n",
			"denied until the day before" },
		{ "rules: [{id: a, match: {app: tiktok}, action: deny, valid_to: 2020-01-01}]\n",
			"denied before" },
		{ "", "is none" },
	};
	enum report_light_state state;
	struct err err = { "" };

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!read_policy(rules[i][0], &err)) {
			ok(false, "%s", err.text);
			return;
		}
		green(FLAW_NONE, DEVICES, true, LIGHT_RULES, &state);
		is_int(state, LIGHT_LOOK, "the rule %s: its light is not green", rules[i][1]);
	}
}

/* An assessment of one unit is no decision of the others. */
static void test_assessed(void)
{
	static const struct {
		const char *assessments;
		enum report_light_state state;
		const char *title;
	} cases[] = {
		{ "{unit: school, app: spotify, state: allowed}", LIGHT_LOOK, "in one unit" },
		{ "{unit: school, app: spotify, state: allowed}, "
		  "{unit: library, app: spotify, state: no decision}",
			LIGHT_LOOK, "… and not decided in the other" },
		{ "{unit: school, app: spotify, state: allowed}, "
		  "{unit: library, app: spotify, state: to assess}",
			LIGHT_LOOK, "… and open in the other" },
		{ "{unit: school, app: spotify, state: allowed}, "
		  "{unit: library, app: spotify, state: allowed}",
			LIGHT_GOOD, "in each unit" },
		{ "{app: spotify, state: allowed}", LIGHT_GOOD, "in all at once" },
	};
	enum report_light_state state;
	struct err err = { "" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char rest[512];
		snprintf(rest, sizeof(rest),
			"rules: [{id: a, match: {app: tiktok}, action: deny, basis: b}]\n"
			"assessments: [%s]\n",
			cases[i].assessments);
		if (!read_policy(rest, &err)) {
			ok(false, "%s", err.text);
			continue;
		}
		green(FLAW_UNDECIDED, DEVICES, true, LIGHT_APPROVAL, &state);
		is_int(state, cases[i].state, "assessed %s", cases[i].title);
	}
}

/* What a policy lists and nobody proved to see takes each green. */
static void test_unseen_places(void)
{
	static const char units[] =
		"units: {school: {networks: [10.1.0.0/16%s]}, library: {networks: [10.2.0.0/16]}}\n"
		"services: [{app: youtube, dpia: 2024-01-10}]\n"
		"rules: [{id: a, match: {app: tiktok}, action: deny, basis: b}]\n";
	static const struct {
		const char *own, *classes, *of_school, *proven;
		unsigned green;
		const char *title;
	} cases[] = {
		{ "10.0.0.0/8", "", "", NULL, LIGHT_COUNT, "a network around those of units" },
		{ "10.0.0.0/8", "guest: {networks: [10.9.0.0/16]}", "", NULL, 0,
			"a class of no unit" },
		{ "10.0.0.0/8", "guest: {networks: [10.9.0.0/16]}", "", "10.9.0.0/16", LIGHT_COUNT,
			"… that is proven" },
		{ "10.0.0.0/8", "guest: {vlans: [200]}", "", NULL, 0, "a class that is a VLAN" },
		{ "10.0.0.0/8", "guest: {vlans: [200]}", "", "VLAN 200", LIGHT_COUNT,
			"… that is proven" },
		{ "10.0.0.0/8", "guest: {}", "", NULL, 0, "a class that is nowhere" },
		{ "10.0.0.0/8", "staff: {}", "", NULL, LIGHT_COUNT,
			"… that the inventory has devices of" },
		{ "10.0.0.0/8, 172.16.0.0/12", "", "", NULL, 0, "an own network without a unit" },
		{ "10.0.0.0/8, 172.16.0.0/12", "", "", "172.16.0.0/12", LIGHT_COUNT,
			"… that is proven" },
		{ "10.0.0.0/8, 2001:db8::/32", "", "", NULL, 0, "IPv6 that no unit has" },
		{ "10.0.0.0/8, 2001:db8::/32", "", ", 2001:db8:1::/48", NULL, 0,
			"a unit's IPv6 that was never seen" },
		{ "10.0.0.0/8, 2001:db8::/32", "", ", 2001:db8:1::/48", "2001:db8:1::/48",
			LIGHT_COUNT, "… that is proven" },
		{ "10.0.0.0/8", "", ", 10.7.0.0/24", NULL, 0, "a unit's second network" },
		{ "10.1.0.0/16, 10.2.0.0/16", "", "", NULL, LIGHT_COUNT,
			"own networks that are the units'" },
	};
	enum report_light_state state;
	struct err err = { "" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char own[256], rest[1024];
		snprintf(own, sizeof(own), "own_networks: [%s]\n", cases[i].own);
		snprintf(places, sizeof(places), units, cases[i].of_school);
		snprintf(rest, sizeof(rest), "%s%s%s%s", own,
			cases[i].classes[0] ? "classes: {" : "", cases[i].classes,
			cases[i].classes[0] ? "}\n" : "");
		if (!read_policy(rest, &err)) {
			ok(false, "%s", err.text);
			continue;
		}
		segment_days_deinit(&seen_days);
		prove(SEGMENT_NAMED_LEAST, SEGMENT_NAMED_LEAST);
		if (cases[i].proven) {
			prove_network(cases[i].proven, SEGMENT_NAMED_LEAST);
		}
		is_int(green(FLAW_NONE, DEVICES, true, LIGHT_RULES, &state), cases[i].green,
			"%s: so many lights are green", cases[i].title);
	}
}

static bool open_inventory(unsigned of_no_class, struct err *err)
{
	char path[] = "/tmp/borderflow-lights-XXXXXX";
	int file = mkstemp(path);
	struct text text;

	text_init_heap(&text);
	text_put(&text, "id,class,mac\n");
	for (unsigned i = 0; i < DEVICES + of_no_class; i++) {
		text_printf(
			&text, "PC-%u,%s,00:11:22:00:00:%02x\n", i, i < DEVICES ? "staff" : "", i);
	}
	int status = file_write(path, text.at, text.length, err);
	status = status < 0 ? status : inventory_load(&inventory, path, NULL, NULL, err);
	text_deinit(&text);
	close(file);
	unlink(path);
	return status == 0;
}

/* Devices of which the inventory says no class are enrolled as well. */
static void test_no_class(void)
{
	enum report_light_state state;
	struct err err;

	inventory_close(inventory);
	ok(open_inventory(DEVICES, &err), "as many devices again, of no class");
	is_int(green(FLAW_NONE, 2 * DEVICES, true, LIGHT_SIGHT, &state), LIGHT_COUNT,
		"all of them seen: five green lights");
	is_int(green(FLAW_NONE, DEVICES, true, LIGHT_SIGHT, &state), 0,
		"none of those without a class: none");
	inventory_close(inventory);
	ok(open_inventory(0, &err), "without them");
}

int main(void)
{
	static const char rules[] =
		"own_networks: [10.0.0.0/8]\n"
		"units: {school: {networks: [10.1.0.0/16]}, library: {networks: "
		"[10.2.0.0/16]}}\n"
		"services: [{app: youtube, dpia: 2024-01-10}]\n";
	static const char denies[] =
		"rules: [{id: a, match: {app: tiktok}, action: deny, basis: b}]\n";
	struct err err = { "" };

	snprintf(places, sizeof(places), "%s", rules);
	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 || !read_policy(denies, &err) ||
		!open_inventory(0, &err)) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	prove(SEGMENT_NAMED_LEAST, SEGMENT_NAMED_LEAST);
	test_coverage();
	test_withheld();
	test_flaws();
	test_no_flaws();
	test_proof();
	test_no_class();
	test_denies_nothing();
	test_assessed();
	test_unseen_places();
	segment_days_deinit(&seen_days);
	inventory_close(inventory);
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
