#include "dashboards/report/report_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/text.h"
#include "dashboards/report/report.h"
#include "tests/tap.h"
#include "tests/unit/cells.h"

enum { BIG = 40, SMALL = 2 };

static struct catalogue *catalogue;
static struct policy *policy;

/* A flow of a device: to a server in a country, of an app, with bytes enough to be told apart. */
static void add_flow(struct overview *overview, unsigned device, const char *app,
	const char *country, enum geo_zone zone, uint64_t bytes, enum record_direction direction)
{
	struct record record = { .flow = { .packets = { 1, 1 },
					 .total_packets = { 1, 1 },
					 .bytes = { bytes, bytes } },
		.place = { .zone = (uint8_t)zone },
		.direction = (uint8_t)direction };

	record.verdict.app = app ? catalogue_find(catalogue, app) : 0;
	strcpy(record.place.country, country);
	record.flow.source.bytes[14] = (uint8_t)(device >> 8);
	record.flow.source.bytes[15] = (uint8_t)device;
	l7_info_add_name(&record.l7, NAME_TLS_SNI, device ? "many.example" : "few.example", 12);
	overview_add(overview, &record, 1);
}

/* Forty devices use YouTube, eight WhatsApp, two TikTok (777,000 bytes each way and each). */
static struct overview *make_overview(void)
{
	struct overview *overview = overview_create();

	for (unsigned i = 0; i < BIG; i++) {
		add_flow(overview, i, "youtube", "SE", GEO_ZONE_EU, 1000000,
			RECORD_DIRECTION_OUTBOUND);
		add_flow(overview, i, NULL, "", GEO_ZONE_INTERNAL, 500, RECORD_DIRECTION_INTERNAL);
		add_flow(overview, i, NULL, "SE", GEO_ZONE_EU, 300, RECORD_DIRECTION_OUTBOUND);
	}
	for (unsigned i = 0; i < 8; i++) {
		add_flow(overview, i, "whatsapp", "US", GEO_ZONE_ADEQUATE_PARTIAL, 222000,
			RECORD_DIRECTION_OUTBOUND);
	}
	for (unsigned i = 0; i < SMALL; i++) {
		add_flow(overview, i, "tiktok", "SG", GEO_ZONE_THIRD, 777000,
			RECORD_DIRECTION_OUTBOUND);
	}
	return overview;
}

static char *as_text(const struct report_model *model)
{
	struct summary_style style = { .width = 80, .utf8 = true };
	char *bytes = NULL;
	size_t count;
	FILE *out = open_memstream(&bytes, &count);
	struct messages *messages;
	struct err err;

	if (messages_open(&messages, "en", &err) == 0) {
		style.messages = messages;
		summary_put_text(out, model, &style);
	}
	messages_close(messages);
	fclose(out);
	return bytes;
}

static char *as_json(const struct report_model *model)
{
	struct text text;

	text_init_heap(&text);
	summary_put_json(&text, model);
	return text.at;
}

static char *as_html(const struct report_model *model)
{
	struct messages *messages = NULL;
	struct err err;
	struct text text;

	text_init_heap(&text);
	if (messages_open(&messages, "en", &err) == 0) {
		report_put_html(&text, model, messages, "");
	}
	messages_close(messages);
	return text.at;
}

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

/* A size with whatever blank stands before its unit. */
static bool has_size(const char *text, const char *number)
{
	char plain[32], unbroken[32];

	snprintf(plain, sizeof(plain), "%s MB", number);
	snprintf(unbroken, sizeof(unbroken), "%s\xc2\xa0MB", number);
	return has(text, plain) || has(text, unbroken);
}

/* A flow of a device in a unit that a rule speaks of. */
static void add_ruled(
	struct overview *overview, unsigned device, const char *unit, uint16_t rule, uint64_t bytes)
{
	struct record record = { .flow = { .packets = { 1, 1 },
					 .total_packets = { 1, 1 },
					 .bytes = { bytes, bytes } },
		.place = { .zone = GEO_ZONE_THIRD },
		.decision = { .unit = symbol_of(SYMBOL_UNIT, unit), .rule = rule } };

	record.verdict.app = catalogue_find(catalogue, "tiktok");
	record.flow.source.bytes[14] = (uint8_t)(device >> 8);
	record.flow.source.bytes[15] = (uint8_t)device;
	overview_add(overview, &record, 1);
}

