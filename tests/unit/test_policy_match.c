#include "analyzer/policy/policy.h"

#include <time.h>

#include "analyzer/record/symbols.h"
#include "base/text.h"
#include "tests/unit/policy_fixture.h"

static void verdict_is(
	const struct record *given, enum policy_verdict wanted, const char *rule, const char *what)
{
	struct record record = *given;

	decide(&record);
	const struct policy_rule *decided = policy_rule(policy, record.decision.rule);
	ok(record.decision.verdict == wanted && strcmp(decided ? decided->id : "", rule) == 0,
		"%s: %s by \"%s\"", what, policy_verdict_name(wanted), rule);
	if (record.decision.verdict != wanted || strcmp(decided ? decided->id : "", rule) != 0) {
		printf("# got %s by \"%s\"\n", policy_verdict_name(record.decision.verdict),
			decided ? decided->id : "");
	}
}

#define VERDICT(app, source, when, verdict, rule, what)                                            \
	do {                                                                                       \
		struct record given = flow(source, app, when);                                     \
		verdict_is(&given, POLICY_VERDICT_##verdict, rule, what);                          \
	} while (0)

static void test_locate(void)
{
	static const struct {
		const char *source, *destination;
		enum record_direction direction;
		enum record_side own_side;
	} cases[] = {
		{ "10.20.1.2", "192.0.2.1", RECORD_DIRECTION_OUTBOUND, RECORD_SOURCE },
		{ "192.0.2.1", "10.20.1.2", RECORD_DIRECTION_INBOUND, RECORD_DESTINATION },
		{ "10.20.1.2", "10.20.9.9", RECORD_DIRECTION_INTERNAL, RECORD_SOURCE },
		{ "10.21.1.2", "192.0.2.1", RECORD_DIRECTION_EXTERNAL, RECORD_SOURCE },
		{ "10.20.1.2", "239.255.255.250", RECORD_DIRECTION_INTERNAL, RECORD_SOURCE },
		{ "192.0.2.1", "224.0.0.251", RECORD_DIRECTION_INTERNAL, RECORD_SOURCE },
		{ "0.0.0.0", "255.255.255.255", RECORD_DIRECTION_INTERNAL, RECORD_SOURCE },
		{ "fe80::1", "ff02::fb", RECORD_DIRECTION_INTERNAL, RECORD_SOURCE },
		{ "2001:db8:1::5", "2001:db9::1", RECORD_DIRECTION_OUTBOUND, RECORD_SOURCE },
		{ "169.254.3.4", "10.20.1.1", RECORD_DIRECTION_INTERNAL, RECORD_SOURCE },
		{ "127.0.0.1", "127.0.0.1", RECORD_DIRECTION_INTERNAL, RECORD_SOURCE },
	};

	use("own_networks: [10.20.0.0/16, '2001:db8:1::/48']\n");
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = { 0 };
		addr_parse(cases[i].source, &record.flow.source);
		addr_parse(cases[i].destination, &record.flow.destination);
		policy_locate(policy, &record);
		ok(record.direction == cases[i].direction && record.own_side == cases[i].own_side,
			"%s to %s is %s", cases[i].source, cases[i].destination,
			record_direction_name(cases[i].direction));
	}
}

