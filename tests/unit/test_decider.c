/* What only a memory of other records can say: use or page, one way or two, one attempt or three.
 */
#include "analyzer/policy/residual.h"
#include "tests/unit/decider_fixture.h"

#define DAY_NS (86400 * NS_PER_S)

/* A page, and what a player in it talks to. */
static const char *const player_hosts[] = { "www.nyheter.example", "www.tiktok.com",
	"v16-webapp.tiktokcdn.com", "mcs-va.tiktokv.com", "mon-va.tiktokv.com",
	"mssdk-va.tiktokv.com", "log.tiktokv.com" };

static void test_use(void)
{
	struct record record;

	use(ban);
	record = flow("10.1.1.1", "", "www.nyheter.example", "2026-03-02T10:00:00", 900);
	unsigned found = take(&record);
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T10:00:03", 3000);
	found += take(&record);
	record =
		flow("10.1.1.1", "tiktok", "v16-webapp.tiktokcdn.com", "2026-03-02T10:00:04", 4000);
	found += take(&record);
	is_int(found + finish(), 0, "a player in a page is no use");

	use(ban);
	found = 0;
	for (size_t i = 0; i < sizeof(player_hosts) / sizeof(player_hosts[0]); i++) {
		char when[32];
		snprintf(when, sizeof(when), "2026-03-02T10:00:%02zu", i);
		record = flow("10.1.1.1", i > 0 ? "tiktok" : "", player_hosts[i], when, 2500);
		found += take(&record);
	}
	is_int(found + finish(), 0, "nor is one that sends home how it plays");

	use(ban);
	record = flow("10.1.1.1", "tiktok", "p16-sign.tiktokcdn.com", "2026-03-02T10:00:00", 1200);
	is_int(take(&record) + finish(), 0, "a preview is none either");

	use(ban);
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T10:00:00", 700);
	found = take(&record);
	record = flow("10.1.1.1", "tiktok", "mon.tiktokv.com", "2026-03-02T10:00:20", 700);
	found += take(&record);
	is_int(found + finish(), 2, "outside of pages the same two hosts are use");

	use(ban);
	found = 0;
	for (unsigned i = 0; i < 3; i++) {
		char when[32];
		snprintf(when, sizeof(when), "2026-03-02T0%u:10:00", i + 1);
		record = flow("10.1.1.1", "tiktok", "log.tiktokv.com", when, 700);
		found += take(&record);
	}
	is_int(found + finish(), 3, "three tiny flows of the night are use, each of them");

	use(ban);
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T10:00:00", 3500);
	is_int(take(&record) + finish(), 1, "who goes there and asks twice uses it");

	use(ban);
	record = flow("10.1.1.1", "", "www.nyheter.example", "2026-03-02T09:59:57", 900);
	record.verdict.grounds = 1 << INFERRED_BY_OUTSIDE;
	found = take(&record);
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T10:00:00", 3500);
	is_int(take(&record) + found + finish(), 1,
		"a page in a tunnel that somebody outside wrote excuses nobody");

	use(ban);
	record = flow("10.1.1.1", "", "www.tiktok.com", "2026-03-02T09:59:57", 900);
	record.l7.findings = 1 << L7_FINDING_CONTESTED;
	found = take(&record);
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T10:00:00", 3500);
	is_int(take(&record) + found + finish(), 1, "nor does a hello that is in doubt");

	use("rules:\n  - {id: list, match: {app: teams}, action: allow}\nmode: allow-list\n");
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T10:00:00", 900);
	take(&record);
	finish();
	is_int(released[0].decision.verdict, POLICY_VERDICT_NONE,
		"what stands in a page is not measured by a list");
}

