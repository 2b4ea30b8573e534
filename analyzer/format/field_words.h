/* The words behind the numbers of a record, and how a getter gives a value. For the two files that
 * include the rows of the field table (field_rows.h). */
#pragma once

#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/format/fields.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define X(id, name)     (name),
static const char *const l7_names[] = { L7_PROTOCOLS(X) };
static const char *const hidden_names[] = { NAME_HIDDEN(X) };
static const char *const direction_names[] = { RECORD_DIRECTIONS(X) };
static const char *const evidence_names[] = { EVIDENCE_KINDS(X) };
static const char *const inferred_by_names[] = { INFERRED_BY(X) };
static const char *const finding_names[] = { L7_FINDINGS(X) };
static const char *const action_names[] = { POLICY_ACTIONS(X) };
static const char *const verdict_names[] = { POLICY_VERDICTS(X) };
static const char *const block_names[] = { BLOCK_OUTCOMES(X) };
static const char *const end_names[] = { FLOW_ENDS(X) };
static const char *const tcp_state_names[] = { TCP_STATES(X) };
static const char *const via_names[] = { RECORD_VIA(X) };
static const char *const seen_names[] = { RECORD_SEEN(X) };
static const char *const device_kind_names[] = { DEVICE_KINDS(X) };
static const char *const hides_names[] = { APP_HIDES(X) };
static const char *const zone_names[] = { GEO_ZONES(X) };
static const char *const role_names[] = { GEO_ROLES(X) };
static const char *const tunnel_names[] = { "", TUNNEL_KINDS(X) };
#undef X
static const char *const name_source_names[] = {
	[NAME_TLS_SNI] = "tls-sni",
	[NAME_QUIC_SNI] = "quic-sni",
	[NAME_HTTP_HOST] = "http-host",
	[NAME_DNS_QUERY] = "dns-query",
	[NAME_DNS_LOG] = "dns-log",
	[NAME_DNS_CNAME] = "dns-cname",
	[NAME_CERT] = "cert",
	[NAME_ECH_OUTER] = "ech-outer",
	[NAME_DNS_UNASKED] = "dns-unasked",
	[NAME_USED] = "used-before",
};

_Static_assert(
	COUNT_OF(name_source_names) == NAME_SOURCE_COUNT, "every source of a name has a word");
_Static_assert((int)EVIDENCE_KIND_COUNT <= (int)FIELD_ITEMS_MAX, "all evidence fits a value");

static bool value_number(struct field_value *value, uint64_t number)
{
	value->number = number;
	return true;
}

static bool value_text(struct field_value *value, const char *text)
{
	value->text = text;
	value->length = (uint32_t)strlen(text);
	return value->length > 0;
}

static unsigned find_name(const char *const *names, unsigned count, const char *name)
{
	unsigned index = 0;

	while (index < count && strcmp(names[index], name) != 0) {
		index++;
	}
	return index;
}
