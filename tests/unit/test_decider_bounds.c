/* Where use begins and ends, to the byte, the second and the day; what is seen one way; how long a
 * record waits; and what must not count as an attempt or as left over. */
#include "analyzer/policy/residual.h"
#include "tests/unit/decider_fixture.h"

/* Ten o'clock is the first moment of twenty seconds that a page may stand in. */
#define TEN "2026-03-02T10:00:00"

/* A contact with the app: how long after ten, with which host, and what was sent. */
struct touch {
	unsigned after_ms;
	const char *host;
	unsigned payload_up;
};

enum { TOUCHES_MAX = 4 };

struct use_case {
	const char *title;
	bool is_in_page; /* one was opened at ten */
	bool is_use;
	struct touch touches[TOUCHES_MAX];
};

static struct record touch_of(const struct touch *touch)
{
	struct record record = flow("10.1.1.1", "tiktok", touch->host, TEN, touch->payload_up);

	record.flow.start_ns += touch->after_ms * UINT64_C(1000000);
	record.flow.flow_start_ns = record.flow.start_ns;
	record.flow.end_ns = record.flow.start_ns + NS_PER_S;
	return record;
}

/* Hosts that no page embeds; that players call as well; and others. */
#define OWN    "api16-normal.tiktokv.com"
#define PLAYER "mon-va.tiktokv.com"
#define MEDIA  "p16-sign.tiktokcdn.com"

static const struct use_case use_cases[] = {
	{ "a hello and two requests", false, true, { { 0, MEDIA, 2500 } } },
	{ "a byte less", false, false, { { 0, MEDIA, 2499 } } },
	{ "the same within a minute", false, true, { { 0, MEDIA, 1250 }, { 59999, MEDIA, 1250 } } },
	{ "… a minute apart", false, false, { { 0, MEDIA, 1250 }, { 60000, MEDIA, 1250 } } },
	{ "three times, a minute apart", false, true,
		{ { 0, MEDIA, 300 }, { 60000, MEDIA, 300 }, { 120000, MEDIA, 300 } } },
	{ "… a millisecond less", false, false,
		{ { 0, MEDIA, 300 }, { 59999, MEDIA, 300 }, { 119999, MEDIA, 300 } } },
	{ "four hosts", false, true,
		{ { 0, "p16.tiktokcdn.com", 300 }, { 1, "p19.tiktokcdn.com", 300 },
			{ 2, "v16.tiktokcdn.com", 300 }, { 3, "v19.tiktokcdn.com", 300 } } },
	{ "three hosts", false, false,
		{ { 0, "p16.tiktokcdn.com", 300 }, { 1, "p19.tiktokcdn.com", 300 },
			{ 2, "v16.tiktokcdn.com", 300 } } },
	{ "two hosts of which one is called home", false, true,
		{ { 0, MEDIA, 300 }, { 1, PLAYER, 300 } } },
	{ "in a page so much to a host of the app's own", true, true, { { 1, OWN, 20000 } } },
	{ "… a byte less", true, false, { { 1, OWN, 19999 } } },
	{ "in a page such a host alone", true, false, { { 1, OWN, 300 } } },
	{ "… with another", true, true, { { 1, OWN, 300 }, { 2, MEDIA, 300 } } },
	{ "the last moment of a page", true, false, { { 39999, MEDIA, 2500 } } },
	{ "the first behind it", true, true, { { 40000, MEDIA, 2500 } } },
};

static void test_use(void)
{
	for (size_t i = 0; i < sizeof(use_cases) / sizeof(use_cases[0]); i++) {
		const struct use_case *given = &use_cases[i];
		struct record record = flow("10.1.1.1", "", "www.nyheter.example", TEN, 900);
		unsigned found = 0;

		use(ban);
		if (given->is_in_page) {
			take(&record);
		}
		for (unsigned j = 0; j < TOUCHES_MAX && given->touches[j].host; j++) {
			record = touch_of(&given->touches[j]);
			found += take(&record);
		}
		found += finish();
		ok((found > 0) == given->is_use, "%s: %s", given->title,
			given->is_use ? "use" : "no use");
	}
}