/* A page's connection stays open while its player's end: its record comes later. */
static void test_late_page(void)
{
	struct record record;
	unsigned found = 0;

	use(ban);
	for (unsigned i = 0; i < 6; i++) {
		char when[32];
		snprintf(when, sizeof(when), "2026-03-02T10:0%u:02", i);
		record = flow("10.1.1.1", "tiktok", "www.tiktok.com", when, 1200);
		found += take(&record);
		record = flow("10.1.1.1", "tiktok", "v16-webapp.tiktokcdn.com", when, 1900);
		found += take(&record);
	}
	for (unsigned i = 0; i < 6; i++) {
		char when[32];
		snprintf(when, sizeof(when), "2026-03-02T10:0%u:00", i);
		record = flow("10.1.1.1", "", "www.nyheter.example", when, 900);
		found += take(&record);
	}
	is_int((int)(found + finish()), 0, "a page whose record comes after its players'");
}

static void test_one_way(void)
{
	struct record record, other;

	use(ban);
	record = attempt("10.1.1.1", "2026-03-02T10:00:00", false);
	take(&record);
	finish();
	is_int(released[0].decision.block, BLOCK_NONE, "without any answer nothing is blocked");

	use(ban);
	record = attempt("10.1.1.1", "2026-03-02T10:00:00", false);
	take(&record);
	other = flow("10.1.1.2", "", "www.nyheter.example", "2026-03-02T10:00:00", 900);
	take(&other);
	finish();
	is_int(released[0].decision.block, BLOCK_DROPPED,
		"where others are answered it is, whichever came first");
	is_int(decider_view(decider), DECIDER_SEES_ALL, "… and all is seen");

	use(ban);
	record = attempt("10.1.1.1", "2026-03-02T10:00:00", false);
	take(&record);
	other = flow("10.2.1.2", "", "www.nyheter.example", "2026-03-02T10:00:00", 900);
	take(&other);
	finish();
	is_int(released[0].decision.block, BLOCK_NONE, "answers to another unit say nothing");
	ok(decider_view(decider) != DECIDER_SEES_ALL ||
			!decider_is_one_way(decider, symbol_find(SYMBOL_UNIT, "South")),
		"… which itself is seen both ways");
}

static void test_attempts(void)
{
	const struct attempt_row *rows;
	struct record record;

	use(ban);
	record = flow("10.1.1.9", "", "www.nyheter.example", "2026-03-02T09:00:00", 900);
	take(&record);
	record = attempt("10.1.1.1", "2026-03-02T10:00:00", false);
	record.flow.protocol = 17;
	record.flow.tcp_state = TCP_STATE_NONE;
	record.l7.protocol = L7_QUIC;
	take(&record);
	record = attempt("10.1.1.1", "2026-03-02T10:00:01", false);
	record.flow.tcp_state = TCP_STATE_REFUSED;
	record.flow.packets[1] = record.flow.total_packets[1] = 1;
	take(&record);
	record = attempt("10.1.1.1", "2026-03-02T10:20:00", true);
	record.flow.bytes[0] += 4000;
	record.flow.total_bytes[0] += 4000;
	take(&record);
	finish();
	is_int((int)attempts_rows(decider_attempts(decider), &rows), 1, "one rule, unit and class");
	is_int((int)rows[0].count, 2, "QUIC that falls back to TCP is one attempt");
	is_int((int)rows[0].outcomes[BLOCK_REFUSED], 1, "… stopped where it got furthest");
	is_int((int)rows[0].outcomes[BLOCK_PASSED], 1, "… and the other one passed");
}

/* A use that passed, of what a rule denies. */
static void give_use(const char *device, const char *when)
{
	struct record record = attempt(device, when, true);

	record.flow.bytes[0] += 4000;
	record.flow.total_bytes[0] += 4000;
	take(&record);
}

