#include "analyzer/rollup/heavy_names.h"
#include "analyzer/rollup/overview.h"
#include "tests/tap.h"
#include "tests/unit/cells.h"

static void test_heavy_names(void)
{
	struct heavy_names heavy;
	const struct overview_name *names;
	char name[32];

	heavy_names_init(&heavy);
	for (unsigned i = 0; i < 50000; i++) {
		snprintf(name, sizeof(name), "random-%u.example", i);
		heavy_names_add(&heavy, name, i, 1, 100);
		if (i % 50 == 0) {
			heavy_names_add(&heavy, "often.example", i % 3, 1, 100);
		}
	}
	size_t count = heavy_names_sorted(&heavy, &names);
	ok(count <= HEAVY_NAMES_MAX, "a flood of names stays within its bound");
	is_text(names[0].name, "often.example", "the name that stands for most flows is first");
	is_int((int64_t)names[0].flows, 1000, "… and lost none of them");
	is_int(names[0].devices, 3, "… nor any of their devices");
	ok(heavy.lost > 0, "what left is counted");
	heavy_names_deinit(&heavy);
}

/* Names to their bounds: as long as there is room for one, and of more devices than are kept. */
static void test_name_bounds(void)
{
	struct heavy_names heavy;
	const struct overview_name *names;
	char name[sizeof(names->name) + 1];

	heavy_names_init(&heavy);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	heavy_names_add(&heavy, name, 1, 1, 100);
	is_int((int64_t)heavy_names_sorted(&heavy, &names), 0,
		"a name that does not fit is no name");
	name[sizeof(name) - 2] = '\0';
	for (unsigned i = 0; i < 2 * OVERVIEW_NAME_DEVICES_MAX; i++) {
		heavy_names_add(&heavy, name, 1 + i, 1, 100);
	}
	is_int((int64_t)heavy_names_sorted(&heavy, &names), 1, "one that just fits is");
	is_int(names[0].devices, OVERVIEW_NAME_DEVICES_MAX, "… with so many devices at most");
	is_int((int64_t)names[0].flows, 2 * OVERVIEW_NAME_DEVICES_MAX, "… and the flows of all");
	heavy_names_deinit(&heavy);
}

/* One record of 1,000 bytes up and 2,000 down by device number device. */
static struct record make_record(
	uint16_t app, const char *server, enum geo_zone zone, const char *parent, uint8_t device)
{
	struct record record = {
		.flow = { .packets = { 3, 4 },
			.bytes = { 1000, 2000 },
			.start_ns = 5,
			.end_ns = 9 },
		.place = { .zone = (uint8_t)zone },
		.verdict = { .app = app,
			.confidence = 95,
			.evidence = 1 << EVIDENCE_TLS_SNI,
			.control = GEO_ZONE_THIRD },
		.direction = zone == GEO_ZONE_INTERNAL ? RECORD_DIRECTION_INTERNAL
						       : RECORD_DIRECTION_OUTBOUND,
	};
	memcpy(record.place.country, server, strlen(server) + 1);
	memcpy(record.verdict.parent_country, parent, strlen(parent) + 1);
	record.flow.source.bytes[15] = device;
	return record;
}

/* Names that lead to no app: once for each flow, and only where the name is the reason. */
static void test_unlisted(void)
{
	struct overview *overview = overview_create();
	const struct overview_name *names;
	struct record record = make_record(0, "SE", GEO_ZONE_EU, "", 1);

	record.l7.protocol = L7_TLS;
	l7_info_add_name(&record.l7, NAME_TLS_SNI, "unlisted.example", 16);
	overview_add(overview, &record, 1);
	record.flow.part = 1;
	overview_add(overview, &record, 1);
	record.flow.part = 0;
	record.verdict.app = 7;
	record.verdict.inferred = true;
	overview_add(overview, &record, 1);
	is_int((int64_t)overview_unlisted(overview, &names), 1, "a name that is not listed");
	is_int((int64_t)names[0].flows, 1,
		"… once for a flow of two parts, and for no inferred app");
	is_int((int64_t)names[0].bytes, 6000, "… with the bytes of both");
	overview_destroy(overview);
}

