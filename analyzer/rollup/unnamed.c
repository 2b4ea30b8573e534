#include "analyzer/rollup/unnamed.h"

static const char *const unnamed_names[] = {
#define X(id, name) name,
	UNNAMED_REASONS(X)
#undef X
};

const char *unnamed_reason_name(enum unnamed_reason reason)
{
	return unnamed_names[reason];
}

/* Protocols whose flows usually carry an app's traffic under a name; the others name themselves and
 * that is all. */
static bool carries_apps(uint8_t protocol)
{
	switch (protocol) {
	case L7_UNKNOWN:
	case L7_TLS:
	case L7_DTLS:
	case L7_QUIC:
	case L7_HTTP:
	case L7_HTTP2:
		return true;
	default:
		return false;
	}
}

/* A name that was withheld (redact_names.h) has no length, and still was one. */
static bool had_domain(const struct l7_info *l7)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		if (l7->names[i].source != NAME_DNS_CNAME && l7->names[i].source != NAME_CERT) {
			return true;
		}
	}
	return false;
}

/* Does a name that was seen lead to the app, and is none that proves it? Then it is a listed one.
 * Of two hellos for one place it is not said, or hours of earlier archives would not add up. */
static bool is_doubted(const struct verdict *verdict)
{
	enum {
		NAMES_IN_DOUBT = 1 << INFERRED_BY_OUTSIDE | 1 << INFERRED_BY_UNASKED |
				 1 << INFERRED_BY_SHARED | 1 << INFERRED_BY_OLD
	};

	return verdict->app != 0 && (verdict->grounds & NAMES_IN_DOUBT);
}

/* What the app that the flow goes to keeps from sight. */
static enum unnamed_reason reason_of_gap(enum app_hides hides)
{
	switch (hides) {
	case APP_HIDES_LOOKUPS:
		return UNNAMED_ENCRYPTED_DNS;
	case APP_HIDES_RELAY:
		return UNNAMED_RELAY;
	default:
		return UNNAMED_TUNNEL;
	}
}

/* A version that nobody speaks (RFC 9000, 15), to have the server say which it does: the hello
 * comes with the next try, if there is one. */
static bool only_negotiates(const struct l7_info *l7)
{
	return l7->protocol == L7_QUIC && (l7->quic_version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/* A flow whose protocol carries apps, and that showed no name at all. */
static enum unnamed_reason reason_of_silence(const struct record *record)
{
	const struct l7_info *l7 = &record->l7;
	uint8_t state = record->flow.tcp_state;

	if (state == TCP_STATE_SYN || state == TCP_STATE_SYN_ACK || state == TCP_STATE_REFUSED) {
		return UNNAMED_NO_PAYLOAD;
	}
	if (l7->not_captured) {
		return UNNAMED_NOT_CAPTURED;
	}
	if (state == TCP_STATE_MIDSTREAM) {
		return UNNAMED_LATE;
	}
	if (only_negotiates(l7)) {
		return UNNAMED_NO_PAYLOAD;
	}
	if (l7->hidden == NAME_HIDDEN_OPAQUE) {
		return l7->protocol == L7_QUIC ? UNNAMED_QUIC_LATE : UNNAMED_OPAQUE;
	}
	bool said_something = l7->protocol != L7_UNKNOWN && !l7->protocol_by_port;
	return said_something ? UNNAMED_NO_SNI : UNNAMED_NO_PAYLOAD;
}

enum unnamed_reason record_unnamed_reason(const struct record *record)
{
	const struct l7_info *l7 = &record->l7;

	if (record->verdict.hides != APP_HIDES_NOTHING) {
		return reason_of_gap(record->verdict.hides);
	}
	switch (l7->hidden) {
	case NAME_HIDDEN_ECH:
		return UNNAMED_ENCRYPTED_HELLO;
	case NAME_HIDDEN_ENCRYPTED_DNS:
		return UNNAMED_ENCRYPTED_DNS;
	default:
		break;
	}
	if (!carries_apps(l7->protocol)) {
		return UNNAMED_PROTOCOL_ONLY;
	}
	if (had_domain(l7)) {
		return is_doubted(&record->verdict) ? UNNAMED_DOUBTED : UNNAMED_NAME_NOT_LISTED;
	}
	return l7->hidden == NAME_HIDDEN_NO_SNI ? UNNAMED_NO_SNI : reason_of_silence(record);
}