/* What an exception, grace or a class outside the policy lets through has passed no block. */
static void test_attempts_let_through(void)
{
	const struct attempt_row *rows;

	use("own_networks: [10.0.0.0/8]\n"
	    "units: {Press: {networks: [10.1.0.0/16]}, Office: {networks: [10.2.0.0/16]},\n"
	    "  Library: {networks: [10.3.0.0/16]}}\n"
	    "classes: {guest: {networks: [10.3.0.0/16], in_scope: no}}\n"
	    "rules:\n"
	    "  - {id: ban, match: {app: tiktok}, action: deny, basis: b, blocked: yes,\n"
	    "     grace_until: 2026-03-01}\n"
	    "exceptions:\n"
	    "  - {id: press, rules: [ban], scope: {unit: Press}, approver: a, reason: r}\n");
	give_use("10.1.1.1", "2026-03-02T10:00:00");
	give_use("10.1.1.1", "2026-03-02T11:00:00");
	give_use("10.2.1.1", "2026-02-26T10:00:00");
	give_use("10.2.1.1", "2026-02-27T10:00:00");
	give_use("10.2.1.1", "2026-02-28T10:00:00");
	give_use("10.3.1.1", "2026-03-02T10:00:00");
	finish();
	size_t count = attempts_rows(decider_attempts(decider), &rows);
	uint64_t passed = 0, excepted = 0, all = 0;
	for (size_t i = 0; i < count; i++) {
		passed += rows[i].outcomes[BLOCK_PASSED];
		excepted += rows[i].outcomes[ATTEMPT_EXCEPTED];
		all += rows[i].count;
	}
	is_int((int)all, 6, "all are counted");
	is_int((int)passed, 0, "… none as passed");
	is_int((int)excepted, 6, "… but as excepted, in grace or out of scope");
}

/* A tunnel that the device asked for, of which the device cannot tell what became; or what the
 * proxy asked, of which nothing came. */
static void give_tunnel(bool is_of_proxy, const char *when)
{
	struct record record = is_of_proxy
				       ? attempt("10.0.0.80", when, false)
				       : flow("10.1.1.1", "tiktok", "www.tiktok.com", when, 300);

	if (!is_of_proxy) {
		addr_parse("10.0.0.80", &record.flow.destination);
		record.flow.bytes[1] = record.flow.total_bytes[1] = 20 * 52 + 90;
		record.l7.protocol = L7_HTTP;
		record.l7.through_proxy = L7_PROXY_ASKED;
	}
	take(&record);
}

/* Asked of a proxy, and asked by the proxy, is one attempt, wherever it was stopped. tries: of the
 * device (d) and the proxy (p), a second apart. */
static void attempt_is(const char *tries, enum block_outcome outcome, const char *title)
{
	const struct attempt_row *rows;
	struct record other;

	use("own_networks: [10.0.0.0/8]\n"
	    "proxies: {networks: [10.0.0.80]}\n"
	    "rules:\n  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n");
	other = flow("10.1.1.1", "m365", "outlook.office.com", "2026-03-02T09:00:00", 4000);
	take(&other);
	for (unsigned i = 0; tries[i]; i++) {
		char when[32];
		snprintf(when, sizeof(when), "2026-03-02T10:00:%02u", 10 + i);
		give_tunnel(tries[i] == 'p', when);
	}
	finish();
	size_t count = attempts_rows(decider_attempts(decider), &rows);
	ok(count == 1 && rows[0].count == 1 && rows[0].outcomes[outcome] == 1, "%s", title);
}

static void test_attempts_through_proxy(void)
{
	attempt_is("dp", BLOCK_DROPPED, "the firewall behind the proxy stopped it");
	attempt_is("pdpdp", BLOCK_DROPPED, "… in whatever order, and however often");
	attempt_is("d", BLOCK_UNSURE, "the proxy alone knows");
	attempt_is("p", BLOCK_DROPPED, "nobody was seen to ask the proxy");
}

static const char grace[] =
	"own_networks: [10.0.0.0/8]\n"
	"rules:\n"
	"  - {id: ban, match: {app: tiktok}, action: deny, basis: b, effective_from: 2026-02-01,\n"
	"     grace_until: 2026-03-01}\n";

