#include "tests/unit/records.h"

#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"

uint64_t random_next(struct random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * UINT64_C(2685821657736338717);
}

unsigned random_below(struct random *random, unsigned bound)
{
	return (unsigned)((random_next(random) >> 33) % bound);
}

/* Mostly small, sometimes at the edges of what 8, 16, 32, 53 and 64 bits hold. */
static uint64_t random_count(struct random *random)
{
	static const uint64_t edges[] = { 0, 23, 24, 255, 256, 65535, 65536, UINT32_MAX,
		(UINT64_C(1) << 32), (UINT64_C(1) << 53) + 1, UINT64_MAX >> 2 };

	return random_below(random, 4)
		       ? random_below(random, 100000)
		       : edges[random_below(random, sizeof(edges) / sizeof(edges[0]))];
}

void record_add_name(
	struct record *record, enum name_source source, const char *name, size_t length)
{
	struct l7_info *l7 = &record->l7;
	struct clue_name *at = &l7->names[l7->name_count];

	if (l7->name_count == L7_INFO_NAMES_MAX || length == 0 || length > 253 ||
		l7->text_length + length + 1 > sizeof(l7->text)) {
		return;
	}
	*at = (struct clue_name){ (uint8_t)source, (uint8_t)length, l7->text_length };
	memcpy(l7->text + l7->text_length, name, length);
	l7->text[l7->text_length + length] = '\0';
	l7->text_length += (uint16_t)(length + 1);
	l7->name_count++;
}

static void random_names(struct random *random, struct record *record)
{
	static const char *const hostile[] = { "www.example.com", "\"};alert(1)//",
		"=cmd|' /C calc'!A0", "line\nbreak\r\n.example", "tab\tnul\x01\x1f\x7f",
		"caf\xc3\xa9.example", "\xff\xfe\xc0\x80.bad", "\xed\xa0\x80.surrogate",
		"\xf0\x9f\x98\x80.example", "\xe2\x80\xae.moc.elgoog", "cut\xe2\x82", "a,b;c'd",
		"-", "@sum", "back\\slash", "</script><b>" };
	unsigned count = random_below(random, L7_INFO_NAMES_MAX + 1);

	for (unsigned i = 0; i < count; i++) {
		char name[253];
		unsigned length = 1 + random_below(random, sizeof(name));

		if (random_below(random, 3)) {
			const char *text =
				hostile[random_below(random, sizeof(hostile) / sizeof(hostile[0]))];
			length = (unsigned)strlen(text);
			memcpy(name, text, length);
		} else {
			for (unsigned at = 0; at < length; at++) {
				name[at] = (char)(1 + random_below(random, 255));
			}
		}
		record_add_name(record, (enum name_source)random_below(random, NAME_SOURCE_COUNT),
			name, length);
	}
}

static void random_flow(struct random *random, struct flow_record *flow)
{
	static const uint8_t protocols[] = { 1, 6, 6, 6, 17, 17, 47, 50, 58, 132, 253 };
	bool is_v6 = random_below(random, 3) == 0;
	uint64_t low = random_next(random), high = random_next(random);

	flow->flow_id = random_next(random);
	flow->start_ns = random_below(random, 16)
				 ? UINT64_C(1774951200000000000) + random_count(random)
				 : random_next(random);
	flow->end_ns = flow->start_ns + random_count(random);
	flow->part = random_below(random, 3) ? 0 : (uint32_t)random_count(random);
	flow->flow_start_ns =
		flow->part ? flow->start_ns - random_below(random, 1000) : flow->start_ns;
	for (unsigned way = 0; way < 2; way++) {
		flow->packets[way] = random_count(random) / 2;
		flow->bytes[way] = random_count(random) / 2;
		flow->total_packets[way] =
			flow->packets[way] + (flow->part ? random_below(random, 99) : 0);
		flow->total_bytes[way] =
			flow->bytes[way] + (flow->part ? random_below(random, 99) : 0);
		flow->tcp_flags[way] = (uint8_t)random_below(random, 32);
	}
	flow->source = is_v6 ? addr_from_v6((uint64_t[2]){ low, high }) : addr_from_v4(&low);
	flow->destination = is_v6 ? addr_from_v6((uint64_t[2]){ high, low }) : addr_from_v4(&high);
	flow->protocol = protocols[random_below(random, sizeof(protocols))];
	if (flow->protocol == 6 || flow->protocol == 17) {
		flow->source_port = (uint16_t)random_next(random);
		flow->destination_port =
			random_below(random, 2) ? 443 : (uint16_t)random_next(random);
	}
	flow->icmp_type = flow->protocol == 1 ? 8 : 0;
	flow->icmp_one_way = flow->protocol == 1 && random_below(random, 2);
	flow->tcp_state = flow->protocol == 6 ? (uint8_t)random_below(random, TCP_STATE_COUNT) : 0;
	flow->retransmissions = flow->protocol == 6 ? random_below(random, 9) : 0;
	flow->rtt_us = flow->protocol == 6 ? (uint32_t)random_count(random) : 0;
	flow->end = (uint8_t)random_below(random, FLOW_END_COUNT);
	flow->is_last = flow->end != FLOW_END_SLOT;
	flow->start_seen = random_below(random, 2);
	if (random_below(random, 3) == 0) {
		flow->context.vlan_id = (uint16_t)random_below(random, 4095);
		flow->context.inner_vlan_id = (uint16_t)random_below(random, 4095);
		flow->context.network_id = (uint32_t)random_count(random);
		for (unsigned i = 0; i < random_below(random, CONTEXT_TUNNELS_MAX + 1); i++) {
			flow->context.tunnels[i] =
				(uint8_t)(1 + random_below(random, TUNNEL_KIND_COUNT - 1));
		}
	}
}

