/* The rows of the field table.
 *
 * Everybody reads them as field_table (fields.h). This file is for the two that need the rows
 * themselves: field_table.c, and record_block.c, where the compiler sees what each row says and
 * makes a few instructions of it. */
#pragma once

#include "analyzer/format/field_values.h"

/* The rows are written with one word each for where the value comes from:
 *
 *     CONSTANT   the same in every record
 *     MADE       a getter makes it from others: not archived
 *     MEMBER     a member of struct record; NAMED where it is the number of a word
 *     BITS       a member whose bits are the numbers of labels
 *     PART       a member of this part, where the getter knows that of the whole flow
 *     MEMBER_BY  a member that a getter reads (absent in some records) and the archive sets
 *     WORDS      a member of struct record_labels
 *     BY         by getter and setter alone
 *
 * IF(member) behind a row: where that member is zero, the getter finds nothing. */
#define EXPORTED FIELD_EXPORTED
#define BOTH     (FIELD_EXPORTED | FIELD_ARCHIVED)
#define ARCHIVED FIELD_ARCHIVED
#define OPTIONAL FIELD_OPTIONAL

#define ROW(path_, alias_, type_, key_, forms_)                                                    \
	.path = (path_), .alias = (alias_), .type = FIELD_##type_, .key = (key_), .forms = (forms_)
#define IN_RECORD(member)                                                                          \
	.place = FIELD_IN_RECORD, .offset = offsetof(struct record, member),                       \
	.bytes = sizeof(((struct record *)0)->member)

#define IF(member)                                                                                 \
	.needs = offsetof(struct record, member),                                                  \
	.needs_bytes = sizeof(((struct record *)0)->member)

#define CONSTANT(path, type, text)                                                                 \
	{                                                                                          \
		ROW(path, NULL, type, FIELD_NO_KEY, EXPORTED | FIELD_CONSTANT), .constant = (text) \
	}
#define MADE(path, alias, type, key, getter)                                                       \
	{                                                                                          \
		ROW(path, alias, type, key, EXPORTED), .get = (getter)                             \
	}
#define DERIVED(path, alias, type, getter)                                                         \
	{                                                                                          \
		ROW(path, alias, type, FIELD_NO_KEY, FIELD_DERIVED), .get = (getter)               \
	}
#define MEMBER(path, alias, type, key, forms, member)                                              \
	{                                                                                          \
		ROW(path, alias, type, key, forms), IN_RECORD(member)                              \
	}
#define NAMED(path, alias, key, forms, member, list)                                               \
	{                                                                                          \
		ROW(path, alias, WORD, key, forms), IN_RECORD(member),                             \
			.names = (list), .name_count = COUNT_OF(list)                              \
	}
#define BITS(path, alias, key, forms, member, list)                                                \
	{                                                                                          \
		ROW(path, alias, WORDS, key, forms), IN_RECORD(member),                            \
			.names = (list), .name_count = COUNT_OF(list)                              \
	}
#define PART(path, alias, type, key, forms, getter, member)                                        \
	{                                                                                          \
		ROW(path, alias, type, key, (forms) | FIELD_OF_PART), .get = (getter),             \
								      IN_RECORD(member)            \
	}
#define MEMBER_BY(path, alias, type, key, forms, getter, member, ...)                              \
	{                                                                                          \
		ROW(path, alias, type, key, forms), .get = (getter), IN_RECORD(member),            \
						    ##__VA_ARGS__                                  \
	}
#define WORDS(path, alias, key, forms, member)                                                     \
	{                                                                                          \
		ROW(path, alias, WORD, key, forms),                                                \
			.place = FIELD_IN_WORDS, .offset = offsetof(struct record_labels, member)  \
	}
#define BY(path, alias, type, key, forms, getter, setter, ...)                                     \
	{                                                                                          \
		ROW(path, alias, type, key, forms), .get = (getter), .set = (setter),              \
						    ##__VA_ARGS__                                  \
	}

