#include "analyzer/vantage/vantage_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/messages/messages.h"
#include "analyzer/record/state.h"
#include "analyzer/record/symbols.h"
#include "analyzer/vantage/segment_proof.h"
#include "base/clock.h"
#include "collector/flow_source.h"
#include "tests/unit/vantage_fixture.h"

static void test_healthy(void)
{
	begin();
	take_healthy();
	ok(count_faults() == 0, "a healthy day has no finding (%u)", count_faults());
	ok(judge(VANTAGE_INVENTORY_NONE) != NULL, "that coverage is not measured is said");
	begin();
	struct record record = flow_of(1, 1);
	record.seen = RECORD_SEEN_OUT_ONLY;
	take(&record, 19);
	ok(judge(VANTAGE_ONE_WAY) == NULL, "nineteen flows are too few to tell");
}

static void test_ways(void)
{
	begin();
	take_healthy();
	struct record record = flow_of(1, 1);
	record.seen = RECORD_SEEN_OUT_ONLY;
	take(&record, 700);
	const struct vantage_finding *finding = judge(VANTAGE_ONE_WAY_UNIT);
	ok(finding && strcmp(finding->figures[0].text, "North") == 0 &&
			figure(finding, "out") == 700 && figure(finding, "in") == 0,
		"the unit that is seen one way is named");
	ok(judge(VANTAGE_ONE_WAY) == NULL, "and not the mirror as a whole");
	struct record other = flow_of(2, 1);
	other.seen = RECORD_SEEN_IN_ONLY;
	take(&other, 700);
	ok(figure(judge(VANTAGE_ONE_WAY), "in") == 700, "where all are, the mirror is");

	begin();
	take_healthy();
	record.flow.tcp_state = TCP_STATE_SYN;
	take(&record, 5000);
	ok(judge(VANTAGE_ONE_WAY) == NULL && judge(VANTAGE_ONE_WAY_UNIT) == NULL,
		"a scan that nobody answers is no one-way mirror");
}

static void test_counters(void)
{
	begin();
	take_healthy();
	context.counters.duplicates = 40000;
	ok(figure(judge(VANTAGE_DOUBLED), "frames") == 40000, "a doubled mirror");
	context.counters.late_asked = 10000;
	context.counters.late = 2400;
	ok(judge(VANTAGE_DOUBLED_LATE) == NULL, "what fewer than half do is no late mirror");
	context.counters.late = 5000;
	context.counters.late_ns = 20 * NS_PER_MS;
	ok(figure(judge(VANTAGE_DOUBLED_LATE), "ms") == 20, "a mirror whose copies come late");
	context.counters.routed = 39000;
	ok(figure(judge(VANTAGE_ROUTED), "frames") == 39000, "both sides of a router");
	context.counters.segments = 50000;
	context.counters.segments_merged = 500;
	context.counters.segment_most = 65160;
	ok(figure(judge(VANTAGE_MERGED), "largest") == 65160, "merged segments");
	context.counters.kernel_drops = 5000;
	ok(figure(judge(VANTAGE_DROPS), "frames") == 5000, "frames that the kernel dropped");
	context.counters.bytes_missed = 1000000;
	ok(figure(judge(VANTAGE_LOSS), "bytes") == 1000000, "bytes that are missing");
	context.counters.cut_frames = 90000;
	ok(judge(VANTAGE_SNAPLEN) == NULL, "a short snaplen is no fault while hellos are whole");
	struct record cut = flow_of(1, 3);
	cut.l7.tls_version = 0;
	cut.l7.name_count = 0;
	cut.l7.ja4[0] = '\0';
	take(&cut, 100);
	ok(figure(judge(VANTAGE_SNAPLEN), "hellos") == 100, "hellos that are cut are");
	context.has_counters = false;
	ok(judge(VANTAGE_DOUBLED) == NULL, "an archive knows nothing of frames");
}