/* A try of that host that was refused. */
static void give_refused(const char *device, const char *host, const char *when)
{
	struct record record = flow(device, "tiktok", host, when, 0);

	record.flow.tcp_state = TCP_STATE_REFUSED;
	record.flow.packets[1] = record.flow.total_packets[1] = 1;
	record.l7.exchange = L7_EXCHANGE_NONE;
	take(&record);
}

static void test_residual(void)
{
	const struct residual_row *rows;
	struct record record;

	use(grace);
	give_refused("10.1.1.1", "api16-normal.tiktokv.com", "2026-02-20T10:00:00");
	give_refused("10.1.1.1", "log.tiktokv.com", "2026-02-20T11:00:00");
	finish();
	is_int((int)decider_residual(decider, &rows), 0, "within the grace nothing is left over");

	use(grace);
	give_refused("10.1.1.1", "api16-normal.tiktokv.com", "2026-03-02T10:00:00");
	give_refused("10.1.1.1", "log.tiktokv.com", "2026-03-02T11:00:00");
	give_refused("10.1.1.1", "log.tiktokv.com", "2026-03-03T11:00:00");
	give_refused("10.1.1.1", "log.tiktokv.com", "2026-03-03T12:00:00");
	finish();
	is_int((int)decider_residual(decider, &rows), 1, "what the network stops is still there");
	is_int((int)rows[0].days, 2, "… on both days");
	is_int((int)rows[0].passed, 0, "… though nothing passed");

	use(grace);
	for (unsigned i = 0; i < 3; i++) {
		char when[32];
		snprintf(when, sizeof(when), "2026-03-02T1%u:00:00", i);
		record = flow("10.1.1.2", "", "www.nyheter.example", when, 900);
		take(&record);
		snprintf(when, sizeof(when), "2026-03-02T1%u:00:04", i);
		give_refused("10.1.1.2", "www.tiktok.com", when);
		give_refused("10.1.1.2", "mcs-va.tiktokv.com", when);
		give_refused("10.1.1.3", "www.tiktok.com", when);
	}
	finish();
	is_int((int)decider_residual(decider, &rows), 0, "what pages try is nobody's app");

	use("own_networks: [10.0.0.0/8]\nrules:\n"
	    "  - {id: ban, match: {app: tiktok}, action: deny, basis: b, stage: watch,\n"
	    "     effective_from: 2026-02-01}\n");
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T10:00:00", 4000);
	take(&record);
	finish();
	is_int(record.decision.verdict, POLICY_VERDICT_REPORTED, "a watched rule reports");
	is_int((int)decider_residual(decider, &rows), 0, "… and lists nobody");
}

static void test_weeks(void)
{
	const struct attempt_row *rows;

	use("timezone: Europe/Oslo\nown_networks: [10.0.0.0/8]\n"
	    "rules: [{id: ban, match: {app: tiktok}, action: deny, basis: b}]\n");
	give_refused("10.1.1.1", "log.tiktokv.com", "2026-03-29T21:59:00Z");
	give_refused("10.1.1.1", "log.tiktokv.com", "2026-03-29T22:01:00Z");
	finish();
	is_int((int)attempts_rows(decider_attempts(decider), &rows), 2,
		"weeks end with the local Sunday, also where the clock changed");
	is_int((int)(rows[1].week - rows[0].week), 7, "… and follow each other");
}

static const char access_yaml[] =
	"own_networks: [10.0.0.0/8]\n"
	"timezone: Europe/Oslo\n"
	"classes: {private: {networks: [10.1.0.0/16], type: private}}\n"
	"internal_services: {networks: [10.9.0.0/16], apps: [m365], remember: 10 d}\n"
	"exempt_services: {names: [login.microsoftonline.com]}\n"
	"rules:\n"
	"  - {id: ban, match: {app: tiktok}, scope: {class: private, internal_access: yes},\n"
	"     action: deny, basis: b}\n";