/* clang-format off: a table */
static const struct field field_rows[] = {
	MADE("@timestamp", NULL, TIME, 24, get_start),
	CONSTANT("ecs.version", WORD, "8.11.0"),
	CONSTANT("event.kind", WORD, "event"),
	CONSTANT("event.category", WORDS, "network"),
	CONSTANT("event.type", WORDS, "connection"),
	CONSTANT("event.dataset", WORD, "borderflow.flow"),
	PART("event.start", "start", TIME, 0, BOTH, get_start, flow.start_ns),
	MEMBER("event.end", "end", TIME, 1, BOTH, flow.end_ns),
	MADE("event.duration", "duration", NUMBER, 25, get_duration),
	DERIVED("event.start.hour", "hour", WORD, get_hour),
	DERIVED("event.start.day", "day", WORD, get_day),
	DERIVED("event.start.week", "week", WORD, get_week),
	DERIVED("event.start.weekday", "weekday", WORD, get_weekday),
	MADE("network.transport", "transport", WORD, 26, get_transport),
	MEMBER("network.iana_number", NULL, NUMERAL, 6, BOTH, flow.protocol),
	BY("network.type", NULL, WORD, 27, BOTH, get_network_type, set_network_type),
	MEMBER("network.vlan.id", "vlan", NUMERAL, 28, BOTH | OPTIONAL, flow.context.vlan_id),
	MEMBER("network.inner.vlan.id", NULL, NUMERAL, 29, BOTH | OPTIONAL,
		flow.context.inner_vlan_id),
	MADE("network.community_id", "community_id", TEXT, 30, get_community_id),
	NAMED("network.protocol", "protocol", 15, BOTH | OPTIONAL, l7.protocol, l7_names),
	MADE("network.application", "app", WORD, 31, get_application),
	NAMED("network.direction", "direction", 16, BOTH, direction, direction_names),
	MADE("network.bytes", "bytes", NUMBER, 32, get_bytes),
	MADE("network.packets", "packets", NUMBER, 33, get_packets),
	MEMBER_BY("source.ip", NULL, ADDR, 2, BOTH, get_source_ip, flow.source),
	MEMBER("source.port", NULL, NUMBER, 4, BOTH | OPTIONAL, flow.source_port),
	PART("source.bytes", NULL, NUMBER, 7, BOTH, get_source_bytes, flow.bytes[0]),
	PART("source.packets", NULL, NUMBER, 9, BOTH, get_source_packets, flow.packets[0]),
	MADE("source.as.number", NULL, NUMBER, 34, get_source_asn),
	MADE("source.as.organization.name", NULL, WORD, 35, get_source_organization),
	MADE("source.geo.country_iso_code", NULL, WORD, 36, get_source_country),
	MEMBER_BY("destination.ip", NULL, ADDR, 3, BOTH, get_destination_ip, flow.destination),
	MEMBER("destination.port", NULL, NUMBER, 5, BOTH | OPTIONAL, flow.destination_port),
	PART("destination.bytes", NULL, NUMBER, 8, BOTH, get_destination_bytes, flow.bytes[1]),
	PART("destination.packets", NULL, NUMBER, 10, BOTH, get_destination_packets,
		flow.packets[1]),
	MADE("destination.domain", "domain", TEXT, 11, get_domain),
	MADE("destination.as.number", NULL, NUMBER, 12, get_destination_asn),
	MADE("destination.as.organization.name", NULL, WORD, 13, get_destination_organization),
	MADE("destination.geo.country_iso_code", NULL, WORD, 14, get_destination_country),
	MADE("tls.client.server_name", "sni", TEXT, 37, get_server_name),
	MEMBER("tls.client.ja4", "ja4", TEXT, 38, BOTH, l7.ja4),
	MADE("tls.version", NULL, WORD, 39, get_tls_version),
	MEMBER("tls.next_protocol", "alpn", TEXT, 40, BOTH, l7.alpn),
	WORDS("borderflow.app.id", NULL, 17, BOTH, app),
	WORDS("borderflow.app.category", "category", 41, BOTH, category),
	WORDS("borderflow.app.owner", "owner", 42, BOTH, owner),
	MEMBER("borderflow.app.owner_country", "owner_country", WORD, 43, BOTH,
		verdict.owner_country),
	MEMBER("borderflow.app.parent_country", "parent", WORD, 44, BOTH, verdict.parent_country),
	BITS("borderflow.app.evidence", "evidence", 18, BOTH, verdict.evidence, evidence_names),
	MEMBER_BY("borderflow.app.confidence", "confidence", NUMBER, 19, BOTH, get_confidence,
		verdict.confidence),
	MEMBER_BY("borderflow.app.embedded", "embedded", BOOL, 45, BOTH, get_embedded,
		verdict.embedded),
	NAMED("borderflow.app.hides", "hides", 92, ARCHIVED, verdict.hides, hides_names),
	MEMBER("borderflow.flow.id", "flow", ID, 20, BOTH, flow.flow_id),
	PART("borderflow.flow.part", "part", NUMBER, 21, BOTH, get_part, flow.part),
	MEMBER_BY("borderflow.flow.start", NULL, TIME, 64, ARCHIVED, get_flow_start,
		flow.flow_start_ns),
	MEMBER_BY("borderflow.flow.total_source_bytes", NULL, NUMBER, 65, ARCHIVED,
		get_total_source_bytes, flow.total_bytes[0], IF(flow.part)),
	MEMBER_BY("borderflow.flow.total_destination_bytes", NULL, NUMBER, 66, ARCHIVED,
		get_total_destination_bytes, flow.total_bytes[1], IF(flow.part)),
	MEMBER_BY("borderflow.flow.total_source_packets", NULL, NUMBER, 67, ARCHIVED,
		get_total_source_packets, flow.total_packets[0], IF(flow.part)),
	MEMBER_BY("borderflow.flow.total_destination_packets", NULL, NUMBER, 68, ARCHIVED,
		get_total_destination_packets, flow.total_packets[1], IF(flow.part)),
	MEMBER("borderflow.flow.last", "last", BOOL, 69, ARCHIVED, flow.is_last),
	MEMBER("borderflow.flow.start_seen", NULL, BOOL, 70, ARCHIVED, flow.start_seen),
	WORDS("borderflow.packets.first_input", "input", 104, ARCHIVED, inputs[0]),
	WORDS("borderflow.packets.last_input", "last_input", 106, ARCHIVED, inputs[1]),
	MEMBER("borderflow.packets.first_offset", "first_offset", NUMBER, 105, ARCHIVED | OPTIONAL,
		flow.offsets[0]),
	MEMBER("borderflow.packets.last_offset", "last_offset", NUMBER, 107, ARCHIVED | OPTIONAL,
		flow.offsets[1]),
	MEMBER("borderflow.server_country", "country", WORD, 22, BOTH, place.country),
	MEMBER("borderflow.server_asn", "asn", NUMBER, 85, ARCHIVED | OPTIONAL, place.asn),
	WORDS("borderflow.server_organization", "organization", 86, ARCHIVED, organization),
	NAMED("borderflow.server_role", "role", 84, ARCHIVED, place.role, role_names),
	BY("borderflow.operator_country", "operator", WORD, 46, BOTH, get_operator_country,
		set_operator_country),
	NAMED("borderflow.zone", "zone", 23, BOTH, place.zone, zone_names),
	NAMED("borderflow.control", "control", 47, BOTH, verdict.control, zone_names),
	NAMED("borderflow.name_hidden", "hidden", 48, BOTH, l7.hidden, hidden_names),
	BY("borderflow.names", "name", TEXTS, 76, ARCHIVED, get_names, set_names,
		.told_by_bytes = names_bytes, IF(l7.name_count)),
	BY("borderflow.name_sources", NULL, WORDS, 77, ARCHIVED, get_name_sources, set_name_sources,
		.told_by = name_sources_number, IF(l7.name_count)),
	MEMBER("borderflow.name_used", NULL, NUMBER, 88, ARCHIVED, verdict.name),
	WORDS("borderflow.unit", "unit", 49, BOTH, unit),
	BY("borderflow.device", "device", WORD, 50, BOTH, get_device, set_device,
		.get_instead = get_device_address),
	NAMED("borderflow.device_kind", "device_kind", 91, BOTH | OPTIONAL, device.kind,
		device_kind_names),
	MEMBER_BY("borderflow.device_identity", NULL, ADDR, 103, ARCHIVED, get_device_identity,
		device.identity),
	WORDS("borderflow.class", "class", 51, BOTH, class_),
	MEMBER("borderflow.own_side", NULL, NUMBER, 83, ARCHIVED, own_side),
	WORDS("borderflow.policy.rule", "rule", 52, BOTH, rule),
	WORDS("borderflow.policy.exception", "exception", 90, BOTH, exception),
	NAMED("borderflow.policy.action", "action", 53, BOTH, decision.action, action_names),
	NAMED("borderflow.policy.verdict", "verdict", 54, BOTH, decision.verdict, verdict_names),
	NAMED("borderflow.block", "block", 55, BOTH, decision.block, block_names),
	NAMED("borderflow.end_reason", "end_reason", 56, BOTH, flow.end, end_names),
	NAMED("borderflow.via", "via", 57, BOTH, via, via_names),
	NAMED("borderflow.seen", "seen", 58, BOTH, seen, seen_names),
	MEMBER("borderflow.inferred", "inferred", BOOL, 59, BOTH, verdict.inferred),
	BITS("borderflow.findings", "findings", 101, BOTH, l7.findings, finding_names),
	BY("borderflow.contested_names", NULL, TEXTS, 102, EXPORTED, get_contested_names, NULL,
		IF(l7.findings)),
	BITS("borderflow.inferred_by", "inferred_by", 89, BOTH, verdict.grounds, inferred_by_names),
	NAMED("borderflow.tcp.state", "state", 60, BOTH | OPTIONAL, flow.tcp_state,
		tcp_state_names),
	MEMBER_BY("borderflow.tcp.retransmissions", "retransmissions", NUMBER, 61, BOTH,
		get_retransmissions, flow.retransmissions),
	MEMBER("borderflow.tcp.rtt_us", "rtt", NUMBER, 62, BOTH | OPTIONAL, flow.rtt_us),
	MEMBER("borderflow.tcp.source_flags", NULL, NUMBER, 71, ARCHIVED, flow.tcp_flags[0]),
	MEMBER("borderflow.tcp.destination_flags", NULL, NUMBER, 72, ARCHIVED, flow.tcp_flags[1]),
	BY("borderflow.tunnel", "tunnel", WORDS, 63, BOTH, get_tunnel, set_tunnel,
		IF(flow.context.tunnels)),
	MEMBER("borderflow.network_id", NULL, NUMBER, 87, ARCHIVED | OPTIONAL,
		flow.context.network_id),
	MEMBER("borderflow.icmp.type", NULL, NUMBER, 73, ARCHIVED, flow.icmp_type),
	MEMBER("borderflow.icmp.code", NULL, NUMBER, 74, ARCHIVED, flow.icmp_code),
	MEMBER("borderflow.icmp.one_way", NULL, BOOL, 75, ARCHIVED, flow.icmp_one_way),
	MEMBER("borderflow.l7.protocol_by_port", NULL, BOOL, 78, ARCHIVED, l7.protocol_by_port),
	MEMBER("borderflow.l7.dns_blocked", NULL, BOOL, 79, ARCHIVED, l7.dns_blocked),
	MEMBER("borderflow.l7.quic_version", NULL, NUMBER, 80, ARCHIVED, l7.quic_version),
	MEMBER("borderflow.l7.tls_version", NULL, NUMBER, 81, ARCHIVED, l7.tls_version),
	MEMBER("borderflow.l7.not_captured", NULL, BOOL, 93, ARCHIVED, l7.not_captured),
	MEMBER("borderflow.l7.dns_answered", NULL, BOOL, 94, ARCHIVED, l7.dns_answered),
	MEMBER("borderflow.l7.dns_unanswered", NULL, BOOL, 95, ARCHIVED, l7.dns_unanswered),
	MEMBER("borderflow.l7.exchange", NULL, NUMBER, 96, ARCHIVED, l7.exchange),
	MEMBER("borderflow.l7.issuer_name", NULL, NUMBER, 97, ARCHIVED, l7.issuers[0]),
	MEMBER("borderflow.l7.issuer_organization", NULL, NUMBER, 98, ARCHIVED, l7.issuers[1]),
	BY("borderflow.l7.hint", NULL, WORD, 99, ARCHIVED, get_hint, set_hint, IF(l7.app_hint)),
	MEMBER("borderflow.l7.product", NULL, TEXT, 100, ARCHIVED, l7.product),
};
/* clang-format on */