static void test_places(void)
{
	struct record record;

	use("own_networks: [10.0.0.0/8]\n"
	    "units:\n"
	    "  All schools: {networks: [10.20.0.0/16], vlans: [20]}\n"
	    "  North school: {networks: [10.20.4.0/22, '2001:db8:20::/48']}\n"
	    "  Town hall: {vlans: [30]}\n"
	    "classes:\n"
	    "  phones: {networks: [10.20.5.0/24], vlans: [31]}\n");
	record = flow("10.20.1.1", "", "2026-01-01");
	decide(&record);
	is_text(symbol_name(SYMBOL_UNIT, record.decision.unit), "All schools", "the wide network");
	is_int(record.decision.class_, 0, "… has no class");
	record = flow("10.20.5.7", "", "2026-01-01");
	decide(&record);
	is_text(symbol_name(SYMBOL_UNIT, record.decision.unit), "North school",
		"the unit comes from around the class's network");
	is_text(symbol_name(SYMBOL_CLASS, record.decision.class_), "phones", "… with its class");
	record = flow("2001:db8:20::7", "", "2026-01-01");
	addr_parse("2001:db8:ffff::1", &record.flow.destination);
	decide(&record);
	is_text(symbol_name(SYMBOL_UNIT, record.decision.unit), "North school", "over IPv6");
	record = flow("10.99.1.1", "", "2026-01-01");
	record.flow.context.vlan_id = 30;
	record.flow.context.inner_vlan_id = 31;
	decide(&record);
	is_text(symbol_name(SYMBOL_UNIT, record.decision.unit), "Town hall", "by the outer VLAN");
	is_text(symbol_name(SYMBOL_CLASS, record.decision.class_), "phones", "… and the inner one");
	record.flow.source = record.flow.destination;
	addr_parse("10.20.4.1", &record.flow.destination);
	decide(&record);
	is_text(symbol_name(SYMBOL_UNIT, record.decision.unit), "North school",
		"what comes from outside is in its destination's unit");
}