static unsigned day_of(const char *app, const char *host, const char *when)
{
	struct record record, contact;
	unsigned found;

	use(access_yaml);
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T07:00:00", 4000);
	found = take(&record);
	contact = flow("10.1.1.1", app, host, when, 900);
	take(&contact);
	return found + finish();
}

static void test_access(void)
{
	is_int(day_of("m365", "outlook.office.com", "2026-03-02T15:00:00"), 1,
		"mail later on the same day makes it a finding");
	is_int(day_of("m365", "login.microsoftonline.com", "2026-03-02T15:00:00"), 0,
		"signing in does not");
	is_int(day_of("m365", "outlook.office.com", "2026-03-02T23:30:00"), 0,
		"nor does mail on the next local day");
	is_int(day_of("m365", "outlook.office.com", "2026-02-25T10:00:00"), 1,
		"a contact is remembered");
	is_int(day_of("m365", "outlook.office.com", "2026-02-15T10:00:00"), 0,
		"… for the stated time");
}

static void test_condition(void)
{
	struct record record, contact;
	unsigned found;

	use("own_networks: [10.0.0.0/8]\n"
	    "internal_services: {networks: [10.9.0.0/16]}\n"
	    "rules:\n  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n"
	    "exceptions:\n"
	    "  - {id: press, rules: [ban], scope: {device: 10.1.1.1}, approver: a, reason: r,\n"
	    "     condition: no internal flows, valid_from: 2026-03-01, valid_to: 2026-12-31}\n");
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T09:00:00", 4000);
	found = take(&record);
	is_int(record.decision.verdict, POLICY_VERDICT_EXCEPTED, "an exception holds");
	contact = flow("10.1.1.1", "", "intranat.example", "2026-03-02T10:30:00", 900);
	addr_parse("10.9.1.1", &contact.flow.destination);
	take(&contact);
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T11:00:00", 4000);
	found += take(&record);
	is_int(found + finish(), 1, "… until its condition is broken");
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T10:00:00", 4000);
	take(&record);
	is_int(record.decision.verdict, POLICY_VERDICT_EXCEPTED,
		"… what was before stays under it, however late it comes");
}

/* Does TikTok become a violation after that flow to an inner network at ten? */
static unsigned broken_by(const struct record *from)
{
	struct record record, contact = *from;

	use("own_networks: [10.0.0.0/8]\n"
	    "internal_services: {networks: [10.9.0.0/16], apps: [m365]}\n"
	    "classes: {private: {networks: [10.1.0.0/16], type: private}}\n"
	    "rules:\n"
	    "  - {id: private, match: {app: tiktok}, scope: {internal_access: yes}, action: deny, "
	    "basis: b}\n");
	if (contact.verdict.app == 0) {
		addr_parse("10.9.1.1", &contact.flow.destination);
	}
	take(&contact);
	record = flow("10.1.1.1", "tiktok", "www.tiktok.com", "2026-03-02T11:00:00", 4000);
	return take(&record) + finish();
}

/* Who was kept out was not inside; nor is a clock, an echo or a resolver a service. */
static void test_contact(void)
{
	struct record mail =
		flow("10.1.1.1", "m365", "outlook.office.com", "2026-03-02T10:00:00", 900);
	struct record page = flow("10.1.1.1", "", "intranat.example", "2026-03-02T10:00:00", 900);
	struct record other;

	is_int(broken_by(&mail), 1, "mail that came is a contact");
	is_int(broken_by(&page), 1, "so is a page of the intranet");
	other = page;
	other.l7.exchange = L7_EXCHANGE_ONE;
	other.flow.bytes[1] = other.flow.total_bytes[1] = 20 * 52 + 900;
	other.flow.left_first = FLOW_LEFT_DESTINATION;
	is_int(broken_by(&other), 1, "… of one small answer");
	other = mail;
	other.l7.exchange = L7_EXCHANGE_NONE;
	other.flow.bytes[1] = other.flow.total_bytes[1] = 52;
	other.flow.packets[1] = other.flow.total_packets[1] = 1;
	other.flow.retransmissions = 3;
	is_int(broken_by(&other), 0, "mail that the firewall dropped after the hello is none");
	other = mail;
	other.l7.exchange = L7_EXCHANGE_ONE;
	other.flow.bytes[1] = other.flow.total_bytes[1] = 20 * 52 + 900;
	other.flow.left_first = FLOW_LEFT_DESTINATION;
	is_int(broken_by(&other), 0, "nor is what may be the firewall's page");
	other = page;
	other.l7.protocol = L7_NTP;
	other.flow.protocol = 17;
	other.l7.exchange = L7_EXCHANGE_UNWATCHED;
	is_int(broken_by(&other), 0, "what time it is asks nothing of a service");
	other.l7.protocol = L7_ICMP;
	other.flow.protocol = 1;
	is_int(broken_by(&other), 0, "nor does an echo");
}

