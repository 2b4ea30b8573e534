/* How the values of fields are got from a record and put back where a member alone does not say it:
 * the getters and setters that rows of the field table name (field_rows.h); those of a flow's names
 * are in field_names.h. For the two files that include the rows. */
#pragma once

#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/community_id.h"
#include "analyzer/format/field_names.h"
#include "analyzer/format/field_words.h"
#include "analyzer/format/fields.h"
#include "base/text.h"

enum { PROTOCOL_TCP = 6 };

static bool get_start(const struct field_view *view, struct field_value *value)
{
	const struct flow_record *flow = &view->record->flow;

	return value_number(value, view->as_part ? flow->start_ns : flow->flow_start_ns);
}

/* A whole flow stands for all its parts, and is counted as the first. */
static bool get_part(const struct field_view *view, struct field_value *value)
{
	return value_number(value, view->as_part ? view->record->flow.part : 0);
}

/* The start on the clock of the view's zone. */
static bool get_local(const struct field_view *view, struct field_value *value, size_t length)
{
	enum { ROOM = sizeof(value->memory) };
	char text[LOCAL_TEXT_LENGTH + 1];

	get_start(view, value);
	local_format(view->zone, value->number, text);
	value->text = value->memory;
	value->length = (uint32_t)snprintf(value->memory, ROOM, "%.*s", (int)length, text);
	return true;
}

static bool get_hour(const struct field_view *view, struct field_value *value)
{
	return get_local(view, value, 13); /* 2026-03-31T10 */
}

static bool get_day(const struct field_view *view, struct field_value *value)
{
	return get_local(view, value, 10); /* 2026-03-31 */
}

static int64_t local_day_number(const struct field_view *view)
{
	struct field_value start;

	get_start(view, &start);
	return local_day_of(view->zone, start.number).number;
}

/* 1970-01-01 was a Thursday; weeks begin on Monday (ISO 8601). */
static unsigned weekday_of(int64_t day)
{
	return (unsigned)((day + 3) % 7);
}

static bool get_weekday(const struct field_view *view, struct field_value *value)
{
	static const char *const names[] = { "monday", "tuesday", "wednesday", "thursday", "friday",
		"saturday", "sunday" };

	value->text = names[weekday_of(local_day_number(view))];
	value->length = (uint32_t)strlen(value->text);
	return true;
}

/* By the date of its Monday. */
static bool get_week(const struct field_view *view, struct field_value *value)
{
	int64_t day = local_day_number(view);
	struct local_day monday = local_day_at(view->zone, day - weekday_of(day));
	char date[11];

	local_format_date(view->zone, monday.start_ns, date);
	value->text = value->memory;
	value->length = (uint32_t)snprintf(value->memory, sizeof(value->memory), "%s", date);
	return true;
}

static bool get_duration(const struct field_view *view, struct field_value *value)
{
	uint64_t end_ns = view->record->flow.end_ns;

	/* A capture's clock may run backwards; a duration does not. */
	get_start(view, value);
	return value_number(value, end_ns > value->number ? end_ns - value->number : 0);
}

/* The names of IANA's protocol numbers registry in small letters, as ECS asks for. */
static const char *transport_name(unsigned protocol)
{
	static const char *const names[256] = { [1] = "icmp",
		[2] = "igmp",
		[4] = "ipv4",
		[6] = "tcp",
		[17] = "udp",
		[27] = "rdp",
		[33] = "dccp",
		[41] = "ipv6",
		[46] = "rsvp",
		[47] = "gre",
		[50] = "esp",
		[51] = "ah",
		[58] = "ipv6-icmp",
		[88] = "eigrp",
		[89] = "ospfigp",
		[94] = "ipip",
		[97] = "etherip",
		[103] = "pim",
		[108] = "ipcomp",
		[112] = "vrrp",
		[115] = "l2tp",
		[124] = "isis",
		[132] = "sctp",
		[136] = "udplite",
		[137] = "mpls-in-ip" };
	return names[protocol & 0xff];
}