/* Bodies that ban: everywhere, on handed-out devices, from a date, with grace, not for pupils. */
static void test_bans(void)
{
	struct record record;

	use("rules:\n"
	    "  - {id: ban-tiktok, match: {app: tiktok}, action: deny, basis: decision}\n"
	    "  - {id: ban-whatsapp, match: {app: whatsapp}, action: deny, basis: decision}\n");
	VERDICT("tiktok", "10.1.1.1", "2026-01-01", VIOLATION, "ban-tiktok", "a ban everywhere");
	VERDICT("whatsapp", "10.1.1.1", "2026-01-01", VIOLATION, "ban-whatsapp",
		"WhatsApp is banned");
	VERDICT("facebook", "10.1.1.1", "2026-01-01", NONE, "", "its owner's other apps are not");
	VERDICT("", "10.1.1.1", "2026-01-01", NONE, "", "what has no name fits no app");
	record = flow("10.1.1.1", "tiktok", "2026-01-01");
	strcpy(record.place.country, "NO");
	record.place.zone = GEO_ZONE_EEA;
	verdict_is(&record, POLICY_VERDICT_VIOLATION, "ban-tiktok",
		"a server in Norway changes nothing");
	record.verdict.embedded = true;
	verdict_is(&record, POLICY_VERDICT_REPORTED, "ban-tiktok", "a pixel in a page is no use");
	record.verdict.embedded = false;
	record.verdict.inferred = true;
	verdict_is(&record, POLICY_VERDICT_REPORTED, "ban-tiktok", "nor is what is only inferred");
	decide(&record);
	is_int(record.decision.block, BLOCK_NONE, "and says nothing about a block");
	is_int(record.decision.action, POLICY_ACTION_REPORT, "nor does the rule deny it");
	record = flow("10.1.1.1", "tiktok", "2026-01-01");
	record.flow.destination = record.flow.source;
	verdict_is(&record, POLICY_VERDICT_REPORTED, "ban-tiktok",
		"what stays inside never reached it");
	record = flow("198.51.100.7", "tiktok", "2026-01-01");
	verdict_is(&record, POLICY_VERDICT_NONE, "", "what is not ours is not our policy's");
	record = flow("192.0.2.80", "tiktok", "2026-01-01");
	addr_parse("10.1.1.1", &record.flow.destination);
	verdict_is(&record, POLICY_VERDICT_REPORTED, "ban-tiktok", "what they began is reported");
	record.flow.protocol = 17; /* UDP */
	record.l7.protocol = L7_QUIC;
	verdict_is(&record, POLICY_VERDICT_REPORTED, "ban-tiktok", "… over QUIC as well");
	record.l7.protocol = L7_STUN;
	verdict_is(&record, POLICY_VERDICT_REPORTED, "ban-tiktok", "… and what they call with");

	use("rules:\n"
	    "  - {id: ban-tiktok, match: {app: tiktok}, action: deny, basis: decision}\n"
	    "  - {id: outside, match: {zone: outside-eea}, action: deny, basis: decision}\n");
	record = flow("10.1.1.1", "tiktok", "2026-01-01");
	record.verdict.inferred = true;
	record.place.zone = GEO_ZONE_THIRD;
	verdict_is(&record, POLICY_VERDICT_VIOLATION, "outside",
		"an inference hides no violation that needs none");
	is_int(record.verdict.inferred, true, "and is still there");
	decide(&record);
	is_int(record.decision.action, POLICY_ACTION_DENY, "what is denied without it stays so");
	record.place.zone = GEO_ZONE_EU;
	verdict_is(&record, POLICY_VERDICT_REPORTED, "ban-tiktok", "and makes none");
	record = flow("10.1.1.1", "google", "2026-01-01");
	record.place.zone = GEO_ZONE_THIRD;
	record.verdict.hides = APP_HIDES_LOOKUPS;
	verdict_is(&record, POLICY_VERDICT_REPORTED, "outside",
		"a resolver of any house is housekeeping, and no proof of use there");

	use("classes:\n"
	    "  owned: {networks: [10.1.0.0/16], type: owned}\n"
	    "  pupils: {networks: [10.2.0.0/16], type: pupil, in_scope: no}\n"
	    "  guests: {networks: [10.3.0.0/16], type: guest}\n"
	    "units:\n"
	    "  Council: {networks: [10.1.9.0/24]}\n"
	    "rules:\n"
	    "  - id: ban\n"
	    "    match: {app: [tiktok, telegram]}\n"
	    "    scope: {class: [owned, pupils]}\n"
	    "    action: deny\n"
	    "    effective_from: 2023-03-31\n"
	    "    grace_until: 2023-04-14\n"
	    "    basis: security authority\n");
	VERDICT("tiktok", "10.1.1.1", "2023-03-30T23:59:59Z", NONE, "", "the day before");
	VERDICT("tiktok", "10.1.1.1", "2023-03-31", GRACE, "ban", "the first day of grace");
	VERDICT("telegram", "10.1.1.1", "2023-04-14T23:59:59Z", GRACE, "ban", "its last moment");
	VERDICT("telegram", "10.1.1.1", "2023-04-15", VIOLATION, "ban", "the day after");
	VERDICT("tiktok", "10.2.1.1", "2024-01-01", OUT_OF_SCOPE, "ban", "pupils are outside");
	VERDICT("tiktok", "10.3.1.1", "2024-01-01", NONE, "", "guests were not named");
	VERDICT("tiktok", "10.77.1.1", "2024-01-01", NONE, "", "devices of no class neither");
}

/* A day's end belongs to it, to the last nanosecond. */
static void test_last_moments(void)
{
	static const struct {
		const char *day, *rule;
		enum policy_verdict on_it, after_it;
	} cases[] = { { "2023-04-15", "ban", POLICY_VERDICT_GRACE, POLICY_VERDICT_VIOLATION },
		{ "2023-05-01", "ban", POLICY_VERDICT_EXCEPTED, POLICY_VERDICT_VIOLATION },
		{ "2023-06-01", "ban", POLICY_VERDICT_VIOLATION, POLICY_VERDICT_NONE } };

	use("units: {Press: {networks: [10.1.0.0/16]}}\n"
	    "rules:\n"
	    "  - id: ban\n"
	    "    match: {app: tiktok}\n"
	    "    action: deny\n"
	    "    effective_from: 2023-03-31\n"
	    "    grace_until: 2023-04-14\n"
	    "    valid_to: 2023-05-31\n"
	    "    basis: security authority\n"
	    "exceptions:\n"
	    "  - {id: test, match: {app: tiktok}, scope: {unit: Press}, approver: officer, reason: "
	    "tests, valid_from: 2023-04-20, valid_to: 2023-04-30}\n");
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = flow("10.1.1.1", "tiktok", cases[i].day);
		const char *after = cases[i].after_it == POLICY_VERDICT_NONE ? "" : cases[i].rule;
		verdict_is(&record, cases[i].after_it, after, "the first moment of the day after");
		record.flow.start_ns--;
		verdict_is(&record, cases[i].on_it, cases[i].rule, "the last moment before");
	}
}