static void test_overview(void)
{
	struct overview *overview = overview_create();
	struct record records[] = {
		make_record(7, "SE", GEO_ZONE_EU, "CN", 1),
		make_record(7, "SE", GEO_ZONE_EU, "CN", 2),
		make_record(7, "SG", GEO_ZONE_THIRD, "CN", 2),
		make_record(0, "US", GEO_ZONE_ADEQUATE_PARTIAL, "", 3),
		make_record(0, "", GEO_ZONE_INTERNAL, "", 4),
	};
	const struct overview_app *apps;
	const struct overview_cell *cells;

	overview_add(overview, records, 5);
	is_int((int64_t)overview_total(overview).flows, 5, "every flow counts once");
	records[0].flow.part = 1;
	overview_add(overview, records, 1);
	is_int((int64_t)overview_total(overview).flows, 5, "a later part is no flow of its own");
	is_int((int64_t)overview_total(overview).bytes_up, 6000, "… but its bytes count");
	is_int((int64_t)overview_zone(overview, GEO_ZONE_EU).bytes_up, 3000, "bytes by zone");
	is_int((int64_t)overview_apps(overview, &apps), 2, "one app and the unnamed rest");
	is_int(apps[0].app, 7, "most bytes first");
	is_int((int64_t)apps[0].total.devices, 2, "its devices");
	is_int((int64_t)apps[0].bytes_up_outside, 1000, "what it sent outside EU and EEA");
	is_text(apps[0].server_countries[0], "SE", "its servers, most bytes first");
	is_text(apps[0].server_countries[1], "SG", "… then the others");
	is_int((int64_t)apps[1].total.flows, 1, "internal traffic is not an unnamed app");
	struct record inside = make_record(9, "", GEO_ZONE_INTERNAL, "CN", 5);
	overview_add(overview, &inside, 1);
	is_int((int64_t)overview_apps(overview, &apps), 3, "an app that is used inside is listed");
	is_int((int64_t)overview_zone_apps(overview, GEO_ZONE_INTERNAL, &(uint16_t){ 0 }, 1), 0,
		"… and sends to no zone");
	is_int((int64_t)overview_matrix(overview, &cells), 3, "three pairs of countries");
	is_text(cells[0].server_country, "SE", "the pair with most bytes");
	is_text(cells[0].parent_country, "CN", "… and who controls it");
	overview_destroy(overview);
}

/* More countries than are listed: the greatest of them, whichever comes first. */
static void test_countries(bool is_greatest_first)
{
	static const char *const countries[] = { "SE", "NO", "DK", "FI", "IS", "DE", "NL", "FR",
		"ES", "IT" };
	enum { COUNT = sizeof(countries) / sizeof(countries[0]), LISTED = 8 };
	struct overview *overview = overview_create();
	const struct overview_app *apps;

	for (unsigned n = 0; n < COUNT; n++) {
		unsigned i = is_greatest_first ? COUNT - 1 - n : n;
		struct record record = make_record(7, countries[i], GEO_ZONE_EU, "CN", 1);
		record.flow.bytes[0] = 1000 * (i + 1);
		overview_add(overview, &record, 1);
	}
	overview_apps(overview, &apps);
	for (unsigned i = 0; i < LISTED; i++) {
		is_text(apps[0].server_countries[i], countries[COUNT - 1 - i],
			"country %u of the app", i + 1);
	}
	overview_destroy(overview);
}

/* Apps of a zone, by what was sent there; what stays or has no name is none of them. */
static void test_zone_apps(void)
{
	struct overview *overview = overview_create();
	struct record records[] = {
		make_record(7, "SG", GEO_ZONE_THIRD, "CN", 1),
		make_record(8, "SG", GEO_ZONE_THIRD, "CN", 1),
		make_record(9, "SG", GEO_ZONE_THIRD, "CN", 1),
		make_record(10, "SG", GEO_ZONE_THIRD, "CN", 1),
		make_record(11, "SE", GEO_ZONE_EU, "CN", 1),
	};
	uint16_t two[2], all[9];

	records[1].flow.bytes[0] = 3000;
	records[2].flow.bytes[0] = 2000;
	records[3].flow.bytes[0] = 0;
	records[4].flow.bytes[0] = 9000;
	overview_add(overview, records, 5);
	is_int((int64_t)overview_zone_apps(overview, GEO_ZONE_THIRD, two, 2), 2, "two apps");
	is_int(two[0], 8, "most bytes first");
	is_int(two[1], 9, "… and the next, whatever came before it");
	is_int((int64_t)overview_zone_apps(overview, GEO_ZONE_THIRD, all, 9), 3,
		"what sent nothing there is not among them");
	overview_destroy(overview);
}