/* Mail in the cloud and sign-in within the same app, an owned telephone in the guests' network, an
 * elected member's owned tablet, an exception for another app. */
static void test_municipality(void)
{
	struct record record;

	use("own_networks: [10.0.0.0/8]\n"
	    "timezone: Europe/Oslo\n"
	    "units:\n"
	    "  Council: {networks: [10.7.0.0/16], group: elected}\n"
	    "  Office: {networks: [10.1.0.0/16]}\n"
	    "classes:\n"
	    "  owned: {networks: [10.1.0.0/16, 10.7.0.0/16], type: owned}\n"
	    "  private: {networks: [10.5.0.0/16], type: private}\n"
	    "  guests: {networks: [10.9.0.0/16], type: guest, in_scope: no}\n"
	    "internal_services: {apps: [m365], remember: 10 d}\n"
	    "exempt_services: {names: [login.microsoftonline.com]}\n"
	    "rules:\n"
	    "  - {id: owned, match: {app: [tiktok, telegram]}, scope: {class: owned,\n"
	    "     except: {group: elected}}, action: deny, basis: b}\n"
	    "  - {id: private, match: {app: [tiktok, telegram]}, scope: {class: private,\n"
	    "     internal_access: yes}, action: deny, basis: b}\n"
	    "  - {id: elected, match: {app: tiktok}, scope: {group: elected}, action: pending}\n"
	    "exceptions:\n"
	    "  - {id: press, rules: [owned], match: {app: telegram}, scope: {unit: Office},\n"
	    "     approver: a, reason: r, valid_from: 2026-01-01, valid_to: 2026-12-31}\n");
	record = flow("10.5.0.1", "m365", "login.microsoftonline.com", "2026-03-02T07:00:00", 4000);
	take(&record);
	record = flow("10.5.0.1", "tiktok", "www.tiktok.com", "2026-03-02T08:00:00", 4000);
	is_int(take(&record) + finish(), 0, "who only signs in is no insider");
	record = flow("10.9.0.1", "tiktok", "www.tiktok.com", "2026-03-02T08:00:00", 4000);
	take(&record);
	ok(record.decision.verdict != POLICY_VERDICT_VIOLATION,
		"whatever telephone is in the guests' network");
	record = flow("10.7.0.1", "tiktok", "www.tiktok.com", "2026-03-02T08:00:00", 4000);
	take(&record);
	is_int(record.decision.verdict, POLICY_VERDICT_REPORTED,
		"an elected member's owned tablet is not decided");
	is_int(record.decision.action, POLICY_ACTION_PENDING, "… and says so");
	record = flow("10.1.0.1", "telegram", "web.telegram.org", "2026-03-02T08:00:00", 4000);
	take(&record);
	is_int(record.decision.verdict, POLICY_VERDICT_EXCEPTED, "an exception lifts its own app");
	record = flow("10.1.0.1", "tiktok", "www.tiktok.com", "2026-03-02T09:00:00", 4000);
	is_int(take(&record) + finish(), 1, "… and no other");
}