static void random_l7_info(struct random *random, struct record *record)
{
	struct l7_info *l7 = &record->l7;

	l7->protocol = (uint8_t)random_below(random, L7_PROTOCOL_COUNT);
	l7->hidden = (uint8_t)random_below(random, NAME_HIDDEN_COUNT);
	l7->tls_version = random_below(random, 2) ? 0x0304 : (uint16_t)random_next(random);
	l7->quic_version = (uint32_t)random_count(random);
	l7->protocol_by_port = random_below(random, 2);
	l7->dns_blocked = random_below(random, 2);
	l7->dns_answered = random_below(random, 2);
	l7->dns_unanswered = random_below(random, 2);
	l7->not_captured = random_below(random, 2);
	l7->exchange = (uint8_t)random_below(random, L7_EXCHANGE_MORE + 1);
	l7->issuers[0] = random_count(random);
	l7->issuers[1] = random_count(random);
	l7->app_hint = (uint8_t)random_below(random, APP_HINT_COUNT);
	strcpy(l7->product, random_below(random, 2) ? "AnyDesk/9.0" : "");
	strcpy(l7->alpn, random_below(random, 2) ? "h2" : "\xff\"h3\n");
	strcpy(l7->ja4, random_below(random, 2) ? "t13d1516h2_8daaf6152771_02713d6af862" : "");
	random_names(random, record);
}

static const char *random_word(struct random *random, const char *const *labels, unsigned count)
{
	return labels[random_below(random, count)];
}