static bool get_transport(const struct field_view *view, struct field_value *value)
{
	unsigned protocol = view->record->flow.protocol;
	const char *name = transport_name(protocol);
	struct text text;

	if (name) {
		return value_text(value, name);
	}
	text_init(&text, value->memory, sizeof(value->memory));
	text_put_u64(&text, protocol);
	return value_text(value, value->memory);
}

/* Judged by the remote end: ours may be hidden. */
static bool get_network_type(const struct field_view *view, struct field_value *value)
{
	return value_text(value, addr_is_v4(record_remote_addr(view->record)) ? "ipv4" : "ipv6");
}

/* The archive may hold neither address: the family of both is set, whatever is known of them comes
 * before or after it, and stays where one is missing. */
static void set_network_type(
	struct record *record, struct record_labels *labels, const struct field_value *value)
{
	static const struct addr none;
	struct addr *ends[] = { &record->flow.source, &record->flow.destination };
	bool is_v4 = value->length == 4 && memcmp(value->text, "ipv4", 4) == 0;

	(void)labels;
	for (unsigned i = 0; i < COUNT_OF(ends); i++) {
		if (is_v4 && addr_equal(ends[i], &none)) {
			*ends[i] = addr_from_v4((uint8_t[4]){ 0 });
		}
	}
}

/* It could be turned back into the addresses that a pseudonym stands for. */
static bool get_community_id(const struct field_view *view, struct field_value *value)
{
	_Static_assert(
		COMMUNITY_ID_TEXT_MAX <= (int)sizeof(((struct field_value *)0)->memory), "it fits");
	if (view->labels->device[0]) {
		return false;
	}
	value->text = value->memory;
	value->length = (uint32_t)community_id(&view->record->flow, 0, value->memory);
	return true;
}

static bool get_application(const struct field_view *view, struct field_value *value)
{
	return value_text(value, view->labels->app[0] ? view->labels->app : "unknown");
}

static const uint64_t *bytes_of(const struct field_view *view)
{
	return view->as_part ? view->record->flow.bytes : view->record->flow.total_bytes;
}

static const uint64_t *packets_of(const struct field_view *view)
{
	return view->as_part ? view->record->flow.packets : view->record->flow.total_packets;
}

static bool get_bytes(const struct field_view *view, struct field_value *value)
{
	return value_number(value, bytes_of(view)[0] + bytes_of(view)[1]);
}

static bool get_packets(const struct field_view *view, struct field_value *value)
{
	return value_number(value, packets_of(view)[0] + packets_of(view)[1]);
}

static bool get_source_bytes(const struct field_view *view, struct field_value *value)
{
	return value_number(value, bytes_of(view)[0]) && record_knows_bytes(view->record, 0);
}

static bool get_destination_bytes(const struct field_view *view, struct field_value *value)
{
	return value_number(value, bytes_of(view)[1]) && record_knows_bytes(view->record, 1);
}

static bool get_source_packets(const struct field_view *view, struct field_value *value)
{
	return value_number(value, packets_of(view)[0]) && record_knows_bytes(view->record, 0);
}

static bool get_destination_packets(const struct field_view *view, struct field_value *value)
{
	return value_number(value, packets_of(view)[1]) && record_knows_bytes(view->record, 1);
}

/* Under pseudonyms both ends of an internal flow are devices of ours, but for who is none. Where
 * neither end is known to be ours, either may be: a forgotten network must not lay its addresses
 * open. */
static bool is_hidden(const struct field_view *view, enum record_side side, const struct addr *end)
{
	return view->labels->device[0] &&
	       (view->record->own_side == side ||
		       view->record->direction == RECORD_DIRECTION_INTERNAL ||
		       view->record->direction == RECORD_DIRECTION_EXTERNAL) &&
	       !record_is_to_all(end);
}

static bool get_source_ip(const struct field_view *view, struct field_value *value)
{
	value->addr = &view->record->flow.source;
	return !is_hidden(view, RECORD_SOURCE, value->addr);
}