/* An inference is among what has no app; its confidence proves nothing there. */
static void test_inferred(void)
{
	struct overview *overview = overview_create();
	struct record records[] = { make_record(7, "SE", GEO_ZONE_EU, "CN", 1),
		make_record(8, "SE", GEO_ZONE_EU, "CN", 2) };
	const struct overview_inferred *inferred;
	const struct overview_app *apps;

	records[1].verdict.inferred = true;
	records[1].verdict.confidence = 60;
	overview_add(overview, records, 2);
	is_int((int64_t)overview_inferred(overview, &inferred), 1, "one app is inferred");
	is_int(inferred[0].app, 8, "… the one that is");
	size_t count = overview_apps(overview, &apps);
	is_int((int64_t)count, 2, "one is named, and the rest");
	for (size_t i = 0; i < count; i++) {
		ok(apps[i].app == 7 || (apps[i].app == 0 && apps[i].evidence == 0 &&
					       apps[i].confidence_most == 0),
			"app %u has the evidence that is its own", apps[i].app);
	}
	overview_destroy(overview);
}

/* A flow that names no app, and what makes it so. */
struct silent_flow {
	const char *what;
	enum l7_protocol protocol;
	bool by_port, not_captured;
	enum name_hidden hidden;
	enum tcp_state state;
	const char *name;
	enum app_hides hides;
	enum unnamed_reason reason;
};

static const struct silent_flow silent_flows[] = {
	{ "never answered", L7_TLS, true, false, 0, TCP_STATE_SYN, NULL, 0, UNNAMED_NO_PAYLOAD },
	{ "closed without a word", L7_TLS, true, false, 0, TCP_STATE_CLOSED, NULL, 0,
		UNNAMED_NO_PAYLOAD },
	{ "payload that was cut off", L7_TLS, true, true, NAME_HIDDEN_OPAQUE, TCP_STATE_ESTABLISHED,
		NULL, 0, UNNAMED_NOT_CAPTURED },
	{ "… also where the flow is older than the capture", L7_UNKNOWN, false, true,
		NAME_HIDDEN_OPAQUE, TCP_STATE_MIDSTREAM, NULL, 0, UNNAMED_NOT_CAPTURED },
	{ "ECH", L7_TLS, false, false, NAME_HIDDEN_ECH, TCP_STATE_CLOSED, NULL, 0,
		UNNAMED_ENCRYPTED_HELLO },
	{ "a hello without a name", L7_QUIC, false, false, NAME_HIDDEN_NO_SNI, 0, NULL, 0,
		UNNAMED_NO_SNI },
	{ "a request without a host", L7_HTTP, false, false, 0, TCP_STATE_CLOSED, NULL, 0,
		UNNAMED_NO_SNI },
	{ "a lookup over TLS", L7_TLS, false, false, NAME_HIDDEN_ENCRYPTED_DNS, TCP_STATE_CLOSED,
		NULL, 0, UNNAMED_ENCRYPTED_DNS },
	{ "a resolver by its name", L7_TLS, false, false, 0, TCP_STATE_CLOSED, "dns.example.org",
		APP_HIDES_LOOKUPS, UNNAMED_ENCRYPTED_DNS },
	{ "a VPN", L7_WIREGUARD, false, false, 0, 0, NULL, APP_HIDES_CONTENT, UNNAMED_TUNNEL },
	{ "a relay by its name", L7_QUIC, false, false, 0, 0, "mask.example.org", APP_HIDES_RELAY,
		UNNAMED_RELAY },
	{ "a flow from before the capture", L7_TLS, false, false, NAME_HIDDEN_OPAQUE,
		TCP_STATE_MIDSTREAM, NULL, 0, UNNAMED_LATE },
	{ "QUIC without an Initial", L7_QUIC, true, false, NAME_HIDDEN_OPAQUE, 0, NULL, 0,
		UNNAMED_QUIC_LATE },
	{ "a name that is not listed", L7_TLS, false, false, 0, TCP_STATE_CLOSED, "new.example.org",
		0, UNNAMED_NAME_NOT_LISTED },
	{ "SSH", L7_SSH, false, false, 0, TCP_STATE_CLOSED, NULL, 0, UNNAMED_PROTOCOL_ONLY },
	{ "noise", L7_UNKNOWN, false, false, NAME_HIDDEN_OPAQUE, 0, NULL, 0, UNNAMED_OPAQUE },
};

enum { SILENT_FLOWS = sizeof(silent_flows) / sizeof(silent_flows[0]) };

static struct record make_silent(const struct silent_flow *flow)
{
	struct record record = make_record(0, "SE", GEO_ZONE_EU, "", 1);