/* What is used is asked of each day by itself. */
static void test_midnight(void)
{
	struct record record;

	use(ban);
	record = flow("10.1.1.1", "tiktok", MEDIA, "2026-03-02T23:59:59", 1250);
	unsigned found = take(&record);
	record = flow("10.1.1.1", "tiktok", MEDIA, "2026-03-03T00:00:00", 1250);
	is_int(take(&record) + found + finish(), 0, "the first moment of a day is not of the last");
}

/* A connection that is told in parts opened its page with the first. */
static void test_page_parts(void)
{
	struct record record;

	use(ban);
	record = flow("10.1.1.1", "", "www.nyheter.example", TEN, 900);
	record.flow.part = 1;
	unsigned found = take(&record);
	record = flow("10.1.1.1", "tiktok", MEDIA, TEN, 2500);
	is_int(take(&record) + found + finish(), 1, "a later part of a page excuses nothing");
}

/* An app that the list does not have, in a page whose app is not known. */
static void test_page_of_list(void)
{
	struct record record;

	use("own_networks: [10.0.0.0/8]\nmode: allow-list\n"
	    "rules:\n  - {id: list, match: {app: teams}, action: allow}\n");
	record = flow("10.1.1.1", "", "www.nyheter.example", TEN, 900);
	take(&record);
	record = flow("10.1.1.1", "tiktok", MEDIA, TEN, 2500);
	take(&record);
	finish();
	is_int(released[0].decision.verdict, POLICY_VERDICT_NONE, "what stands in it is no use");
}

/* Answered flows and blind ones, and what may be said of a try without an answer. */
static void test_sight(void)
{
	uint16_t north;
	struct record record;

	use(ban);
	north = policy_find_unit(policy, "North");
	ok(!decider_is_one_way(decider, north), "what was not seen is not seen one way");
	is_int(decider_view(decider), DECIDER_SEES_NOTHING, "nothing was seen");
	record = flow("10.1.1.1", "", "www.nyheter.example", TEN, 900);
	record.flow.packets[1] = record.flow.total_packets[1] = 0;
	take(&record);
	ok(decider_is_one_way(decider, north), "acknowledged answers that are not here");
	is_int(decider_view(decider), DECIDER_SEES_ONE_WAY, "… all that was seen");
	record = flow("10.1.1.1", "", "www.nyheter.example", TEN, 900);
	take(&record);
	for (unsigned part = 1; part < 8; part++) {
		record.flow.part = (uint8_t)part;
		take(&record);
	}
	ok(decider_is_one_way(decider, north), "the parts of one flow are not eight flows");
	record.flow.part = 0;
	for (unsigned i = 0; i < 3; i++) {
		take(&record);
	}
	ok(!decider_is_one_way(decider, north), "four are answered for one that is not");
}

static struct record lookup_of(const char *device, const char *resolver)
{
	struct record record = flow(device, "", "", TEN, 40);

	addr_parse(resolver, &record.flow.destination);
	record.flow.protocol = 17;
	record.flow.tcp_state = TCP_STATE_NONE;
	record.flow.destination_port = 53;
	memset(&record.l7, 0, sizeof(record.l7));
	record.l7.protocol = L7_DNS;
	l7_info_add_name(&record.l7, NAME_DNS_QUERY, "www.tiktok.com", 14);
	return record;
}

static void test_lookups(void)
{
	const struct attempt_row *rows;
	struct record record;

	use(ban);
	record = attempt("10.1.1.1", TEN, false);
	take(&record);
	record = lookup_of("10.1.1.2", "10.0.0.53");
	take(&record);
	finish();
	is_int(released[0].decision.block, BLOCK_DROPPED,
		"a resolver inside that answers is sight");

	use(ban);
	record = flow("10.1.1.9", "", "www.nyheter.example", "2026-03-02T09:00:00", 900);
	take(&record);
	record = lookup_of("10.1.1.1", "192.0.2.53");
	record.l7.dns_unanswered = true;
	record.flow.packets[0] = record.flow.total_packets[0] = 1;
	record.flow.packets[1] = record.flow.total_packets[1] = 0;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 0;
	take(&record);
	record = attempt("10.1.1.1", "2026-03-02T10:00:05", false);
	take(&record);
	finish();
	size_t count = attempts_rows(decider_attempts(decider), &rows);
	ok(count == 1 && rows[0].count == 1 && rows[0].outcomes[BLOCK_DROPPED] == 1,
		"one lost answer to a lookup leaves no doubt about what was dropped behind it");
}