/* An end of a tunnel; who stands behind a translator is outside. */
static void test_outside(void)
{
	static const struct {
		const char *addr;
		bool is_outside;
	} cases[] = { { "10.9.0.1", false }, { "100.64.0.1", false }, { "fd00::9", false },
		{ "203.0.113.9", true }, { "2001:db8:ffff::9", true }, { "fe80::9", false },
		{ "64:ff9b::203.0.113.9", true }, { "64:ff9b:1::cb00:7109", true } };
	struct addr addr;

	use("rules: []\n");
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		addr_parse(cases[i].addr, &addr);
		ok(policy_is_outside(policy, &addr) == cases[i].is_outside, "%s is %s",
			cases[i].addr, cases[i].is_outside ? "outside" : "ours");
	}
}

/* What nobody but somebody outside has said accuses nobody, of an app or of a place. */
static void test_hearsay(void)
{
	static const struct {
		uint8_t wrapped[2];
		bool is_hearsay;
	} cases[] = {
		{ { FLOW_BARE, FLOW_BARE }, false },
		{ { FLOW_WRAPPED_INSIDE, FLOW_WRAPPED_INSIDE }, false },
		{ { FLOW_WRAPPED_OUTSIDE, FLOW_WRAPPED_OUTSIDE }, true },
		{ { FLOW_WRAPPED_OUTSIDE, FLOW_BARE }, true },
		{ { FLOW_WRAPPED_OUTSIDE, FLOW_WRAPPED_INSIDE }, false },
		{ { FLOW_BARE, FLOW_WRAPPED_OUTSIDE }, false },
	};

	use("rules:\n"
	    "  - {id: outside, match: {zone: outside-eea}, action: deny, basis: decision}\n");
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = flow("10.1.1.1", "", "2026-01-01");
		memcpy(record.flow.wrapped, cases[i].wrapped, sizeof(record.flow.wrapped));
		record.place.zone = GEO_ZONE_THIRD;
		ok(record_is_hearsay(&record) == cases[i].is_hearsay, "hearsay or not: %u", i);
		record.verdict.grounds = cases[i].is_hearsay ? 1 << INFERRED_BY_OUTSIDE : 0;
		verdict_is(&record,
			cases[i].is_hearsay ? POLICY_VERDICT_REPORTED : POLICY_VERDICT_VIOLATION,
			"outside", "a place is left out of account by hearsay alone");
		record.verdict.app = catalogue_find(catalogue, "tiktok");
		record.verdict.inferred = cases[i].is_hearsay;
		verdict_is(&record,
			cases[i].is_hearsay ? POLICY_VERDICT_REPORTED : POLICY_VERDICT_VIOLATION,
			"outside", "… with an app as well");
	}
}