	record.verdict.app = flow->hides ? 7 : 0;
	record.verdict.hides = flow->hides;
	record.flow.tcp_state = flow->state;
	record.l7.protocol = flow->protocol;
	record.l7.protocol_by_port = flow->by_port;
	record.l7.not_captured = flow->not_captured;
	record.l7.hidden = flow->hidden;
	if (flow->name) {
		l7_info_add_name(&record.l7, NAME_TLS_SNI, flow->name, strlen(flow->name));
	}
	return record;
}

/* A name that the catalogue lists, and that others may have written. */
static void test_doubted(void)
{
	struct record record = make_record(7, "SE", GEO_ZONE_EU, "", 1);

	record.verdict.inferred = true;
	record.l7.protocol = L7_TLS;
	l7_info_add_name(&record.l7, NAME_TLS_SNI, "known.example", 13);
	record.verdict.grounds = 1 << INFERRED_BY_OUTSIDE;
	is_text(unnamed_reason_name(record_unnamed_reason(&record)), "doubted",
		"a listed name in a tunnel from outside");
	record.verdict.grounds = 1 << INFERRED_BY_UNASKED;
	is_text(unnamed_reason_name(record_unnamed_reason(&record)), "doubted",
		"… and one of an answer whose question was not seen");
	record.verdict.app = 0;
	is_text(unnamed_reason_name(record_unnamed_reason(&record)), "name-not-listed",
		"one that is not listed stays so");
}

/* Many combinations, each of them twice, the second time by another device. */
static void test_many_cells(void)
{
	enum { APPS = 400, UNITS = 30, DEVICES = 600 };
	struct overview *overview = overview_create();
	const struct overview_app *apps;
	const struct overview_rule *rules;
	struct record record = make_record(1, "US", GEO_ZONE_THIRD, "US", 0);

	for (unsigned i = 0; i < 2 * APPS * UNITS; i++) {
		uint16_t device = (uint16_t)(i % DEVICES);
		record.verdict.app = (uint16_t)(1 + i % APPS);
		record.decision.unit = (uint16_t)(i / APPS % UNITS);
		record.decision.rule = 1;
		memcpy(record.flow.source.bytes + 14, &device, sizeof(device));
		overview_add(overview, &record, 1);
	}
	is_int((int64_t)overview_total(overview).flows, 2 * APPS * UNITS,
		"no flow is lost where there are too many combinations");
	ok(overview_total(overview).devices_estimated &&
			overview_total(overview).devices > DEVICES * 95 / 100 &&
			overview_total(overview).devices < DEVICES * 105 / 100,
		"… nor any of many devices (%" PRIu64 ")", overview_total(overview).devices);
	is_int((int64_t)overview_apps(overview, &apps), APPS, "… nor an app");
	is_int((int64_t)apps[0].total.flows, 2 * UNITS, "… nor any of an app's flows");
	is_int((int64_t)apps[0].total.devices, 3, "… which is the same three devices'");
	is_int((int64_t)overview_rules(overview, &rules), APPS * UNITS, "… nor a rule's unit");
	is_int((int64_t)rules[0].total.flows, 2, "… each with both of its flows");
	overview_destroy(overview);
}

static void test_unnamed(void)
{
	struct record named = make_record(7, "SE", GEO_ZONE_EU, "CN", 1);

	ok(!record_is_unnamed(&named), "a flow of an app shows which one it is");
	struct record negotiation = make_record(0, "SE", GEO_ZONE_EU, "", 1);
	negotiation.l7.protocol = L7_QUIC;
	negotiation.l7.hidden = NAME_HIDDEN_OPAQUE;
	negotiation.l7.quic_version = 0x1a2a3a4a;
	is_text(unnamed_reason_name(record_unnamed_reason(&negotiation)), "no-payload",
		"QUIC that only asks for a version has said nothing yet");
	struct record alias = make_record(0, "SE", GEO_ZONE_EU, "", 1);
	alias.l7.protocol = L7_TLS;
	alias.l7.hidden = NAME_HIDDEN_NO_SNI;
	l7_info_add_name(&alias.l7, NAME_CERT, "cert.example", 12);
	is_text(unnamed_reason_name(record_unnamed_reason(&alias)), "no-sni",
		"a certificate's name alone is no name that the client asked for");
	for (unsigned i = 0; i < SILENT_FLOWS; i++) {
		struct record record = make_silent(&silent_flows[i]);
		ok(record_is_unnamed(&record), "%s does not", silent_flows[i].what);
		is_text(unnamed_reason_name(record_unnamed_reason(&record)),
			unnamed_reason_name(silent_flows[i].reason), "… and why");
	}
}