/* So many flows of hosts in a row at moments of their own, each again at once from that address. */
static void take_twice(unsigned count, const char *again, uint16_t vlan_id)
{
	for (unsigned i = 0; i < count; i++) {
		struct record record = flow_of(1, 1 + i % 5);
		record.flow.flow_start_ns = record.flow.start_ns += i * NS_PER_S;
		record.flow.end_ns += i * NS_PER_S;
		take(&record, 1);
		if (again) {
			addr_parse(again, &record.flow.source);
			record.flow.source_port++;
		}
		record.flow.context.vlan_id = vlan_id;
		record.flow.flow_start_ns += NS_PER_MS;
		take(&record, 1);
	}
}

/* A resolver's log that names nobody, by what may be the cause; and one beside which the wire
 * tells. */
/* Both sides of what translates addresses, or of a firewall that draws numbers of its own. */
static void test_translated(void)
{
	begin();
	take_twice(19, "198.51.100.7", 900);
	ok(judge(VANTAGE_TRANSLATED) == NULL, "too few flows that come again");
	take_twice(25, "198.51.100.7", 900);
	const struct vantage_finding *finding = judge(VANTAGE_TRANSLATED);
	ok(finding && strcmp(finding->figures[0].text, "198.51.100.7") == 0,
		"a NAT of which both sides are seen");
	ok(judge(VANTAGE_RETAGGED) == NULL, "… is not two VLANs of the same ends");
	begin();
	take_twice(25, NULL, 900);
	ok(figure(judge(VANTAGE_RETAGGED), "pairs") == 25 && judge(VANTAGE_TRANSLATED) == NULL,
		"both sides of a firewall between two VLANs");
}

static void test_places(void)
{
	begin();
	struct record record = flow_of(1, 1);
	take(&record, 400);
	const struct vantage_finding *finding = judge(VANTAGE_VLAN_MISSING);
	ok(finding && strcmp(finding->figures[0].text, "102") == 0, "a VLAN that is missing");
	record.flow.context.vlan_id = 666;
	take(&record, 20);
	finding = judge(VANTAGE_VLAN_UNKNOWN);
	ok(finding && strcmp(finding->figures[0].text, "666") == 0, "one that nobody declared");
	begin();
	record.flow.context.vlan_id = 0;
	take(&record, 400);
	ok(judge(VANTAGE_VLAN_UNTAGGED) != NULL, "tags that the mirror takes off");

	begin();
	take_healthy();
	record = flow_of(9, 1);
	record.flow.context.vlan_id = 101;
	take(&record, 50);
	finding = judge(VANTAGE_OUTSIDE_UNITS);
	ok(figure(finding, "flows") == 50 && strcmp(finding->figures[2].text, "10.9.0.0/24") == 0,
		"own devices in no unit, and where");

	begin();
	take_healthy();
	record = flow_of(1, 1);
	addr_parse("2001:db8:1::7", &record.flow.source);
	policy_locate(policy, &record);
	take(&record, 60);
	finding = judge(VANTAGE_UNIT_WITHOUT_V6);
	ok(finding && strcmp(finding->figures[0].text, "South") == 0, "a unit without IPv6");
	record.device.kind = DEVICE_MANY;
	take(&record, 60);
	ok(figure(judge(VANTAGE_NAT), "addresses") == 1, "a share behind one address");
}

static void test_tunnels(void)
{
	struct record record = flow_of(1, 1);

	begin();
	take_healthy();
	ok(judge(VANTAGE_TUNNELS_OUTSIDE) == NULL, "no tunnels, no word of them");
	record.verdict.grounds = 1 << INFERRED_BY_OUTSIDE;
	take(&record, 30);
	ok(figure(judge(VANTAGE_TUNNELS_OUTSIDE), "flows") == 30,
		"a mirror whose router nobody declared");
}