static const struct overview_rule *find_unit(
	const struct overview_rule *rules, size_t count, uint16_t unit)
{
	for (size_t i = 0; i < count; i++) {
		if (rules[i].unit == unit) {
			return &rules[i];
		}
	}
	return NULL;
}

/* Three units: nine devices, seven, and two. */
static void test_parts(void)
{
	struct report_model model = { .overview = overview_create(), .group_minimum = 5 };
	uint16_t rule = symbol_of(SYMBOL_RULE, "deny-tiktok");
	struct overview_rule *rules;
	struct overview_place *places;

	for (unsigned i = 0; i < 18; i++) {
		add_ruled(model.overview, i,
			i < 9    ? "town hall"
			: i < 16 ? "school"
				 : "clinic",
			rule, 1000);
	}
	size_t count = report_model_rules(&model, &rules);
	is_int((int64_t)count, 2, "two of three rows are one");
	ok(!find_unit(rules, count, symbol_of(SYMBOL_UNIT, "clinic")),
		"the small unit is not shown");
	const struct overview_rule *rest = find_unit(rules, count, REPORT_OTHER_PARTS);
	ok(rest && (rest->total.flows == 9 || rest->total.flows == 11) &&
			rest->total.bytes_up == 1000 * rest->total.flows,
		"it stands with another, or it would follow from the rule's sum");
	ok(rest && rest->total.devices_at_least && rest->total.devices == 5,
		"… and k or more devices are behind it");
	free(rules);
	count = report_model_places(&model, &places);
	ok(count == 2 && places[0].total.flows + places[1].total.flows == 18,
		"so do units by zone, and no flow is lost");
	free(places);
	model.group_minimum = 0;
	is_int((int64_t)report_model_rules(&model, &rules), 3, "without k all units are shown");
	free(rules);
	overview_destroy(model.overview);
}

/* More rows of rules than 16 bits count. */
static void test_many_rules(void)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	static struct engine_stats stats;
	struct report_model model = {
		.overview = overview_create(), .stats = &stats, .reference = &reference
	};
	enum { RULES = 70000, CHUNK = 4000 };
	struct rollup *rollup =
		rollup_create(&(struct rollup_options){ .slot_ns = SLOT_NS, .cells_max = CHUNK });
	struct overview_rule *rules;
	size_t count;

	for (unsigned i = 0; i < RULES; i++) {
		struct record record = { .flow = { .packets = { 1, 1 }, .bytes = { 1, 1 } },
			.decision = { .rule = (uint16_t)(1 + i % 35000),
				.verdict = (uint8_t)(1 + i / 35000) } };
		bool is_full = !rollup_add(rollup, &record, 7);
		if (is_full || i == RULES - 1) {
			const struct cell *cells = rollup_cells(rollup, &count);
			overview_take(model.overview, cells, count);
			rollup_clear(rollup);
		}
		if (is_full) {
			rollup_add(rollup, &record, 7);
		}
	}
	is_int((int64_t)report_model_rules(&model, &rules), RULES, "70,000 rows of rules");
	free(rules);
	char *shown = as_json(&model);
	ok(strlen(shown) > RULES * 100, "… are written");
	free(shown);
	free(as_html(&model));
	rollup_destroy(rollup);
	overview_destroy(model.overview);
}

static void check_writer(const char *name, char *shown, const char *shows_what)
{
	ok(has(shown, "YouTube") && has(shown, "WhatsApp") && has(shown, "TikTok"),
		"%s names all apps", name);
	ok(has(shown, shows_what) == true, "… shows %s", shows_what);
	free(shown);
}

/* What forty devices make together is exact; how few of them use an app is not said. */
static void check_protected(const char *name, char *shown, const char *few)
{
	ok(has(shown, "TikTok"), "%s under k: the small app is there", name);
	ok(has_size(shown, "1.6") || has(shown, "1554000"), "… with its bytes, the body's own");
	ok(has(shown, few), "… and fewer than k devices");
	ok(!has(shown, "few.example"), "… no name that one device asked for");
	free(shown);
}

/* Of a body of fewer than k devices nothing is. */
static void check_hidden(const char *name, char *shown)
{
	ok(has(shown, "TikTok") && !has_size(shown, "1.6") && !has(shown, "1554000") &&
			!has_size(shown, "40.0") && !has(shown, "40000000"),
		"%s of a body below k names apps and says no figure of them", name);
	free(shown);
}