/* Two units: the first hides a VPN's flow of three to third countries, the second nothing. */
static void test_places(void)
{
	static const struct silent_flow vpn = { "", L7_WIREGUARD, false, false, 0, 0, NULL,
		APP_HIDES_CONTENT, UNNAMED_TUNNEL };
	struct overview *overview = overview_create();
	struct record records[] = {
		make_silent(&vpn),
		make_record(7, "SG", GEO_ZONE_THIRD, "CN", 2),
		make_record(7, "SG", GEO_ZONE_THIRD, "CN", 3),
		make_record(7, "SE", GEO_ZONE_EU, "CN", 4),
		make_record(0, "", GEO_ZONE_INTERNAL, "", 5),
	};
	const struct overview_place *places;

	records[0].place.zone = GEO_ZONE_THIRD;
	records[0].decision.unit = records[1].decision.unit = records[2].decision.unit = 1;
	records[3].decision.unit = records[4].decision.unit = 2;
	overview_add(overview, records, 5);
	is_int((int64_t)overview_places(overview, &places), 2,
		"a place is a unit and a zone across the border");
	is_int(places[0].unit, 1, "where most is hidden stands first");
	is_int(places[0].zone, GEO_ZONE_THIRD, "… with its zone");
	is_int((int64_t)places[0].total.flows, 3, "… all its flows");
	is_int((int64_t)places[0].hidden.flows, 1, "… those that do not show their app");
	is_int((int64_t)places[0].hidden.bytes_down, 2000, "… their bytes");
	is_int((int64_t)places[0].reasons[UNNAMED_TUNNEL].flows, 1, "… and why");
	is_int((int64_t)places[0].named.flows, 2, "… and those that do");
	is_int(places[0].named.way_down, CELL_WAY_KNOWN, "… of which both ways were seen");
	is_int((int64_t)places[1].hidden.flows, 0, "a unit that hides nothing");
	is_int((int64_t)places[1].total.flows, 1, "… is there all the same");
	overview_destroy(overview);
}

/* More of them than 16 bits count: none is lost, and each stands once. */
static void test_many_rule_rows(void)
{
	enum { RULES = 260, UNITS = 260 };
	struct overview *overview = overview_create();
	const struct overview_rule *rules;
	uint64_t flows_most = 0;

	for (unsigned i = 0; i < RULES * UNITS; i++) {
		struct record record = make_record(7, "SE", GEO_ZONE_EU, "CN", 1);
		record.decision.rule = (uint16_t)(1 + i % RULES);
		record.decision.unit = (uint16_t)(1 + i / RULES);
		overview_add(overview, &record, 1);
	}
	size_t count = overview_rules(overview, &rules);
	for (size_t i = 0; i < count; i++) {
		flows_most = rules[i].total.flows > flows_most ? rules[i].total.flows : flows_most;
	}
	is_int((int64_t)count, RULES * UNITS, "a row for each rule and unit, past 65,536");
	is_int((int64_t)flows_most, 1, "… with its one flow each");
	overview_destroy(overview);
}

/* A clock that was never set sends a packet in 1970: two months, not the 675 between. */
static void test_months(void)
{
	struct overview *overview = overview_create();
	struct record record = make_record(7, "SE", GEO_ZONE_EU, "CN", 1);

	is_int(overview_months(overview), 0, "no month where nothing was seen");
	overview_add(overview, &record, 1);
	clock_parse("2026-03-17T10:00:00Z", &record.flow.start_ns);
	record.flow.end_ns = record.flow.start_ns + NS_PER_S;
	overview_add(overview, &record, 1);
	overview_add(overview, &record, 1);
	is_int(overview_months(overview), 2, "only months in which records lie are counted");
	clock_parse("2026-03-31T23:59:59Z", &record.flow.start_ns);
	record.flow.end_ns = record.flow.start_ns + 2 * NS_PER_S;
	overview_add(overview, &record, 1);
	is_int(overview_months(overview), 3, "… and one that a flow reaches into");
	record.flow.start_ns = record.flow.end_ns = UINT64_MAX;
	overview_add(overview, &record, 1);
	is_int(overview_months(overview), 4, "… at any time that can be told");
	overview_destroy(overview);
}

int main(void)
{
	test_heavy_names();
	test_name_bounds();
	test_unlisted();
	test_overview();
	test_countries(false);
	test_countries(true);
	test_zone_apps();
	test_inferred();
	test_many_rule_rows();
	test_doubted();
	test_many_cells();
	test_unnamed();
	test_places();
	test_months();
	return done_testing();
}