/* Bodies that assess, wait or watch. */
static void test_undecided(void)
{
	use("units:\n"
	    "  School: {networks: [10.1.0.0/16], group: education, protection: personal}\n"
	    "  Care: {networks: [10.2.0.0/16], group: care, protection: secrecy}\n"
	    "  Water: {networks: [10.3.0.0/16], protection: security-sensitive}\n"
	    "  Elected: {networks: [10.4.0.0/16], group: elected}\n"
	    "  Library: {networks: [10.5.0.0/16]}\n"
	    "rules:\n"
	    "  - {id: assess, match: {app: tiktok}, action: assess}\n"
	    "  - id: secrecy\n"
	    "    match: {parent_country: CN}\n"
	    "    scope: {protection_at_least: secrecy}\n"
	    "    action: deny\n"
	    "    basis: impact analysis\n"
	    "  - {id: elected, match: {app: telegram}, scope: {group: elected}, action: pending}\n"
	    "  - {id: library, match: {app: tiktok}, scope: {unit: Library}, action: allow}\n"
	    "  - {id: school, match: {app: telegram}, scope: {unit: School}, action: deny, basis: "
	    "b}\n"
	    "  - {id: social, match: {category: [social, social_video]}, action: report}\n");
	VERDICT("tiktok", "10.9.1.1", "2026-01-01", REPORTED, "assess", "under assessment");
	VERDICT("tiktok", "10.1.1.1", "2026-01-01", REPORTED, "assess", "personal data only");
	VERDICT("tiktok", "10.2.1.1", "2026-01-01", VIOLATION, "secrecy", "secrecy forces it");
	VERDICT("tiktok", "10.3.1.1", "2026-01-01", VIOLATION, "secrecy", "more than secrecy too");
	VERDICT("facebook", "10.2.1.1", "2026-01-01", REPORTED, "social",
		"another parent does not");
	VERDICT("telegram", "10.4.1.1", "2026-01-01", REPORTED, "elected", "nothing decided yet");
	VERDICT("tiktok", "10.5.1.1", "2026-01-01", ALLOWED, "library", "a unit has assessed");
	VERDICT("telegram", "10.1.1.1", "2026-01-01", VIOLATION, "school",
		"a unit may be stricter");
	VERDICT("telegram", "10.5.1.1", "2026-01-01", NONE, "", "elsewhere there is no decision");
	VERDICT("instagram", "10.5.1.1", "2026-01-01", REPORTED, "social", "by category");
}

/* What a watched rule counts as use is what it would accuse of. */
static void test_watched_use(void)
{
	struct record record = flow("10.1.1.1", "tiktok", "2026-01-01");

	use("rules:\n"
	    "  - {id: ban, match: {app: tiktok}, action: deny, basis: b, stage: watch,\n"
	    "     confidence: 80}\n");
	record.verdict.confidence = 80;
	policy_locate(policy, &record);
	policy_decide(policy, catalogue, &record);
	ok(policy_is_watched_use(policy, catalogue, &record), "sure enough, it is use");
	record.verdict.confidence = 79;
	policy_decide(policy, catalogue, &record);
	ok(record.decision.verdict == POLICY_VERDICT_REPORTED &&
			!policy_is_watched_use(policy, catalogue, &record),
		"less sure, it is none");
	use("rules:\n  - {id: ban, match: {app: tiktok}, action: report}\n");
	record.verdict.confidence = 95;
	policy_decide(policy, catalogue, &record);
	ok(!policy_is_watched_use(policy, catalogue, &record), "nor is what is only reported");
}