/* What passed in somebody else's page got through no block; what nobody can tell was not stopped.
 */
static void test_not_counted(void)
{
	const struct attempt_row *rows;
	uint64_t outcomes[ATTEMPT_OUTCOME_COUNT] = { [BLOCK_NONE] = 1,
		[BLOCK_PASSED] = 2,
		[BLOCK_UNSURE] = 4,
		[BLOCK_REFUSED] = 8,
		[ATTEMPT_EXCEPTED] = 16 };
	struct record record;

	is_int((int64_t)attempts_stopped(outcomes), 8, "stopped is what was seen to be stopped");
	use(ban);
	record = flow("10.1.1.1", "", "www.nyheter.example", TEN, 900);
	take(&record);
	record = flow("10.1.1.1", "tiktok", MEDIA, TEN, 3000);
	take(&record);
	finish();
	is_int((int64_t)attempts_rows(decider_attempts(decider), &rows), 0,
		"a player in a page is no attempt that passed");
}

static const char ended_grace[] =
	"own_networks: [10.0.0.0/8]\n"
	"proxies: {networks: [10.0.0.80]}\n"
	"rules:\n"
	"  - {id: ban, match: {app: tiktok}, action: deny, basis: b, effective_from: 2026-02-01,\n"
	"     grace_until: 2026-03-01}\n";

/* Two tries of the app's own host that were refused: how many devices are listed. */
static int left_over(const char *device, uint8_t kind, const char *again)
{
	const char *const times[] = { "2026-03-02T10:00:00", again };
	const struct residual_row *rows;

	use(ended_grace);
	for (unsigned i = 0; i < 2; i++) {
		struct record record = flow(device, "tiktok", OWN, times[i], 0);
		record.flow.tcp_state = TCP_STATE_REFUSED;
		record.flow.packets[1] = record.flow.total_packets[1] = 1;
		record.l7.exchange = L7_EXCHANGE_NONE;
		place(&record);
		record.device.kind = kind;
		decider_take(decider, &reference, &record);
	}
	finish();
	return (int)decider_residual(decider, &rows);
}

static void test_left_over(void)
{
	static const char later[] = "2026-03-02T11:00:00";

	is_int(left_over("10.1.1.1", DEVICE_ADDRESS, later), 1,
		"a device that still tries is listed");
	is_int(left_over("10.1.1.1", DEVICE_MANY, later), 0,
		"many behind one address are no device");
	is_int(left_over("10.0.0.80", DEVICE_ADDRESS, later), 0,
		"nor is the proxy that asks for others");
	is_int(left_over("10.1.1.1", DEVICE_ADDRESS, "2026-03-02T10:01:00"), 1,
		"tries a minute apart are two");
	is_int(left_over("10.1.1.1", DEVICE_ADDRESS, "2026-03-02T10:00:59"), 0,
		"closer ones are one");
}

/* Live, a record waits six minutes from its end, to the nanosecond; a clock does not go back. */
static void test_live_wait(void)
{
	struct record record = flow("10.1.1.1", "tiktok", MEDIA, TEN, 900);
	uint64_t until_ns = record.flow.end_ns + 360 * NS_PER_S;

	use(ban);
	decider_destroy(decider);
	decider = decider_create();
	take(&record);
	ok(decider_is_waiting(decider), "too little to be use waits");
	decider_advance(decider, until_ns - 1);
	is_int((int64_t)decider_release(decider, &reference, false, released, RELEASED_MAX), 0,
		"… for six minutes");
	decider_advance(decider, until_ns);
	decider_advance(decider, until_ns - NS_PER_S);
	is_int((int64_t)decider_release(decider, &reference, false, released, RELEASED_MAX), 1,
		"… and no longer");
}

static const char access_yaml[] =
	"own_networks: [10.0.0.0/8]\n"
	"timezone: Europe/Oslo\n"
	"classes: {private: {networks: [10.1.0.0/16], type: private}}\n"
	"internal_services: {networks: [10.9.0.0/16], remember: 10 d}\n"
	"rules:\n"
	"  - {id: ban, match: {app: tiktok}, scope: {class: private, internal_access: yes},\n"
	"     action: deny, basis: b%s}\n";