static void test_writers(void)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	static struct engine_stats stats;
	struct report_model model = {
		.overview = make_overview(), .stats = &stats, .reference = &reference
	};

	check_writer("the text", as_text(&model), "1.6 MB");
	check_writer("the JSON", as_json(&model), "1554000");
	check_writer("the page", as_html(&model), "1.6\xc2\xa0MB");
	model.group_minimum = 5;
	check_protected("the text", as_text(&model), "<5");
	check_protected("the JSON", as_json(&model), "\"devices_below\":5");
	check_protected("the page", as_html(&model),
		"&lt;\xc2\xa0"
		"5");
	model.group_minimum = BIG + 1;
	check_hidden("the text", as_text(&model));
	check_hidden("the JSON", as_json(&model));
	check_hidden("the page", as_html(&model));
	overview_destroy(model.overview);
}

/* The columns of the apps add up to the headline. */
static void test_sums(void)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	static struct engine_stats stats;
	struct report_model model = {
		.overview = make_overview(), .stats = &stats, .reference = &reference
	};
	char *shown = as_text(&model);

	ok(has(shown, "130 flows"), "the headline counts every flow");
	char *apps = strstr(shown, "\nApps"),
	     *inside = apps ? strstr(apps, "(stays inside)") : NULL;
	ok(inside && has(inside, "40 "), "the apps' table says what stays inside");
	char *total = inside ? strstr(inside, "\ntotal") : NULL;
	ok(total && has(total, "130 "), "… and ends with the headline's number");
	free(shown);
	overview_destroy(model.overview);
}

/* Twenty devices use a VPN, and three more than they send what nobody knows to a third country. */
static void add_hidden(struct overview *overview)
{
	for (unsigned i = 0; i < 23; i++) {
		struct record record = { .flow = { .packets = { 1, 1 },
						 .bytes = { 123000, 123000 } },
			.place = { .zone = i < 20 ? GEO_ZONE_EU : GEO_ZONE_THIRD } };
		record.verdict.app = i < 20 ? catalogue_find(catalogue, "wireguard") : 0;
		record.verdict.hides = i < 20 ? APP_HIDES_CONTENT : APP_HIDES_NOTHING;
		record.l7.protocol = i < 20 ? L7_WIREGUARD : L7_UNKNOWN;
		record.l7.hidden = i < 20 ? NAME_HIDDEN_NONE : NAME_HIDDEN_OPAQUE;
		record.flow.source.bytes[15] = (uint8_t)i;
		overview_add(overview, &record, 1);
	}
}

static void test_hidden(void)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	static struct engine_stats stats;
	struct report_model model = {
		.overview = overview_create(), .stats = &stats, .reference = &reference
	};

	for (unsigned i = 0; i < BIG; i++) {
		add_flow(model.overview, i, "youtube", "SE", GEO_ZONE_EU, 123000,
			RECORD_DIRECTION_OUTBOUND);
	}
	add_hidden(model.overview);
	char *shown = as_text(&model);
	ok(has(shown, "37 % of the flows that cross our border, and 37 % of their data volume"),
		"the text says how much is hidden");
	ok(has(shown, "no unit  EU         33 %       33 %     20  VPN or other tunnel"),
		"… by unit and zone, and what hides most of it");
	ok(has(shown, "no unit  third     100 %      100 %      3  nothing in it tells"),
		"… each of them");
	free(shown);
	shown = as_json(&model);
	char *places = strstr(shown, "\"hidden_by_unit\":[");
	ok(places && has(places, "\"zone\":\"eu\",\"flows\":60") &&
			has(places, "\"hidden\":{\"flows\":20") &&
			has(places, "\"vpn\":{\"flows\":20"),
		"the JSON has all of it, with every reason");
	free(shown);
	shown = as_html(&model);
	ok(has(shown, "Hidden share of each unit") && has(shown, "VPN or other tunnel"),
		"the page has a table of it");
	free(shown);
	model.group_minimum = 5;
	shown = as_json(&model);
	places = strstr(shown, "\"hidden_by_unit\":[");
	char *third = places ? strstr(places, "\"zone\":\"third\"") : NULL;
	ok(third && has(third, "\"flows\":3") && has(third, "\"devices_below\":5") &&
			has(places, "\"other_units\":true,\"zone\":\"third\"") &&
			!has(places, "\"vpn\""),
		"under k the zone's sum stays, and neither which unit it is nor why");
	free(shown);
	overview_destroy(model.overview);
}