static void test_precedence(void)
{
	struct record record;

	use("units:\n"
	    "  Press: {networks: [10.1.0.0/16], group: staff}\n"
	    "  Other: {networks: [10.2.0.0/16], group: staff}\n"
	    "classes:\n"
	    "  phones: {networks: [10.2.5.0/24]}\n"
	    "rules:\n"
	    "  - {id: any, match: any, action: report}\n"
	    "  - {id: country, match: {parent_country: [CN, RU]}, action: report}\n"
	    "  - {id: category, match: {category: social_video}, action: report}\n"
	    "  - {id: owner, match: {owner: ByteDance}, action: report}\n"
	    "  - {id: family, match: {family: bytedance}, action: report}\n"
	    "  - {id: app, match: {app: tiktok}, action: deny, basis: b}\n"
	    "  - {id: name, match: {name: kept.example}, action: allow}\n"
	    "  - {id: press, match: {app: tiktok}, scope: {unit: Press}, action: allow}\n"
	    "  - {id: group, match: any, scope: {group: staff}, action: report,\n"
	    "     effective_from: 2026-06-01}\n"
	    "  - {id: class, match: any, scope: {class: phones}, action: pending,\n"
	    "     effective_from: 2026-06-01}\n"
	    "  - {id: asn, match: {asn: AS64500}, action: deny, basis: b, effective_from: "
	    "2026-06-01,\n"
	    "     valid_to: 2026-06-30}\n");
	VERDICT("tiktok", "10.9.1.1", "2026-01-01", VIOLATION, "app", "app before family");
	VERDICT("capcut", "10.9.1.1", "2026-01-01", REPORTED, "family", "family before owner");
	VERDICT("vk", "10.9.1.1", "2026-01-01", REPORTED, "country", "country before any");
	VERDICT("facebook", "10.9.1.1", "2026-01-01", REPORTED, "any", "any at last");
	VERDICT("tiktok", "10.1.1.1", "2026-01-01", VIOLATION, "app", "a unit may not be laxer");
	record = flow("10.9.1.1", "tiktok", "2026-01-01");
	l7_info_add_name(&record.l7, NAME_TLS_SNI, "a.kept.example", 14);
	verdict_is(&record, POLICY_VERDICT_ALLOWED, "name", "a name before its app");
	record = flow("10.9.1.1", "tiktok", "2026-01-01");
	l7_info_add_name(&record.l7, NAME_TLS_SNI, "notkept.example", 15);
	verdict_is(&record, POLICY_VERDICT_VIOLATION, "app", "… on label boundaries");
	VERDICT("tiktok", "10.2.1.1", "2026-06-02", VIOLATION, "app",
		"a deny wins, however far a group's rule is");
	VERDICT("tiktok", "10.2.5.1", "2026-06-02", VIOLATION, "app", "… or a class's");
	VERDICT("facebook", "10.2.1.1", "2026-06-02", REPORTED, "group",
		"a group before everybody");
	VERDICT("facebook", "10.2.5.1", "2026-06-02", REPORTED, "class", "a class before a group");
	record = flow("10.9.1.1", "facebook", "2026-06-30T23:00:00Z");
	record.place.asn = 64500;
	verdict_is(&record, POLICY_VERDICT_VIOLATION, "asn", "a network by number");
	clock_parse("2026-07-01", &record.flow.start_ns);
	verdict_is(&record, POLICY_VERDICT_REPORTED, "any", "… until its last day");

	use("rules:\n"
	    "  - {id: soft, match: {zone: outside-eea}, action: report}\n"
	    "  - {id: hard, match: {zone: third}, action: deny, basis: b}\n"
	    "  - {id: first, match: {app: tiktok}, action: report}\n"
	    "  - {id: second, match: {app: tiktok}, action: report}\n");
	record = flow("10.1.1.1", "zoom", "2026-01-01");
	record.place.zone = GEO_ZONE_THIRD;
	verdict_is(&record, POLICY_VERDICT_VIOLATION, "hard", "the stricter of two as close");
	record.place.zone = GEO_ZONE_ADEQUATE_PARTIAL;
	verdict_is(&record, POLICY_VERDICT_REPORTED, "soft", "outside EU and EEA with adequacy");
	record.place.zone = GEO_ZONE_EEA;
	verdict_is(&record, POLICY_VERDICT_NONE, "", "inside the EEA");
	record.place.zone = GEO_ZONE_UNKNOWN;
	verdict_is(&record, POLICY_VERDICT_NONE, "", "unknown is not outside");
	VERDICT("tiktok", "10.1.1.1", "2026-01-01", REPORTED, "first", "the file's order at last");
}