/* What becomes of use at noon by a private device that was inside at that time. */
static enum policy_verdict verdict_with_contact(const char *rest, const char *when)
{
	char yaml[1024];
	struct record record, contact;

	snprintf(yaml, sizeof(yaml), access_yaml, rest);
	use(yaml);
	record = flow("10.1.1.1", "tiktok", OWN, "2026-03-02T11:00:00", 30000);
	take(&record);
	bool waits = decider_is_waiting(decider);
	contact = flow("10.1.1.1", "", "intranat.example", when, 900);
	addr_parse("10.9.1.1", &contact.flow.destination);
	take(&contact);
	finish();
	return (waits ? &released[0] : &record)->decision.verdict;
}

static void test_contact_day(void)
{
	is_int(verdict_with_contact("", "2026-03-02T22:59:59"), POLICY_VERDICT_VIOLATION,
		"inside on the last moment of the local day");
	is_int(verdict_with_contact("", "2026-03-02T23:00:00"), POLICY_VERDICT_NONE,
		"on the first of the next one");
	is_int(verdict_with_contact(", grace_until: 2026-03-31", "2026-03-02T15:00:00"),
		POLICY_VERDICT_GRACE, "in grace it is waited for as well");
	is_int(verdict_with_contact("", "2026-02-20T11:00:00"), POLICY_VERDICT_VIOLATION,
		"inside as long ago as is remembered");
	is_int(verdict_with_contact("", "2026-02-20T10:59:59"), POLICY_VERDICT_NONE,
		"and a second longer");
}

/* What is only inferred, or somebody else's word, puts nobody inside. */
static void test_contact_known(void)
{
	struct record contact;
	char yaml[1024];

	snprintf(yaml, sizeof(yaml), access_yaml, "");
	use(yaml);
	contact = flow("10.1.1.1", "", "intranat.example", "2026-03-02T10:00:00", 900);
	addr_parse("10.9.1.1", &contact.flow.destination);
	place(&contact);
	ok(policy_is_contact(policy, catalogue, &contact), "an answer from inside is a contact");
	contact.verdict.inferred = true;
	ok(!policy_is_contact(policy, catalogue, &contact), "what is inferred is none");
	contact.verdict.inferred = false;
	contact.verdict.grounds = 1u << INFERRED_BY_OUTSIDE;
	ok(!policy_is_contact(policy, catalogue, &contact), "hearsay is none");
}