static void test_foreign(void)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	static struct engine_stats stats;
	struct report_model model = {
		.overview = overview_create(), .stats = &stats, .reference = &reference
	};

	add_flow(model.overview, 1, "youtube", "SE", GEO_ZONE_EU, 1000, RECORD_DIRECTION_EXTERNAL);
	char *shown = as_text(&model);
	ok(!has(shown, "own device") && !has(shown, "out of our networks"),
		"where nothing is ours, nothing is called ours");
	ok(has(shown, "--networks"), "… and it says what to do");
	ok(has(shown, "1 flow, 1 sender"), "… one flow is one flow");
	free(shown);
	shown = as_html(&model);
	ok(!has(shown, "that left our networks"), "neither on the page");
	ok(has(shown, "No flow begins or ends in our networks"), "… which says why");
	free(shown);
	overview_destroy(model.overview);
}

/* Of half of the flows the answers did not cross the sensor: what was received is at least so much,
 * and the file for programs says so as the page does. */
static void test_at_least(void)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	static struct engine_stats stats;
	struct report_model model = {
		.overview = overview_create(), .stats = &stats, .reference = &reference
	};
	struct text text;

	for (unsigned i = 0; i < 10; i++) {
		struct record record = { .flow = { .packets = { 1, i % 2 },
						 .total_packets = { 1, i % 2 },
						 .tcp_state = TCP_STATE_ESTABLISHED,
						 .bytes = { 900, i % 2 } },
			.seen = i % 2 ? RECORD_SEEN_BOTH : RECORD_SEEN_OUT_ONLY,
			.direction = RECORD_DIRECTION_OUTBOUND,
			.place = { .country = "SE", .zone = GEO_ZONE_EU } };
		record.flow.source.bytes[15] = (uint8_t)(i + 1);
		overview_add(model.overview, &record, 1);
	}
	text_init_heap(&text);
	report_put_json(&text, &model);
	ok(has(text.at, "\"at_least\":[\"received\"]"), "programs are told what is at least");
	text_deinit(&text);
	overview_destroy(model.overview);
}

/* Not known where is not inside: ten devices send 90 % of the bytes to nobody knows where. */
static void test_unlocated(void)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	static struct engine_stats stats;
	struct report_model model = {
		.overview = overview_create(), .stats = &stats, .reference = &reference
	};

	for (unsigned i = 0; i < 10; i++) {
		add_flow(model.overview, i, NULL, "", GEO_ZONE_UNKNOWN, 9000,
			RECORD_DIRECTION_OUTBOUND);
		add_flow(model.overview, i, "youtube", "SE", GEO_ZONE_EU, 1000,
			RECORD_DIRECTION_OUTBOUND);
	}
	char *shown = as_html(&model);
	ok(has(shown, "outside the EU/EEA. A further 90\xc2\xa0% went to servers whose country is "
		      "not known.</p>"),
		"the headline says what went nobody knows where");
	ok(has(shown, "<li class=\"light_look\"><b>Look at it</b> <span><em>Servers abroad.</em> "
		      "0\xc2\xa0% of what was sent"),
		"… and no light says that this is in order");
	ok(has(shown, "servers that got 90.0\xc2\xa0kB (90\xc2\xa0%) is not known"),
		"… and why not");
	free(shown);
	model.group_minimum = 11;
	shown = as_html(&model);
	ok(has(shown, "EU/EEA. Some went to servers whose country is not known.</p>"),
		"… not how much, where few devices sent it");
	free(shown);
	overview_destroy(model.overview);
	model.overview = make_overview();
	shown = as_html(&model);
	ok(!has(shown, "to servers whose country is not known"),
		"… and nothing where there is none");
	free(shown);
	overview_destroy(model.overview);
}

static void test_denied(void)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	static struct engine_stats stats;
	struct report_model model = {
		.overview = overview_create(), .stats = &stats, .reference = &reference
	};
	struct record record = { .flow = { .packets = { 1, 1 }, .bytes = { 9, 9 } },
		.place = { .zone = GEO_ZONE_THIRD },
		.verdict = { .app = catalogue_find(catalogue, "tiktok") } };

	overview_add(model.overview, &record, 1);
	overview_add(model.overview, &record, 1);
	record.decision.verdict = POLICY_VERDICT_VIOLATION;
	overview_add(model.overview, &record, 1);
	char *shown = as_text(&model);
	ok(!has(shown, "TikTok (denied)"), "an app of which a part is denied is not denied");
	ok(has(shown, "of it denied"), "… that part has a row");
	free(shown);
	shown = as_html(&model);
	ok(has(shown, "<td class=\"n\">1</td></tr>"), "… and is said on the page");
	free(shown);
	overview_destroy(model.overview);
}