#define RANDOM_WORD(random, ...)                                                                   \
	random_word(random, (const char *const[]){ __VA_ARGS__ },                                  \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

void record_random(
	struct random *random, bool hidden, struct record *record, struct record_labels *labels)
{
	memset(record, 0, sizeof(*record));
	record_labels_init(labels);
	random_flow(random, &record->flow);
	random_l7_info(random, record);
	record->direction = (uint8_t)random_below(random, RECORD_DIRECTION_COUNT);
	record->own_side = (uint8_t)random_below(random, 2);
	record_note_vantage(record);
	strcpy(record->place.country, RANDOM_WORD(random, "", "SE", "CN", "US"));
	strcpy(record->place.operator_country, RANDOM_WORD(random, "", "SE", "SG"));
	record->place.zone = (uint8_t)random_below(random, GEO_ZONE_COUNT);
	record->place.role = (uint8_t)random_below(random, GEO_ROLE_COUNT);
	record->place.asn = (uint32_t)random_count(random);
	labels->organization =
		RANDOM_WORD(random, "", "Exempel N\xc3\xa4t AB", "=Formula \"Networks\", Inc");
	labels->app = RANDOM_WORD(random, "", "tiktok", "telegram", "school-platform");
	if (labels->app[0]) {
		labels->category = RANDOM_WORD(random, "social_video", "messaging");
		labels->owner = RANDOM_WORD(random, "", "Exempelbolaget");
		record->verdict.evidence =
			(uint16_t)random_below(random, 1u << EVIDENCE_KIND_COUNT);
		record->verdict.confidence = (uint8_t)random_below(random, 101);
		record->verdict.embedded = random_below(random, 2);
		record->verdict.hides = (uint8_t)random_below(random, APP_HIDES_COUNT);
	}
	record->verdict.app = symbol_of(SYMBOL_APP, labels->app);
	record->verdict.inferred = random_below(random, 2);
	record->verdict.grounds = record->verdict.inferred
					  ? (uint8_t)random_below(random, 1 << INFERRED_BY_COUNT)
					  : 0;
	record->l7.findings = (uint8_t)random_below(random, 1 << L7_FINDING_COUNT);
	record->verdict.name = record->l7.name_count && random_below(random, 2) ? 0 : 0xff;
	strcpy(record->verdict.parent_country, RANDOM_WORD(random, "", "CN"));
	strcpy(record->verdict.owner_country, RANDOM_WORD(random, "", "SG"));
	record->verdict.control = (uint8_t)random_below(random, GEO_ZONE_COUNT);
	labels->unit = RANDOM_WORD(random, "", "School", "Social services");
	labels->class_ = RANDOM_WORD(random, "", "owned", "private");
	labels->rule = RANDOM_WORD(random, "", "deny-tiktok");
	labels->exception = RANDOM_WORD(random, "", "press-office");
	record->decision.unit = symbol_of(SYMBOL_UNIT, labels->unit);
	record->decision.class_ = symbol_of(SYMBOL_CLASS, labels->class_);
	record->decision.rule = symbol_of(SYMBOL_RULE, labels->rule);
	record->decision.exception = symbol_of(SYMBOL_EXCEPTION, labels->exception);
	record->device.kind = (uint8_t)random_below(random, DEVICE_KIND_COUNT);
	record->via = (uint8_t)random_below(random, RECORD_VIA_COUNT);
	record->seen = (uint8_t)random_below(random, RECORD_SEEN_COUNT);
	record->decision.action = (uint8_t)random_below(random, POLICY_ACTION_COUNT);
	record->decision.verdict = (uint8_t)random_below(random, POLICY_VERDICT_COUNT);
	record->decision.block = (uint8_t)random_below(random, BLOCK_OUTCOME_COUNT);
	if (hidden) {
		memcpy(labels->device, "abcdefghijklmnopqrstuvwx", PSEUDONYM_LENGTH);
		labels->device[0] = (char)('a' + random_below(random, 26));
	}
}

void record_plain(struct record *record, struct record_labels *labels)
{
	memset(record, 0, sizeof(*record));
	record_labels_init(labels);
	record->flow = (struct flow_record){
		.flow_id = 0x0123456789abcdef,
		.flow_start_ns = UINT64_C(1774951200) * NS_PER_S,
		.start_ns = UINT64_C(1774951200) * NS_PER_S,
		.end_ns = UINT64_C(1774951260) * NS_PER_S,
		.packets = { 10, 20 },
		.bytes = { 1000, 20000 },
		.total_packets = { 10, 20 },
		.total_bytes = { 1000, 20000 },
		.source = addr_from_v4((uint8_t[]){ 192, 0, 2, 10 }),
		.destination = addr_from_v4((uint8_t[]){ 198, 51, 100, 20 }),
		.source_port = 40000,
		.destination_port = 443,
		.protocol = 6,
		.tcp_state = TCP_STATE_CLOSED,
		.end = FLOW_END_CLOSED,
		.is_last = true,
		.start_seen = true,
		.rtt_us = 12345,
	};
	record->l7.protocol = L7_TLS;
	record->l7.tls_version = 0x0304;
	strcpy(record->l7.alpn, "h2");
	record_add_name(record, NAME_TLS_SNI, "v16.tiktokcdn.com", 17);
	strcpy(record->place.country, "SE");
	record->place.zone = GEO_ZONE_EU;
	record->place.asn = 20940;
	record->verdict.evidence = 1 << EVIDENCE_TLS_SNI;
	record->verdict.confidence = 95;
	strcpy(record->verdict.parent_country, "CN");
	record->verdict.control = GEO_ZONE_THIRD;
	labels->app = "tiktok";
	labels->category = "social_video";
	labels->organization = "Example CDN";
}

void record_turn(struct record *record)
{
	struct flow_record *flow = &record->flow;
	const struct flow_record was = *flow;

	flow->source = was.destination;
	flow->destination = was.source;
	flow->source_port = was.destination_port;
	flow->destination_port = was.source_port;
	for (unsigned way = 0; way < 2; way++) {
		flow->packets[way] = was.packets[!way];
		flow->total_packets[way] = was.total_packets[!way];
		flow->bytes[way] = was.bytes[!way];
		flow->total_bytes[way] = was.total_bytes[!way];
		flow->tcp_flags[way] = was.tcp_flags[!way];
	}
	record->own_side = RECORD_DESTINATION;
}