/* From the moment of a contact on a condition is broken; not before, and not by an earlier one. */
static void test_condition(void)
{
	static const struct {
		const char *contact, *use;
		enum policy_verdict verdict;
	} cases[] = {
		{ "2026-03-02T10:30:00", "2026-03-02T10:30:00", POLICY_VERDICT_VIOLATION },
		{ "2026-03-02T10:30:00", "2026-03-02T10:29:59", POLICY_VERDICT_EXCEPTED },
		{ "2026-03-01T00:00:00", "2026-03-02T10:00:00", POLICY_VERDICT_VIOLATION },
		{ "2026-02-28T23:59:59", "2026-03-02T10:00:00", POLICY_VERDICT_EXCEPTED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record, contact;
		use("own_networks: [10.0.0.0/8]\n"
		    "internal_services: {networks: [10.9.0.0/16]}\n"
		    "rules:\n  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n"
		    "exceptions:\n"
		    "  - {id: press, rules: [ban], scope: {device: 10.1.1.1}, approver: a,\n"
		    "     reason: r, condition: no internal flows, valid_from: 2026-03-01}\n");
		contact = flow("10.1.1.1", "", "intranat.example", cases[i].contact, 900);
		addr_parse("10.9.1.1", &contact.flow.destination);
		take(&contact);
		record = flow("10.1.1.1", "tiktok", OWN, cases[i].use, 30000);
		take(&record);
		is_int(record.decision.verdict, cases[i].verdict, "inside at %s, used at %s",
			cases[i].contact, cases[i].use);
	}
}

static const char press_yaml[] =
	"own_networks: [10.0.0.0/8]\n"
	"units: {Press: {networks: [10.1.0.0/16], protection: secrecy},\n"
	"  Library: {networks: [10.2.0.0/16], protection: personal}}\n"
	"rules:\n"
	"  - {id: ban, match: {app: tiktok}, action: deny, basis: b, severity: medium}\n"
	"exceptions:\n"
	"  - {id: press, rules: [ban], scope: {unit: Press}, approver: a, reason: r,\n"
	"     valid_from: 2026-03-01, valid_to: 2026-03-31}\n";

/* An exception's days are whole ones; whose was over is said behind the last moment alone. */
static void test_exception_days(void)
{
	static const struct {
		const char *midnight;
		bool is_before; /* the last nanosecond before it */
		enum policy_verdict verdict;
		const char *lapsed;
	} cases[] = {
		{ "2026-03-01", true, POLICY_VERDICT_VIOLATION, "" },
		{ "2026-03-01", false, POLICY_VERDICT_EXCEPTED, "" },
		{ "2026-04-01", true, POLICY_VERDICT_EXCEPTED, "" },
		{ "2026-04-01", false, POLICY_VERDICT_VIOLATION, "press" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = flow("10.1.1.1", "tiktok", OWN, cases[i].midnight, 30000);
		bool is_over = false;
		use(press_yaml);
		record.flow.start_ns -= cases[i].is_before;
		take(&record);
		is_int(record.decision.verdict, cases[i].verdict, "%s the first moment of %s",
			cases[i].is_before ? "before" : "on", cases[i].midnight);
		const struct policy_exception *lapsed = policy_exception(
			policy, policy_lapsed_exception(policy, &record, &is_over));
		is_text(lapsed ? lapsed->id : "", cases[i].lapsed, "… the exception that is over");
		is_int(is_over, lapsed != NULL, "… and that it is");
	}
}

static void test_severity(void)
{
	static const struct {
		const char *unit;
		uint8_t confidence;
		const char *severity;
	} cases[] = { { "Library", 75, "medium" }, { "Library", 74, "low" },
		{ "Press", 75, "high" }, { "Press", 74, "medium" }, { "Press", 0, "high" } };

	use(press_yaml);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is_text(policy_severity(policy, policy_rule_at(policy, 0),
				policy_find_unit(policy, cases[i].unit), cases[i].confidence),
			cases[i].severity, "%s, of %u per cent", cases[i].unit,
			cases[i].confidence);
	}
}

/* A rule that is merely watched takes nothing from what others say. */
static void test_watched(void)
{
	static const struct {
		const char *lifted;
		enum policy_verdict verdict;
		const char *rule;
	} cases[] = {
		{ "seen", POLICY_VERDICT_EXCEPTED, "seen" },
		{ "watched", POLICY_VERDICT_REPORTED, "seen" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = flow("10.1.1.1", "tiktok", OWN, TEN, 30000);
		char yaml[1024];
		snprintf(yaml, sizeof(yaml),
			"own_networks: [10.0.0.0/8]\n"
			"rules:\n"
			"  - {id: watched, match: {app: tiktok}, action: deny, basis: b,\n"
			"     stage: watch}\n"
			"  - {id: seen, match: {app: tiktok}, action: report}\n"
			"exceptions:\n"
			"  - {id: press, rules: [%s], scope: {device: 10.1.1.1}, approver: a,\n"
			"     reason: r}\n",
			cases[i].lifted);
		use(yaml);
		take(&record);
		finish();
		const struct policy_rule *rule = policy_rule(policy, record.decision.rule);
		is_int(record.decision.verdict, cases[i].verdict, "%s is lifted: the verdict",
			cases[i].lifted);
		is_text(rule ? rule->id : "", cases[i].rule, "… and whose it is");
	}
}

int main(void)
{
	if (!begin_decider()) {
		return done_testing();
	}
	test_use();
	test_midnight();
	test_page_parts();
	test_page_of_list();
	test_sight();
	test_lookups();
	test_not_counted();
	test_left_over();
	test_live_wait();
	test_contact_day();
	test_contact_known();
	test_condition();
	test_exception_days();
	test_severity();
	test_watched();
	end_decider();
	return done_testing();
}