/* The same traffic with and without new reference data in the middle of it. */
static void give_day(unsigned reloads, unsigned *violations, unsigned *attempts)
{
	static const char *const hosts[] = { "api16-normal.tiktokv.com", "www.tiktok.com",
		"v16m-default.tiktokcdn-eu.com" };
	const struct attempt_row *rows;
	struct policy *first, *again;
	struct policy_problems problems;
	struct err err;

	use(ban);
	first = policy;
	policy_parse(&again, "again.yaml", ban, strlen(ban), NULL, catalogue, &problems, &err);
	*violations = *attempts = 0;
	for (unsigned i = 0; i < 300; i++) {
		char device[32], when[32];
		snprintf(device, sizeof(device), "10.1.1.%u", i % 40);
		snprintf(when, sizeof(when), "2026-03-02T%02u:%02u:00", 8 + i / 60, i % 60);
		struct record record =
			i % 5 ? flow(device, "tiktok", hosts[i % 3], when, 300 + i * 20)
			      : attempt(device, when, false);
		if (reloads && i % (300 / reloads) == 7) {
			policy = policy == first ? again : first;
			reference.policy = policy;
			reference.version++;
		}
		*violations += take(&record);
	}
	*violations += finish();
	size_t count = attempts_rows(decider_attempts(decider), &rows);
	for (size_t i = 0; i < count; i++) {
		*attempts += (unsigned)rows[i].count;
	}
	policy_free(policy == first ? again : first);
}

static void test_reload(void)
{
	unsigned violations[2], attempts[2];

	give_day(0, &violations[0], &attempts[0]);
	give_day(20, &violations[1], &attempts[1]);
	ok(violations[0] > 0 && attempts[0] > 0, "a day has %u violations in %u attempts",
		violations[0], attempts[0]);
	is_int(violations[1], violations[0], "twenty reloads lose and double no violation");
	is_int(attempts[1], attempts[0], "… and no attempt");
}

static uint64_t seed = 7;

static unsigned below(unsigned most)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % most;
}

static bool accused[65536];

/* Notes who stands accused, of what was released as well. */
static void note(const struct record *record)
{
	if (record->decision.verdict == POLICY_VERDICT_VIOLATION) {
		accused[(record->flow.source.bytes[14] << 8) | record->flow.source.bytes[15]] =
			true;
	}
}

static void give(unsigned device, const char *app, const char *host, uint64_t start_ns,
	unsigned payload_up, bool is_embedded)
{
	char address[32];
	snprintf(address, sizeof(address), "10.1.%u.%u", device >> 8, device & 255);
	struct record record = flow(address, app, host, "2026-03-02T00:00:00", payload_up);
	size_t count;

	record.flow.start_ns = record.flow.flow_start_ns = start_ns;
	record.flow.end_ns = start_ns + NS_PER_S;
	record.verdict.embedded = is_embedded;
	policy_locate(policy, &record);
	record.device.identity = record.flow.source;
	if (decider_take(decider, &reference, &record)) {
		note(&record);
	}
	count = decider_release(decider, &reference, false, released, RELEASED_MAX);
	for (size_t i = 0; i < count; i++) {
		note(&released[i]);
	}
}