static bool get_destination_ip(const struct field_view *view, struct field_value *value)
{
	value->addr = &view->record->flow.destination;
	return !is_hidden(view, RECORD_DESTINATION, value->addr);
}

/* What geo says is about the remote end, whichever that is. */
static bool get_remote_asn(const struct field_view *view, struct field_value *value)
{
	return value_number(value, view->record->place.asn) && value->number != 0;
}

static bool get_remote_organization(const struct field_view *view, struct field_value *value)
{
	return value_text(value, view->labels->organization);
}

/* A server without a known operator has one all the same; inside there is none. */
static bool get_operator_country(const struct field_view *view, struct field_value *value)
{
	const struct geo_place *place = &view->record->place;

	return value_text(value, place->operator_country[0] || place->zone == GEO_ZONE_INTERNAL
					 ? place->operator_country
					 : "unknown");
}

static void set_operator_country(
	struct record *record, struct record_labels *labels, const struct field_value *value)
{
	char *country = record->place.operator_country;

	(void)labels;
	if (value->length < sizeof(record->place.operator_country)) {
		memcpy(country, value->text, value->length);
		country[value->length] = '\0';
	}
}

static bool get_remote_country(const struct field_view *view, struct field_value *value)
{
	return value_text(value, view->record->place.country);
}

static bool get_source_asn(const struct field_view *view, struct field_value *value)
{
	return view->record->own_side == RECORD_DESTINATION && get_remote_asn(view, value);
}

static bool get_source_organization(const struct field_view *view, struct field_value *value)
{
	return view->record->own_side == RECORD_DESTINATION && get_remote_organization(view, value);
}

static bool get_source_country(const struct field_view *view, struct field_value *value)
{
	return view->record->own_side == RECORD_DESTINATION && get_remote_country(view, value);
}

static bool get_destination_asn(const struct field_view *view, struct field_value *value)
{
	return view->record->own_side == RECORD_SOURCE && get_remote_asn(view, value);
}

static bool get_destination_organization(const struct field_view *view, struct field_value *value)
{
	return view->record->own_side == RECORD_SOURCE && get_remote_organization(view, value);
}

static bool get_destination_country(const struct field_view *view, struct field_value *value)
{
	return view->record->own_side == RECORD_SOURCE && get_remote_country(view, value);
}

static bool get_domain(const struct field_view *view, struct field_value *value)
{
	return value_text(value, l7_info_domain(&view->record->l7));
}

/* The name in the hello; under Encrypted ClientHello that is the outer one, and name_hidden says
 * so. */
static bool get_server_name(const struct field_view *view, struct field_value *value)
{
	const struct l7_info *l7 = &view->record->l7;

	for (unsigned i = 0; i < l7->name_count; i++) {
		unsigned source = l7->names[i].source;
		if (source == NAME_TLS_SNI || source == NAME_QUIC_SNI || source == NAME_ECH_OUTER) {
			return value_text(value, l7_info_name(l7, i));
		}
	}
	return false;
}

/* DTLS counts downwards from 0xfeff (RFC 9147, 5.3). */
static bool get_tls_version(const struct field_view *view, struct field_value *value)
{
	static const struct {
		uint16_t number;
		const char *text;
	} versions[] = { { 0x0304, "1.3" }, { 0x0303, "1.2" }, { 0x0302, "1.1" }, { 0x0301, "1.0" },
		{ 0x0300, "3.0" }, { 0xfefc, "1.3" }, { 0xfefd, "1.2" }, { 0xfeff, "1.0" } };

	for (unsigned i = 0; i < COUNT_OF(versions); i++) {
		if (versions[i].number == view->record->l7.tls_version) {
			return value_text(value, versions[i].text);
		}
	}
	return false;
}

static bool is_app_known(const struct field_view *view)
{
	return view->labels->app[0] != '\0';
}

static bool get_confidence(const struct field_view *view, struct field_value *value)
{
	return value_number(value, view->record->verdict.confidence) && is_app_known(view);
}