static void test_allow_list(void)
{
	struct record record;

	use("mode: allow-list\n"
	    "rules:\n"
	    "  - {id: ok, match: {app: [teams, m365]}, action: allow}\n"
	    "  - {id: wait, match: {category: ai}, action: pending}\n");
	VERDICT("teams", "10.1.1.1", "2026-01-01", ALLOWED, "ok", "approved");
	VERDICT("tiktok", "10.1.1.1", "2026-01-01", UNAPPROVED, "", "not on the list");
	VERDICT("openai", "10.1.1.1", "2026-01-01", REPORTED, "wait", "not decided");
	VERDICT("", "10.1.1.1", "2026-01-01", NONE, "", "no name, no app");
	record = flow("10.1.1.1", "tiktok", "2026-01-01");
	record.verdict.embedded = true;
	verdict_is(&record, POLICY_VERDICT_NONE, "", "a pixel is not an app in use");
	record.verdict.embedded = false;
	record.verdict.confidence = POLICY_CONFIDENCE_LEAST - 1;
	verdict_is(&record, POLICY_VERDICT_REPORTED, "", "probably not on the list");
}

static void test_exceptions(void)
{
	struct record record;

	use("units:\n"
	    "  Press: {networks: [10.1.0.0/16]}\n"
	    "rules:\n"
	    "  - {id: ban, match: {app: [tiktok, telegram]}, action: deny, basis: b}\n"
	    "exceptions:\n"
	    "  - {id: press, match: {app: tiktok}, scope: {unit: Press}, approver: security "
	    "officer,\n"
	    "     reason: answers citizens, valid_from: 2026-01-01, valid_to: 2026-06-30}\n");
	VERDICT("tiktok", "10.1.1.1", "2026-03-01", EXCEPTED, "ban", "an exception wins");
	VERDICT("telegram", "10.1.1.1", "2026-03-01", VIOLATION, "ban", "… for its app");
	VERDICT("tiktok", "10.2.1.1", "2026-03-01", VIOLATION, "ban", "… and its unit");
	VERDICT("tiktok", "10.1.1.1", "2026-07-01", VIOLATION, "ban", "… until it ends");
	VERDICT("tiktok", "10.1.1.1", "2025-12-31", VIOLATION, "ban", "… and not before");
	record = flow("10.1.1.1", "tiktok", "2026-03-01");
	decide(&record);
	const struct policy_exception *exception =
		policy_exception(policy, record.decision.exception);
	ok(exception && strcmp(exception->id, "press") == 0 &&
			strcmp(exception->approver, "security officer") == 0,
		"the decision names it");
}

/* One sensor counts a network, the longest that is named; of others whoever sees it. */
static void test_counting(void)
{
	static const struct {
		const char *address, *sensor;
		bool is_elsewhere;
	} cases[] = { { "10.1.1.1", "north", false }, { "10.1.1.1", "south", true },
		{ "10.1.2.1", "north", true }, { "10.1.2.1", "south", false },
		{ "10.9.0.1", "north", false }, { "2001:db8::1", "south", false } };

	use("counting: {north: [10.1.0.0/16], south: [10.1.2.0/24, \"2001:db8::/32\"]}\n");
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr own;
		addr_parse(cases[i].address, &own);
		ok(policy_counts_elsewhere(policy, cases[i].sensor, &own) ==
				(cases[i].is_elsewhere ? POLICY_BOTH_WAYS : 0),
			"%s is %s of %s", cases[i].address,
			cases[i].is_elsewhere ? "another's than" : "for the sums", cases[i].sensor);
	}
	ok(policy_counting_names(policy, "north") && policy_counting_names(policy, "south"),
		"both sensors are named");
	ok(!policy_counting_names(policy, "nroth"), "a name that is misspelt is not");
	use("purpose: x\n");
	ok(policy_counting_names(policy, "nroth"), "where none is named, none is missing");
}

/* What a network sends is counted by one sensor, what it gets by another one, or by whoever sees
 * it. */