static void test_names(void)
{
	begin();
	for (unsigned host = 1; host <= 10; host++) {
		struct record record = flow_of(1, host);
		take(&record, 20);
	}
	ok(figure(judge(VANTAGE_DNS_NONE), "clients") == 10, "no lookup at all");
	struct record lookup = lookup_of(1, 99);
	take(&lookup, 200);
	ok(figure(judge(VANTAGE_DNS_RESOLVER), "askers") == 1, "a resolver's lookups alone");
	begin();
	take_healthy();
	for (unsigned host = 101; host <= 110; host++) {
		struct record record = flow_of(1, host);
		take(&record, 20);
		record.l7.hidden = NAME_HIDDEN_ENCRYPTED_DNS;
		take(&record, 1);
	}
	ok(figure(judge(VANTAGE_DNS_ENCRYPTED), "count") == 10, "who asks behind encryption only");
	reference.is_sensor = true;
	struct record one = flow_of(2, 200);
	begin();
	take_healthy();
	take(&one, 20);
	one.l7.hidden = NAME_HIDDEN_ENCRYPTED_DNS;
	take(&one, 1);
	ok(!judge(VANTAGE_DNS_ENCRYPTED), "one client alone is no finding");
	one = flow_of(2, 201);
	take(&one, 20);
	one.l7.hidden = NAME_HIDDEN_ENCRYPTED_DNS;
	take(&one, 1);
	const struct vantage_finding *finding = judge(VANTAGE_DNS_ENCRYPTED);
	ok(finding != NULL, "two are");
	ok(finding && figure(finding, "count") == 0, "of fewer than k devices no number is said");
	reference.is_sensor = false;
	begin();
	take_healthy();
	lookup = lookup_of(1, 5);
	lookup.seen = RECORD_SEEN_OUT_ONLY;
	take(&lookup, 200);
	ok(judge(VANTAGE_DNS_ANSWERS) != NULL, "lookups whose answers are not seen");
}

static void test_clock(void)
{
	begin();
	take_healthy();
	context.now_ns = start_ns - 3600 * NS_PER_S;
	ok(figure(judge(VANTAGE_CLOCK_FUTURE), "ahead") >= 3600, "a clock that is ahead");
	const struct vantage_clocks clocks[] = {
		{ { "a.pcap", "b.pcap" }, 37 * (int64_t)NS_PER_S, 40 },
		{ { "a.pcap", "c.pcap" }, -20 * (int64_t)NS_PER_MS, 40 },
	};
	context.clocks = clocks;
	context.clock_count = 2;
	const struct vantage_finding *finding = judge(VANTAGE_CLOCK_APART);
	ok(figure(finding, "apart") == 37 && strcmp(finding->figures[0].text, "b.pcap") == 0,
		"two clocks that are apart");
	unsigned count = 0;
	for (unsigned i = 0; i < report.findings.count; i++) {
		count += report.findings.items[i].code == VANTAGE_CLOCK_APART;
	}
	ok(count == 1, "a link's delay is no clock's fault");
}

static void test_proof(void)
{
	struct record record = flow_of(1, 1);
	uint16_t north = symbol_find(SYMBOL_UNIT, "North");
	int64_t day = (int64_t)(start_ns / NS_PER_S / 86400);

	begin();
	take(&record, SEGMENT_NAMED_LEAST - 1);
	ok(!segment_is_proven(&vantage->days, north, day, day), "ninety-nine flows prove nothing");
	record.verdict.grounds = 1 << INFERRED_BY_OUTSIDE;
	take(&record, 500);
	ok(!segment_is_proven(&vantage->days, north, day, day), "nor does hearsay");
	record.verdict.grounds = 0;
	take(&record, 1);
	ok(segment_is_proven(&vantage->days, north, day, day), "a hundred named flows do");
	ok(!segment_is_proven(&vantage->days, north, day, day + 1), "for that day alone");
	record.seen = RECORD_SEEN_OUT_ONLY;
	record.flow.flow_start_ns += 86400 * NS_PER_S;
	take(&record, 500);
	ok(!segment_is_proven(&vantage->days, north, day, day + 1), "one-way flows prove nothing");
	segment_days_at(&vantage->days, north, day + 1)->probes = 1;
	ok(segment_is_proven(&vantage->days, north, day, day + 1), "a probe proves the other");
	ok(judge(VANTAGE_UNPROVEN) && figure(judge(VANTAGE_UNPROVEN), "count") == 2,
		"units that are not proven are named, and one whose IPv6 was never seen");
}