/* A day of somebody who breaks nothing: pages with players, previews, pixels, an SDK, Meta. */
static void live_quietly(unsigned device, uint64_t day_ns)
{
	static const char *const players[] = { "www.tiktok.com", "v16-webapp.tiktokcdn.com",
		"mcs-va.tiktokv.com", "p16-sign.tiktokcdn.com", "mon-va.tiktokv.com",
		"sf16-website-login.neutral.ttwstatic.com" };
	unsigned pages = 2 + below(6);

	for (unsigned i = 0; i < pages; i++) {
		uint64_t at_ns = day_ns + (7 * 3600 + below(10 * 3600)) * NS_PER_S;
		char host[64];
		snprintf(host, sizeof(host), "www.nyheter%u.example", below(50));
		give(device, "", host, at_ns, 900 + below(4000), false);
		for (unsigned j = 0; j < below(6); j++) {
			give(device, "tiktok", players[j], at_ns + (1 + below(10)) * NS_PER_S,
				600 + below(6000), false);
		}
		if (below(3) == 0) {
			give(device, "tiktok", "analytics.tiktok.com", at_ns + NS_PER_S, 900, true);
		}
	}
	if (below(4) == 0) {
		give(device, "tiktok", "p16-sign.tiktokcdn.com",
			day_ns + (20 * 3600 + below(3600)) * NS_PER_S, 600 + below(800), false);
	}
	give(device, "facebook", "www.facebook.com", day_ns + 12 * 3600 * NS_PER_S, 9000, false);
	give(device, "instagram", "i.instagram.com", day_ns + 13 * 3600 * NS_PER_S, 9000, false);
}

/* The same, and then the app itself for a while: its own hosts, and media. */
static void use_it(unsigned device, uint64_t day_ns)
{
	uint64_t at_ns = day_ns + (8 * 3600 + below(12 * 3600)) * NS_PER_S;
	unsigned flows = 3 + below(12);

	live_quietly(device, day_ns);
	give(device, "tiktok", "api16-normal-no1a.tiktokv.eu", at_ns, 1500 + below(9000), false);
	for (unsigned i = 0; i < flows; i++) {
		give(device, "tiktok",
			below(2) ? "v16m-default.tiktokcdn-eu.com" : "p16-sign.tiktokcdn.com",
			at_ns + below(600) * NS_PER_S, 900 + below(20000), false);
	}
}

/* A day of so many devices; every eleventh uses it. */
static void live_through(unsigned devices, uint64_t day_ns)
{
	size_t count;

	memset(accused, 0, sizeof(accused));
	for (unsigned device = 0; device < devices; device++) {
		(device % 11 == 10 ? use_it : live_quietly)(device, day_ns);
	}
	while ((count = decider_release(decider, &reference, true, released, RELEASED_MAX)) > 0) {
		for (size_t i = 0; i < count; i++) {
			note(&released[i]);
		}
	}
}

/* quiet: so many device-days, and a tenth of that of use among them; over as many days as devices
 * ask for. */
static void test_benign(unsigned quiet)
{
	enum { DEVICES = 11000 };
	unsigned all = quiet / 10 * 11, wrong = 0, found = 0, used = 0;
	uint64_t day_ns;

	use("own_networks: [10.0.0.0/8]\n"
	    "rules:\n"
	    "  - {id: ban, match: {app: [tiktok, whatsapp]}, action: deny, basis: b}\n");
	clock_parse("2026-03-02", &day_ns);
	for (unsigned first = 0; first < all; first += DEVICES, day_ns += DAY_NS) {
		unsigned count = all - first < DEVICES ? all - first : DEVICES;
		live_through(count, day_ns);
		for (unsigned device = 0; device < count; device++) {
			bool uses = device % 11 == 10;
			used += uses;
			wrong += !uses && accused[device];
			found += uses && accused[device];
		}
	}
	is_int(wrong, 0, "%u device-days of players, previews and pixels: nobody is accused",
		quiet);
	ok(found * 100 >= used * 99, "… and of %u days of use among them %u are found", used,
		found);
}

/* test_decider [DEVICE-DAYS] */
int main(int argument_count, char **arguments)
{
	unsigned quiet = argument_count > 1 ? (unsigned)atoi(arguments[1]) : 10000;

	if (!begin_decider()) {
		return done_testing();
	}
	test_use();
	test_late_page();
	test_one_way();
	test_attempts();
	test_attempts_let_through();
	test_attempts_through_proxy();
	test_residual();
	test_weeks();
	test_access();
	test_condition();
	test_contact();
	test_municipality();
	test_reload();
	test_benign(quiet);
	end_decider();
	return done_testing();
}