static void test_counting_ways(void)
{
	struct addr own;

	use("counting: {north: [10.1.0.0/16 out, 10.2.0.0/16 out], south: [10.1.0.0/16 in]}\n");
	addr_parse("10.1.1.1", &own);
	is_int(policy_counts_elsewhere(policy, "north", &own), POLICY_WAY_IN, "one counts out");
	is_int(policy_counts_elsewhere(policy, "south", &own), POLICY_WAY_OUT, "… one in");
	is_int(policy_counts_elsewhere(policy, "west", &own), POLICY_BOTH_WAYS, "… a third none");
	addr_parse("10.2.1.1", &own);
	is_int(policy_counts_elsewhere(policy, "south", &own), POLICY_WAY_OUT,
		"a way that nobody is named for is of whoever sees it");
	is_int(policy_counts_elsewhere(policy, "north", &own), 0, "… of him too");
}

/* More rules than hold at once are kept, and what decides is among them. */
static void test_many(void)
{
	enum { MANY = 3000 };
	struct record record = flow("10.1.1.1", "tiktok", "2026-03-02T10:00:00");
	struct text text;

	text_init_heap(&text);
	text_put(&text, "own_networks: [10.0.0.0/8]\nrules:\n");
	for (unsigned i = 0; i < MANY; i++) {
		text_printf(
			&text, "  - {id: r%u, match: {direction: outbound}, action: report}\n", i);
	}
	text_put(&text, "  - {id: ban, match: any, action: deny, basis: b}\n");
	use(text.at);
	decide(&record);
	is_text(policy_rule(policy, record.decision.rule)->id, "ban",
		"a deny behind three thousand reports decides");
	text_put(&text, "  - {id: free, match: {app: tiktok}, action: allow}\n");
	use(text.at);
	decide(&record);
	is_text(policy_rule(policy, record.decision.rule)->id, "free", "… and what opens it does");
	text_deinit(&text);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 400 networks and 20 rules: what a decision costs, printed, and held to a bound that only a
 * linear search would break. */
static void test_cost(void)
{
	enum { RECORDS = 512, ROUNDS = 400 };
	static struct record records[RECORDS];
	static const char *const apps[] = { "tiktok", "facebook", "zoom", "teams", "youtube", "" };
	char *text = NULL, address[32];
	size_t length;
	FILE *out = open_memstream(&text, &length);
	uint64_t decided = 0;

	fprintf(out, "units:\n");
	for (unsigned i = 0; i < 400; i++) {
		fprintf(out, "  U%u: {networks: [10.%u.%u.0/24]}\n", i, i / 200, i % 200);
	}
	fprintf(out, "rules:\n");
	for (unsigned i = 0; i < 20; i++) {
		fprintf(out,
			"  - {id: r%u, match: {app: %s}, scope: {unit: U%u}, action: report}\n", i,
			apps[i % 5], i);
	}
	fclose(out);
	use(text);
	free(text);
	for (unsigned i = 0; i < RECORDS; i++) {
		snprintf(address, sizeof(address), "10.%u.%u.9", i / 200 % 2, i * 7 % 200);
		records[i] = flow(address, apps[i % 6], "2026-01-01");
		policy_locate(policy, &records[i]);
	}
	double began = seconds();
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < RECORDS; i++) {
			policy_decide(policy, catalogue, &records[i]);
			decided += records[i].decision.unit != 0;
		}
	}
	double ns = (seconds() - began) * 1e9 / (RECORDS * ROUNDS);
	printf("# %.0f ns a decision with 400 networks and 20 rules\n", ns);
	ok(decided == (uint64_t)RECORDS * ROUNDS, "every record found its unit");
	ok(ns < 2000, "a decision does not walk all networks and rules");
}

int main(void)
{
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	test_locate();
	test_places();
	test_bans();
	test_last_moments();
	test_outside();
	test_hearsay();
	test_undecided();
	test_watched_use();
	test_precedence();
	test_allow_list();
	test_exceptions();
	test_counting();
	test_counting_ways();
	test_many();
	test_cost();
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