static void test_unapproved(void)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	static struct engine_stats stats;
	struct report_model model = {
		.overview = overview_create(), .stats = &stats, .reference = &reference
	};
	struct record record = { .flow = { .packets = { 1, 1 }, .bytes = { 9, 9 } },
		.place = { .zone = GEO_ZONE_THIRD },
		.decision = { .verdict = POLICY_VERDICT_UNAPPROVED },
		.verdict = { .app = catalogue_find(catalogue, "tiktok") } };

	overview_add(model.overview, &record, 1);
	char *shown = as_text(&model);
	ok(has(shown, "TikTok (not approved)"), "what is not on the list is not approved");
	ok(!has(shown, "denied"), "… which is not denied");
	free(shown);
	record.decision.verdict = POLICY_VERDICT_NONE;
	overview_add(model.overview, &record, 1);
	shown = as_text(&model);
	ok(has(shown, "\n  not approved"), "of an app in part, that part has a row");
	free(shown);
	shown = as_html(&model);
	ok(has(shown, "<td class=\"n\">0</td></tr>"), "… and no flow of it is denied on the page");
	free(shown);
	overview_destroy(model.overview);
}

/* Nine devices in a unit, of which some use what is denied. */
static char *page_of_denied(unsigned using)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	static struct engine_stats stats;
	struct report_model model = { .overview = overview_create(),
		.stats = &stats,
		.reference = &reference,
		.group_minimum = 5 };

	for (unsigned i = 0; i < 9; i++) {
		struct record record = { .flow = { .packets = { 1, 1 }, .bytes = { 9, 9 } },
			.place = { .zone = GEO_ZONE_EU },
			.decision = { .unit = symbol_of(SYMBOL_UNIT, "town hall"),
				.verdict = i < using ? POLICY_VERDICT_VIOLATION
						     : POLICY_VERDICT_NONE } };
		record.verdict.app = catalogue_find(catalogue, "tiktok");
		record.flow.source.bytes[15] = (uint8_t)(i + 1);
		overview_add(model.overview, &record, 1);
	}
	char *shown = as_html(&model);
	overview_destroy(model.overview);
	return shown;
}

static void test_worst_unit(void)
{
	char *few = page_of_denied(2), *many = page_of_denied(9);

	ok(has(few, "class=\"light_act\""), "two devices of a unit make a red light");
	ok(!has(few, "Most in town hall"), "… which does not name it");
	ok(has(many, "Most in town hall"), "… and nine do");
	free(few);
	free(many);
}

/* Zones are different law: the headline never adds the partly adequate to third countries. */
static void test_headline_zones(void)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	static struct engine_stats stats;
	struct report_model model = {
		.overview = overview_create(), .stats = &stats, .reference = &reference
	};

	for (unsigned i = 0; i < 10; i++) {
		add_flow(model.overview, i, "youtube", "US", GEO_ZONE_ADEQUATE_PARTIAL, 6000,
			RECORD_DIRECTION_OUTBOUND);
		add_flow(model.overview, i, "youtube", "SE", GEO_ZONE_EU, 4000,
			RECORD_DIRECTION_OUTBOUND);
	}
	char *shown = as_html(&model);
	ok(has(shown, "outside the EU/EEA: 60\xc2\xa0% to countries partly covered by an adequacy "
		      "decision (YouTube) and nothing to third countries without adequacy.</p>"),
		"the headline keeps zones apart, with the services behind each");
	free(shown);
	for (unsigned i = 0; i < 10; i++) {
		add_flow(model.overview, i, "tiktok", "CN", GEO_ZONE_THIRD, 10000,
			RECORD_DIRECTION_OUTBOUND);
	}
	shown = as_html(&model);
	ok(has(shown,
		   "(YouTube) and 50\xc2\xa0% to third countries without adequacy (TikTok).</p>"),
		"… third countries as well");
	free(shown);
	overview_destroy(model.overview);
}

int main(void)
{
	struct err err = { "" };

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_load(&policy, NULL, NULL, catalogue, &err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		return done_testing();
	}
	test_parts();
	test_many_rules();
	test_writers();
	test_sums();
	test_hidden();
	test_foreign();
	test_unlocated();
	test_at_least();
	test_headline_zones();
	test_denied();
	test_unapproved();
	test_worst_unit();
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