static bool get_embedded(const struct field_view *view, struct field_value *value)
{
	return value_number(value, view->record->verdict.embedded) && is_app_known(view);
}

static bool get_device(const struct field_view *view, struct field_value *value)
{
	return value_text(value, view->labels->device);
}

static bool get_device_address(const struct field_view *view, struct field_value *value)
{
	addr_format(record_own_addr(view->record), value->memory);
	return !view->labels->device[0] && value_text(value, value->memory);
}

/* Where a pseudonym stands for it that is all there is to be kept. */
static bool get_device_identity(const struct field_view *view, struct field_value *value)
{
	uint8_t kind = view->record->device.kind;

	value->addr = &view->record->device.identity;
	return !view->labels->device[0] && (kind == DEVICE_ONE || kind == DEVICE_STATION);
}

static void set_device(
	struct record *record, struct record_labels *labels, const struct field_value *value)
{
	size_t length = value->length < PSEUDONYM_LENGTH ? value->length : PSEUDONYM_LENGTH;

	(void)record;
	memcpy(labels->device, value->text, length);
	labels->device[length] = '\0';
}

static bool get_retransmissions(const struct field_view *view, struct field_value *value)
{
	return value_number(value, view->record->flow.retransmissions) &&
	       view->record->flow.protocol == PROTOCOL_TCP;
}

/* By the service's id: hints are numbered as the program pleases. */
static bool get_hint(const struct field_view *view, struct field_value *value)
{
	const char *id = app_hint_id(view->record->l7.app_hint);

	return id && value_text(value, id);
}

static void set_hint(
	struct record *record, struct record_labels *labels, const struct field_value *value)
{
	(void)labels;
	for (unsigned hint = APP_HINT_NONE + 1; hint < APP_HINT_COUNT; hint++) {
		const char *id = app_hint_id(hint);
		if (strlen(id) == value->length && memcmp(id, value->text, value->length) == 0) {
			record->l7.app_hint = (uint8_t)hint;
		}
	}
}

static bool get_tunnel(const struct field_view *view, struct field_value *value)
{
	value->count = 0;
	for (unsigned i = 0; i < CONTEXT_TUNNELS_MAX; i++) {
		unsigned kind = view->record->flow.context.tunnels[i];
		if (kind != TUNNEL_NONE && kind < TUNNEL_KIND_COUNT) {
			value->items[value->count++] = tunnel_names[kind];
		}
	}
	return value->count > 0;
}

static void set_tunnel(
	struct record *record, struct record_labels *labels, const struct field_value *value)
{
	(void)labels;
	unsigned at = 0;

	for (unsigned i = 0; i < value->count && at < CONTEXT_TUNNELS_MAX; i++) {
		unsigned kind = find_name(tunnel_names, TUNNEL_KIND_COUNT, value->items[i]);
		if (kind < TUNNEL_KIND_COUNT) {
			record->flow.context.tunnels[at++] = (uint8_t)kind;
		}
	}
}

/* The totals follow from the counters in the first part of a flow; most flows have no other. */
static bool get_total(const struct field_view *view, struct field_value *value, uint64_t total)
{
	return value_number(value, total) && view->record->flow.part > 0;
}

static bool get_total_source_bytes(const struct field_view *view, struct field_value *value)
{
	return get_total(view, value, view->record->flow.total_bytes[0]);
}

static bool get_total_destination_bytes(const struct field_view *view, struct field_value *value)
{
	return get_total(view, value, view->record->flow.total_bytes[1]);
}

static bool get_total_source_packets(const struct field_view *view, struct field_value *value)
{
	return get_total(view, value, view->record->flow.total_packets[0]);
}

static bool get_total_destination_packets(const struct field_view *view, struct field_value *value)
{
	return get_total(view, value, view->record->flow.total_packets[1]);
}

static bool get_flow_start(const struct field_view *view, struct field_value *value)
{
	const struct flow_record *flow = &view->record->flow;

	return value_number(value, flow->flow_start_ns) && flow->flow_start_ns != flow->start_ns;
}
