#include "analyzer/redact/redact_names.h"

#include <ctype.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/block.h"
#include "analyzer/redact/forgotten_networks.h"
#include "analyzer/redact/name_spelling.h"
#include "analyzer/redact/own_hosts.h"
#include "analyzer/redact/own_zones.h"
#include "analyzer/policy/policy.h"
#include "base/addr.h"

static bool ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name), ending_length = strlen(ending);

	return length >= ending_length && strcmp(name + length - ending_length, ending) == 0;
}

/* An IPv6 address, in brackets or not. */
static bool read_v6(const char *name, struct addr *addr)
{
	char text[ADDR_TEXT_MAX];
	size_t length = strcspn(name += *name == '[', "]");

	if (length >= sizeof(text)) {
		return false;
	}
	memcpy(text, name, length);
	text[length] = '\0';
	return addr_parse(text, addr) && !addr_is_v4(addr);
}

/* One of ours, or one that nobody outside has (RFC 4193, 4291). */
static bool is_own_v6(const struct name_owner *owner, const struct addr *addr)
{
	const uint8_t *bytes = addr->bytes;
	bool is_local =
		(bytes[0] & 0xfe) == 0xfc || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);

	return is_local || owner->is_own(owner->context, addr) ||
	       (owner->ends[0] && addr_equal(addr, owner->ends[0])) ||
	       (owner->ends[1] && addr_equal(addr, owner->ends[1]));
}

/* Whose name is it that the flow shows? Who is asked for from outside is a machine of ours, and so
 * is the other end of what stays inside; on the own link machines say who they are. A lookup names
 * what is looked for, and not who answers; a probe names what is under test, wherever it is sent.
 */
static bool names_own_machine(const struct record *record)
{
	uint8_t protocol = record->l7.protocol;

	if (record->l7.probe_time_s != 0) {
		return false;
	}
	return protocol == L7_NETBIOS || protocol == L7_LLMNR || protocol == L7_MDNS ||
	       protocol == L7_DHCP || record->l7.dns_of_self ||
	       record->direction == RECORD_DIRECTION_INBOUND ||
	       (record->direction == RECORD_DIRECTION_INTERNAL && protocol != L7_DNS);
}

static bool is_own(const void *policy, const struct addr *addr)
{
	return policy_is_own(policy, addr);
}

/* The ends that may be ours: where neither is known to be, both. */
static struct name_owner owner_of(const struct record *record, const struct policy *policy,
	const struct name_stations *stations)
{
	bool are_both = record->direction == RECORD_DIRECTION_INTERNAL ||
			record->direction == RECORD_DIRECTION_EXTERNAL;
	struct name_owner owner = { is_own, policy,
		{ record_own_addr(record), are_both ? record_remote_addr(record) : NULL }, { 0 },
		stations };

	for (unsigned i = 0; stations && i < 2; i++) {
		owner.macs[i] = owner.ends[i] ? stations->mac_of(stations->context, owner.ends[i],
							record->flow.end_ns)
					      : 0;
	}
	return owner;
}

bool name_tells_device(const char *name, const struct record *record, const struct policy *policy,
	const struct own_names *own)
{
	if (name[0] == '\0') {
		return false;
	}
	struct name_owner owner = owner_of(record, policy, own ? own->stations : NULL);
	struct addr literal;
	if (names_own_machine(record)) {
		return true;
	}
	if (read_v6(name, &literal)) {
		return is_own_v6(&owner, &literal);
	}
	return !strchr(name, '.') || strchr(name, '@') || ends_with(name, ".arpa") ||
	       own_zones_hold(own ? own->zones : NULL, name) ||
	       own_hosts_hold(own ? own->hosts : NULL, name) || name_spells_address(name, &owner);
}

/* Who is asked for in a network that nobody declared, but is ours, is a machine of ours. */
static bool asks_forgotten(const struct record *record, const struct own_names *own)
{
	return record->direction == RECORD_DIRECTION_EXTERNAL && own->networks &&
	       forgotten_networks_hold(own->networks, &record->flow.destination);
}

/* What a program calls itself and its protocol is mostly its maker's word; where it holds an
 * address of ours, or what a machine of ours is called, it is its owner's. */
static void redact_word(char *word, const struct name_owner *owner, const struct own_hosts *hosts)
{
	enum { WORD_BYTES = L7_INFO_PRODUCT_MAX, LEAST = 4 };
	_Static_assert((int)L7_INFO_ALPN_MAX <= (int)WORD_BYTES, "either fits");
	char labels[WORD_BYTES + 1] = "";

	for (size_t i = 0; i < WORD_BYTES && word[i]; i++) {
		bool is_label = isalnum((unsigned char)word[i]) || word[i] == '-' || word[i] == ':';
		labels[i] = is_label ? (char)tolower((unsigned char)word[i]) : '.';
	}
	if (strlen(labels) >= LEAST &&
		(own_hosts_hold(hosts, labels) || name_spells_address(labels, owner))) {
		memset(word, 0, strlen(word));
	}
}

/* "AnyDesk/9.0 (Annas-PC)": behind the first word stands what the program's owner has set. */
static void redact_product(char *product, const struct catalogue *catalogue)
{
	size_t length = strcspn(product, " ()[];,");
	bool is_known = catalogue &&
			catalogue_match_word(catalogue, RULE_USER_AGENT, product, length).app != 0;

	memset(product + (is_known ? length : 0), 0, strlen(product) - (is_known ? length : 0));
}

/* A machine of ours has a certificate that it, or an authority of our own, has signed. */
static void redact_issuer(struct l7_info *l7)
{
	char *issuer = l7->issuer_at ? l7->text + l7->issuer_at - 1 : NULL;

	if (block_is_public_issuer(l7)) {
		return;
	}
	l7->issuers[0] = l7->issuers[1] = 0;
	if (issuer) {
		memset(issuer, 0, strlen(issuer));
		l7->issuer_at = 0;
	}
}

void record_redact_names(
	struct record *record, const struct policy *policy, const struct own_names *own)
{
	struct l7_info *l7 = &record->l7;
	bool are_all = asks_forgotten(record, own);

	for (unsigned i = 0; i < l7->name_count; i++) {
		char *name = l7->text + l7->names[i].offset;
		if (are_all || name_tells_device(name, record, policy, own)) {
			memset(name, 0, l7->names[i].length);
			l7->names[i].length = 0;
		}
	}
	if ((l7->issuers[0] | l7->issuers[1]) != 0 && (are_all || names_own_machine(record))) {
		redact_issuer(l7);
	}
	redact_product(l7->product, own->catalogue);
	if (l7->product[0] || l7->alpn[0]) {
		struct name_owner owner = owner_of(record, policy, own->stations);
		redact_word(l7->product, &owner, own->hosts);
		redact_word(l7->alpn, &owner, own->hosts);
	}
}