/* What is ours and of no unit: proven by the network that the policy lists, and kept from run to
 * run.
 */
static void test_outside(void)
{
	static const char listed[] = "own_networks: [10.0.0.0/8, 172.16.0.0/12]\n"
				     "units: {North: {networks: [10.1.0.0/16]}}\n";
	struct policy *own, *before = policy;
	struct policy_problems problems;
	char folder[] = "/tmp/borderflow-vantage-XXXXXX";
	struct segment_days again = { 0 };
	struct state *state;
	struct err err;
	int64_t day = (int64_t)(start_ns / NS_PER_S / 86400);

	begin();
	if (policy_parse(&own, "own", listed, strlen(listed), NULL, NULL, &problems, &err) < 0 ||
		!mkdtemp(folder) || state_open(&state, folder, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	reference.policy = policy = own;
	struct segment_proof proof = segment_proof_of(&vantage->days, own, 0, false, day, day);
	ok(proof.is_asked && proof.days == 0, "a network of no unit is to be proven");
	struct record record = flow_of(1, 1);
	addr_parse("172.16.0.9", &record.flow.source);
	policy_locate(own, &record);
	take(&record, SEGMENT_NAMED_LEAST);
	proof = segment_proof_of(&vantage->days, own, 0, false, day, day);
	ok(segment_proof_holds(&proof), "a hundred named flows prove it");
	addr_parse("10.9.0.9", &record.flow.source);
	policy_locate(own, &record);
	take(&record, 1);
	proof = segment_proof_of(&vantage->days, own, 0, false, day, day);
	ok(!segment_proof_holds(&proof), "once others of no unit are met they are to be, too");
	take(&record, SEGMENT_NAMED_LEAST);
	ok(segment_days_save(&vantage->days, state, &err) == 0 &&
			segment_days_load(&again, state, &err) == 0,
		"what was proven is kept");
	proof = segment_proof_of(&again, own, 0, false, day, day);
	ok(proof.is_asked && segment_proof_holds(&proof), "… of networks as well");
	segment_days_deinit(&again);
	struct vantage *repeated = vantage_create();
	repeated->may_repeat = true;
	vantage_load(repeated, state, &err);
	*segment_days_at_network(&repeated->days, 0, day) =
		(struct segment_day){ .day = day, .named = SEGMENT_NAMED_LEAST - 1 };
	ok(vantage_save(repeated, state, &err) == 0 && segment_days_load(&again, state, &err) == 0,
		"a capture is read again");
	is_int(segment_days_find_network(&again, 0, day)->named,
		segment_days_find_network(&vantage->days, 0, day)->named,
		"… what it proves is not added to what it proved");
	vantage_destroy(repeated);
	segment_days_deinit(&again);
	state_close(state);
	char path[64];
	snprintf(path, sizeof(path), "%s/vantage.state", folder);
	unlink(path);
	rmdir(folder);
	reference.policy = policy = before;
	policy_free(own);
}

/* Hellos are missing for other reasons too: no more are cut than there are cut frames. */
static void test_cut_frames(void)
{
	begin();
	take_healthy();
	struct record bare = flow_of(1, 1);
	bare.l7 = (struct l7_info){ .protocol = L7_UNKNOWN };
	bare.flow.total_bytes[0] = 5000;
	take(&bare, 100);
	context.counters.cut_frames = 1;
	ok(judge(VANTAGE_SNAPLEN) == NULL, "one cut frame does not cut a hundred hellos");
	context.counters.cut_frames = 90000;
	ok(judge(VANTAGE_SNAPLEN) != NULL, "ninety thousand may");
}

/* However many probes there are, each segment's is told, and how many are not. */
static void test_many_probes(void)
{
	const uint8_t secret[32] = { 7 };
	struct probe_key *key = probe_key_create(secret);
	struct record record = flow_of(1, 1);

	begin();
	vantage->probe_key = key;
	record.l7.probe_time_s = (uint32_t)(start_ns / NS_PER_S);
	for (unsigned turn = 0; turn < 2; turn++) {
		for (uint32_t segment = 1; segment <= 40; segment++) {
			record.l7.probe_segment = segment;
			record.l7.probe_number++;
			take(&record, 1);
		}
	}
	const struct vantage_finding *more = judge(VANTAGE_PROBE_MORE);
	unsigned told = 0;
	for (unsigned i = 0; i < report.findings.count; i++) {
		told += report.findings.items[i].code == VANTAGE_PROBE;
	}
	is_int(told, 40, "of many probes the latest of each segment is told");
	ok(more && figure(more, "count") == 40, "… and how many there were besides");
	begin();
	vantage->probe_key = key;
	for (unsigned i = 0; i < 16; i++) {
		record.l7.probe_number++;
		take(&record, 1);
	}
	ok(judge(VANTAGE_PROBE_MORE) == NULL && report.findings.count >= 16, "a few are all told");
	vantage->probe_key = NULL;
	probe_key_destroy(key);
}

/* A proxy that stands outside is one as well, and its flows keep the country that they went to. */
static void test_proxy_outside(void)
{
	struct proxy_found found = { .sign = PROXY_SIGN_ADDRESS,
		.title = "203.0.113.9, 443",
		.owners = 6,
		.flows = 60,
		.outside = 60 };
	struct record asked = flow_of(1, 1);

	begin();
	take_healthy();
	vantage_note_proxy(vantage, &found);
	const struct vantage_finding *finding = judge(VANTAGE_PROXY_FOUND);
	ok(finding && strcmp(finding->figures[4].text, "doctor_proxy_outside") == 0,
		"a proxy outside does not make its country unknown");
	finding = judge(VANTAGE_PROXY);
	ok(finding && figure(finding, "flows") == 60, "its flows are those through a proxy");
	begin();
	take_healthy();
	asked.via = RECORD_VIA_PROXY;
	asked.l7.through_proxy = L7_PROXY_ASKED;
	strcpy(asked.place.country, "US");
	take(&asked, 40);
	ok(figure(judge(VANTAGE_PROXY), "flows") == 40, "… and so are those that ask one there");
	asked.l7.through_proxy = L7_PROXY_NONE;
	begin();
	take(&asked, 200);
	ok(judge(VANTAGE_PROXY) == NULL, "who only opens TLS on the way is no other end");
}

/* A hello that is cut behind its name is not whole, and a lookup that is cut is there. */
static void test_cut(void)
{
	begin();
	for (unsigned host = 1; host <= 10; host++) {
		struct record record = flow_of(1, host), lookup = lookup_of(1, host);
		record.l7.ja4[0] = '\0';
		l7_info_add_name(&record.l7, NAME_TLS_SNI, "www.example.org", 15);
		lookup.l7.protocol = L7_UNKNOWN;
		take(&record, 20);
		take(&lookup, 5);
	}
	context.counters.cut_frames = 90000;
	ok(judge(VANTAGE_SNAPLEN) != NULL, "hellos without a fingerprint are cut");
	ok(judge(VANTAGE_DNS_NONE) == NULL, "lookups that are cut are no reason to look for them");
	context.counters.cut_frames = 0;
	ok(judge(VANTAGE_DNS_NONE) != NULL, "what only goes to that port is none");
}

/* A marker read in one unit proves nothing of the unit that it names. */
static void test_probe_place(void)
{
	const uint8_t secret[32] = { 7 };
	struct probe_key *key = probe_key_create(secret);
	struct record record = flow_of(2, 1);
	uint16_t north = symbol_find(SYMBOL_UNIT, "North");
	int64_t day = (int64_t)(start_ns / NS_PER_S / 86400);

	begin();
	vantage->probe_key = key;
	record.l7.probe_time_s = (uint32_t)(start_ns / NS_PER_S);
	record.l7.probe_segment = probe_segment(key, "North");
	take(&record, 1);
	ok(vantage->probes.count == 1 && !segment_is_proven(&vantage->days, north, day, day),
		"a probe of North that comes from South does not prove North");
	const struct vantage_finding *moved = judge(VANTAGE_PROBE_MOVED);
	ok(moved && strcmp(moved->figures[0].text, "North (South)") == 0 &&
			!vantage_has(&report.findings, VANTAGE_PROBE),
		"but is told: %s", moved ? moved->figures[0].text : "");
	record = flow_of(1, 1);
	record.l7.probe_time_s = (uint32_t)(start_ns / NS_PER_S) + 1;
	record.l7.probe_segment = probe_segment(key, "North");
	take(&record, 1);
	ok(segment_is_proven(&vantage->days, north, day, day), "one that comes from North does");
	ok(judge(VANTAGE_PROBE) != NULL, "and what became of it is told");
	record.l7.probe_time_s++;
	record.l7.probe_segment = probe_segment(key, "10.2.0.0/16");
	take(&record, 1);
	moved = judge(VANTAGE_PROBE_MOVED);
	ok(moved && strcmp(moved->figures[0].text, "North (South), 10.2.0.0/16 (North)") == 0 &&
			moved->figures[1].number == 2,
		"one that names a network it is not of is told too: %s",
		moved ? moved->figures[0].text : "");
	begin();
	vantage->probe_key = key;
	record = flow_of(2, 1);
	record.l7.probe_time_s = (uint32_t)(start_ns / NS_PER_S);
	record.l7.probe_segment = probe_segment(key, "North");
	take(&record, 1);
	struct record itself = flow_of(1, 1);
	itself.l7 = record.l7;
	itself.flow.flow_id++;
	take(&itself, 1);
	ok(judge(VANTAGE_PROBE_MOVED) == NULL && judge(VANTAGE_PROBE_COPIED) != NULL &&
			vantage_has(&report.findings, VANTAGE_PROBE),
		"one that was seen in its place as well was copied there");
	vantage->probe_key = NULL;
	probe_key_destroy(key);
}

/* Of a period longer than what is kept its last days are judged, and the rest is said to be
 * unknown. */
static void test_long_period(void)
{
	struct record north = flow_of(1, 1), south = flow_of(2, 1);

	begin();
	for (unsigned day = 0; day < 200; day++) {
		take(&north, 100);
		take(&south, day < 150 ? 100 : 0);
		north.flow.flow_start_ns += 86400 * NS_PER_S;
		north.flow.start_ns = north.flow.end_ns = north.flow.flow_start_ns;
		south.flow.flow_start_ns = south.flow.start_ns = south.flow.end_ns =
			north.flow.flow_start_ns;
	}
	int64_t first = (int64_t)(start_ns / NS_PER_S / 86400);
	struct segment_proof proof = segment_proof_of(&vantage->days, policy,
		symbol_find(SYMBOL_UNIT, "South"), false, first, first + 199);
	ok(proof.days == 78 && proof.of == 200 && !segment_proof_holds(&proof),
		"of 200 days those that are kept are counted (%u of %u)", proof.days, proof.of);
	const struct vantage_finding *before = judge(VANTAGE_UNPROVEN_BEFORE);
	ok(figure(before, "days") == 200 && figure(before, "kept") == SEGMENT_DAYS,
		"of 200 days those before the last 128 are said to be unknown");
	const struct vantage_finding *unproven = judge(VANTAGE_UNPROVEN);
	ok(unproven && !strstr(unproven->figures[0].text, "North,") &&
			strstr(unproven->figures[0].text, "South"),
		"and of the last ones what is not proven: %s",
		unproven ? unproven->figures[0].text : "");
}

static void test_one_client(void)
{
	struct record record = flow_of(1, 1);
	struct messages *messages;
	struct text text;
	struct err err;

	begin();
	take(&record, 200);
	text_init_heap(&text);
	const struct vantage_finding *finding = judge(VANTAGE_DNS_NONE);
	if (finding && messages_open(&messages, "en", &err) == 0) {
		struct vantage_finding shown = *finding;
		for (unsigned i = 0; i < shown.figure_count; i++) {
			shown.figures[i].whole = 0; /* none withheld */
		}
		vantage_put_sentence(messages, &text, &shown);
		messages_close(messages);
	}
	ok(text.length > 0 && strstr(text.at, "1 client opened"), "one client is one: %s", text.at);
	text_deinit(&text);
}

/* Every finding has its words, with every figure that it may bear. */
static void test_words(void)
{
	for (unsigned language = 0; language < GEO_LANGUAGE_COUNT; language++) {
		struct messages *messages;
		struct err err;
		unsigned missing = 0;
		if (messages_open(&messages, messages_languages[language], &err) < 0) {
			ok(false, "%s", err.text);
			continue;
		}
		for (unsigned code = 0; code < VANTAGE_CODE_COUNT; code++) {
			char key[64];
			snprintf(key, sizeof(key), "doctor_%s", vantage_code_name(code));
			missing += strcmp(messages_get(messages, key), key) == 0;
			snprintf(key, sizeof(key), "doctor_%s_remedy", vantage_code_name(code));
			missing += strcmp(messages_get(messages, key), key) == 0;
		}
		ok(missing == 0, "%s: %u texts are missing", messages_languages[language], missing);
		messages_close(messages);
	}
}

/* A stream to a group, in so many VLANs; a later one by the clock of its sender. */
static void take_stream(unsigned vlans, unsigned number, uint64_t later_ns)
{
	struct record record = flow_of(1, 1);

	record.flow.protocol = 17;
	record.flow.tcp_state = TCP_STATE_NONE;
	record.flow.source_port = (uint16_t)(5000 + number);
	record.flow.destination_port = 5004;
	record.flow.total_packets[0] = 400;
	record.flow.total_bytes[0] = 500000;
	addr_parse("239.1.2.3", &record.flow.destination);
	for (unsigned vlan = 0; vlan < vlans; vlan++) {
		record.flow.context.vlan_id = (uint16_t)(101 + vlan);
		record.flow.flow_start_ns += vlan * later_ns;
		take(&record, 1);
	}
}

static void test_multicast(void)
{
	begin();
	for (unsigned i = 0; i < 50; i++) {
		take_stream(1, i, 0);
		take_stream(2, 100 + i, NS_PER_S);
	}
	ok(!judge(VANTAGE_MULTICAST), "streams of one VLAN each, and alike at other times");
	for (unsigned i = 0; i < 5; i++) {
		take_stream(3, 200 + i, NS_PER_MS);
	}
	const struct vantage_finding *finding = judge(VANTAGE_MULTICAST);
	is_int(figure(finding, "flows"), 10, "five streams that a router carries into two more");
	is_int(figure(finding, "bytes"), 5000000, "… and how much that is");
}

/* So many seconds, each with so many frames and so many that found no room. */
static void drop_for(unsigned seconds, unsigned frames, unsigned drops)
{
	static uint64_t taken, dropped, now_ns;

	now_ns = taken == 0 ? start_ns - NS_PER_S : now_ns;
	for (unsigned i = 0; i < seconds; i++) {
		taken += frames;
		dropped += drops;
		now_ns += NS_PER_S;
		vantage_note_drops(vantage, taken, dropped, now_ns);
	}
}

static void test_bursts(void)
{
	const struct vantage_finding *finding;

	begin();
	drop_for(1, 1000, 0);
	drop_for(3599, 1000, 1);
	ok(!judge(VANTAGE_DROPS_BURST), "a little is lost all the time: no burst");
	drop_for(1800, 1000, 0);
	drop_for(60, 1000, 500);
	drop_for(1740, 1000, 0);
	finding = judge(VANTAGE_DROPS_BURST);
	is_text(finding ? finding->figures[0].text : "", "2026-03-17 10:30 (33 %)",
		"a minute in which a third was lost, of two hours");
	is_int(figure(finding, "frames"), 30000, "… and how much");
	drop_for(60, 1000, 5000);
	finding = judge(VANTAGE_DROPS_BURST);
	is_text(finding ? finding->figures[0].text : "",
		"2026-03-17 11:00 (83 %), 2026-03-17 10:30 (33 %)", "the worst is first");
}

/* Out of an archive of pseudonyms it cannot be told which networks were seen. */
static void test_nameless(void)
{
	begin();
	struct record record = flow_of(1, 1);
	memset(&record.flow.source, 0, sizeof(record.flow.source));
	record.flow.source.bytes[0] = 1;
	record.flow.source.bytes[15] = 7;
	take(&record, 150);
	ok(!judge(VANTAGE_UNPROVEN), "nothing is said to be too little that could not be counted");
	is_int(figure(judge(VANTAGE_UNPROVEN_UNKNOWN), "flows"), 150, "… but that it could not");
	is_int(figure(judge(VANTAGE_UNPROVEN_UNKNOWN), "of"), 2, "… of how many units");
	is_int(vantage->units[record.decision.unit].v4, 150, "the far end tells IPv4");
	memset(&record.flow.source, 0, sizeof(record.flow.source));
	take(&record, 1);
	is_int(figure(judge(VANTAGE_UNPROVEN_UNKNOWN), "flows"), 150,
		"who has no address yet is no stand-in");
	vantage->days.are_kept = true;
	ok(judge(VANTAGE_UNPROVEN) != NULL, "with days that a sensor kept it can");
	ok(!judge(VANTAGE_UNPROVEN_UNKNOWN), "… and is");
}

/* What a sensor says over its socket is read as it was. */
static void test_lines(void)
{
	struct vantage_report read;
	struct text text, again;

	begin();
	take_healthy();
	context.counters.duplicates = 40000;
	context.now_ns = start_ns - 3600 * NS_PER_S;
	vantage_judge(vantage, &context, &report);
	text_init_heap(&text);
	text_init_heap(&again);
	vantage_put_lines(&text, &report);
	ok(vantage_read_lines(&read, text.at) && read.findings.count == report.findings.count,
		"all findings are read");
	vantage_put_lines(&again, &read);
	ok(strcmp(text.at, again.at) == 0, "and say the same");
	ok(!vantage_read_lines(&read, "bf 1\n"), "another answer is none");
	ok(!vantage_read_lines(&read, "looked 1 2 3\none-way\tshare number x"),
		"nor is a broken one");
	text_deinit(&text);
	text_deinit(&again);
}

int main(void)
{
	if (!vantage_fixture_open()) {
		return done_testing();
	}
	test_healthy();
	test_ways();
	test_counters();
	test_translated();
	test_places();
	test_tunnels();
	test_names();
	test_clock();
	test_cut_frames();
	test_proof();
	test_outside();
	test_probe_place();
	test_many_probes();
	test_proxy_outside();
	test_cut();
	test_long_period();
	test_one_client();
	test_words();
	test_multicast();
	test_bursts();
	test_nameless();
	test_lines();
	vantage_fixture_close();
	return done_testing();
}
