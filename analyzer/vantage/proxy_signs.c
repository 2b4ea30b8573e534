#include "analyzer/vantage/proxy_signs.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/block.h"
#include "base/quick_hash.h"
#include "collector/reserve.h"

enum {
	SETS = 512,
	WAYS = 4,
	GATEWAYS_MAX = 8,
	DOMAINS_MAX = 16,
	OWNERS_MAX = 8,
	NETWORKS_MAX = 4,
	DEVICES_MAX = 4,
	DOMAINS_LEAST = 8,
	OWNERS_LEAST = 4,
	NETWORKS_LEAST = 3,
	DEVICES_LEAST = 3,
	HOUSES_LEAST = 2,
	ANSWER_LEAST = 4000 /* bytes of HTTP: more than a page that says no */
};

/* A few different values, as hashes. */
struct few {
	uint32_t items[DOMAINS_MAX];
	uint8_t count;
};

struct sign {
	uint64_t key; /* of issuer, or of address and port; 0: none */
	bool is_told;
	uint8_t houses; /* bits of those that serve from their own addresses alone */
	struct few domains, owners, networks, devices;
	struct proxy_found found;
};

struct proxy_signs {
	struct sign sets[SETS][WAYS];
	struct proxy_found gateways[GATEWAYS_MAX]; /* by their places below */
	uint32_t told;                             /* issuers and addresses */
};

/* Owners that serve from networks of their own, or from caches that serve nobody else: names of two
 * of them never share an address. */
static const char *const houses[] = { "Alphabet", "Meta Platforms", "Netflix", "Telegram" };

/* Companies whose networks others' traffic goes through, as registries write them. */
static const char *const gateways[GATEWAYS_MAX] = { "Zscaler", "Netskope", "Menlo Security",
	"iboss", "Forcepoint", "Cato Networks", "Skyhigh Security", "Open Systems AG" };

struct proxy_signs *proxy_signs_create(void)
{
	return reserve_map(sizeof(struct proxy_signs));
}

void proxy_signs_destroy(struct proxy_signs *signs)
{
	reserve_unmap(signs, sizeof(*signs));
}

static void few_add(struct few *few, unsigned most, uint64_t hash)
{
	uint32_t item = (uint32_t)(hash ^ hash >> 32);

	for (unsigned i = 0; i < few->count; i++) {
		if (few->items[i] == item) {
			return;
		}
	}
	if (few->count < most) {
		few->items[few->count++] = item;
	}
}

/* A network where nobody knows whose it is: /16, or /32 of IPv6. */
static uint64_t hash_network(const struct addr *addr)
{
	struct addr network = { .bytes = { 0 } };

	memcpy(network.bytes, addr->bytes, addr_is_v4(addr) ? 14 : 4);
	return quick_hash_addr(0, &network);
}

/* The part of a name that somebody registers: two labels, three below a short one ("co.uk"). */
static const char *domain_of(const char *name)
{
	const char *end = name + strlen(name), *at = end;
	unsigned labels = 0;

	while (at > name && labels < 3) {
		const char *dot = at - 1;
		while (dot > name && *dot != '.') {
			dot--;
		}
		const char *start = *dot == '.' ? dot + 1 : dot;
		labels++;
		bool is_short = labels == 2 && at - start <= 3;
		at = dot;
		if (labels >= 2 && !is_short) {
			return start;
		}
	}
	return *at == '.' ? at + 1 : at;
}

/* The owner of the app that the flow's own name tells; NULL where none does. */
static const char *owner_of(const struct reference *reference, const struct record *record)
{
	enum {
		OWN_NAMES = 1 << EVIDENCE_TLS_SNI | 1 << EVIDENCE_QUIC_SNI | 1 << EVIDENCE_HTTP_HOST
	};
	const struct app *app = record->verdict.evidence & OWN_NAMES && !record->verdict.inferred
					? catalogue_app(reference->catalogue, record->verdict.app)
					: NULL;

	return app && !app->shared ? app->parent : NULL;
}

/* Words of the service's own, both ways. */
static bool is_exchange(const struct record *record)
{
	const struct l7_info *l7 = &record->l7;

	return l7->exchange == L7_EXCHANGE_MORE ||
	       (l7->protocol == L7_HTTP && record->flow.total_bytes[1] >= ANSWER_LEAST);
}

static uint64_t issuer_key(const struct l7_info *l7)
{
	uint64_t issuer = l7->issuers[0] ? l7->issuers[0] : l7->issuers[1];

	return issuer && !block_is_public_issuer(l7) ? issuer : 0;
}

static uint64_t address_key(const struct record *record)
{
	return quick_hash_addr(record->flow.destination_port, &record->flow.destination) | 1;
}

static struct sign *find(struct proxy_signs *signs, uint64_t key)
{
	struct sign *set = signs->sets[quick_hash(0, key) % SETS];

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == key) {
			return &set[i];
		}
	}
	return NULL;
}

/* In the place of the one that shows least; NULL where all are told. */
static struct sign *make(struct proxy_signs *signs, uint64_t key)
{
	struct sign *set = signs->sets[quick_hash(0, key) % SETS], *least = NULL;

	for (unsigned i = 0; i < WAYS; i++) {
		if (!set[i].is_told && (!least || set[i].domains.count < least->domains.count)) {
			least = &set[i];
		}
	}
	if (least) {
		*least = (struct sign){ .key = key };
	}
	return least;
}

static void show_name(struct proxy_found *found, const char *domain)
{
	for (unsigned i = 0; i < PROXY_NAMES_SHOWN; i++) {
		if (strcmp(found->names[i], domain) == 0) {
			return;
		}
		if (found->names[i][0] == '\0') {
			snprintf(found->names[i], PROXY_NAME_BYTES, "%.*s", PROXY_NAME_BYTES - 1,
				domain);
			return;
		}
	}
}

static void learn(struct sign *sign, const char *owner, const struct record *record)
{
	const struct addr *server = &record->flow.destination;
	const char *domain = domain_of(l7_info_domain(&record->l7));
	uint8_t owners = sign->owners.count;

	few_add(&sign->domains, DOMAINS_MAX, quick_hash_text(0, domain));
	few_add(&sign->owners, OWNERS_MAX, quick_hash_text(0, owner));
	few_add(&sign->networks, NETWORKS_MAX,
		record->place.asn ? record->place.asn : hash_network(server));
	few_add(&sign->devices, DEVICES_MAX, quick_hash_addr(0, &record->device.identity));
	for (unsigned i = 0; i < sizeof(houses) / sizeof(houses[0]); i++) {
		sign->houses |= strncmp(owner, houses[i], strlen(houses[i])) == 0 ? 1 << i : 0;
	}
	if (sign->owners.count > owners) {
		show_name(&sign->found, domain);
	}
	sign->found.domains = sign->domains.count;
	sign->found.owners = sign->owners.count;
	sign->found.networks = sign->networks.count;
	sign->found.devices = sign->devices.count;
}

static bool has_many_names(const struct sign *sign)
{
	return sign->domains.count >= DOMAINS_LEAST && sign->owners.count >= OWNERS_LEAST;
}

static bool is_issuer_told(const struct sign *sign)
{
	return has_many_names(sign) && sign->networks.count >= NETWORKS_LEAST;
}

static bool is_address_told(const struct sign *sign, const struct record *record)
{
	return has_many_names(sign) &&
	       (record->direction == RECORD_DIRECTION_INTERNAL ||
		       (sign->devices.count >= DEVICES_LEAST &&
			       __builtin_popcount(sign->houses) >= HOUSES_LEAST));
}

static void tell(struct proxy_signs *signs, struct sign *sign, enum proxy_sign kind,
	const struct record *record)
{
	char address[ADDR_TEXT_MAX];

	sign->is_told = true;
	signs->told++;
	sign->found.sign = (uint8_t)kind;
	if (kind == PROXY_SIGN_ISSUER) {
		snprintf(sign->found.title, PROXY_TITLE_BYTES, "%s", l7_info_issuer(&record->l7));
	} else {
		addr_format(&record->flow.destination, address);
		snprintf(sign->found.title, PROXY_TITLE_BYTES, "%s, %u", address,
			record->flow.destination_port);
	}
}

/* A flow goes through it. What was sent to one outside went there (enrich_behind_proxy()). */
static void count(struct proxy_found *found, const struct record *record)
{
	bool is_first = record->flow.part == 0;

	found->flows += is_first;
	found->outside += is_first && record->direction != RECORD_DIRECTION_INTERNAL &&
			  geo_zone_is_outside(record->place.zone);
}

/* Looks under a key: learns where there is an owner, and says whether it is told. */
static bool look(struct proxy_signs *signs, uint64_t key, enum proxy_sign kind, const char *owner,
	const struct record *record, const struct proxy_found **found)
{
	struct sign *sign = key ? find(signs, key) : NULL;

	sign = !sign && key && owner ? make(signs, key) : sign;
	if (!sign) {
		return false;
	}
	if (owner && !sign->is_told) {
		learn(sign, owner, record);
		if (kind == PROXY_SIGN_ISSUER ? is_issuer_told(sign)
					      : is_address_told(sign, record)) {
			tell(signs, sign, kind, record);
		}
	}
	if (sign->is_told) {
		count(&sign->found, record);
	}
	*found = &sign->found;
	return sign->is_told;
}

static bool is_letter(char letter, char other)
{
	enum { CASE = 'a' ^ 'A' };

	return ((letter ^ other) & ~CASE) == 0;
}

static struct proxy_found *gateway_of(
	struct proxy_signs *signs, const struct reference *reference, const struct record *record)
{
	const char *company = reference->geo && record->place.organization
				      ? geo_organization(reference->geo, record->place.organization)
				      : "";

	for (unsigned i = 0; company[0] && i < GATEWAYS_MAX; i++) {
		if (is_letter(company[0], gateways[i][0]) &&
			strncasecmp(company, gateways[i], strlen(gateways[i])) == 0) {
			snprintf(signs->gateways[i].title, PROXY_TITLE_BYTES, "%s", company);
			return &signs->gateways[i];
		}
	}
	return NULL;
}

/* Is the name somebody else's than the gateway's own? */
static bool is_foreign(const struct proxy_found *gateway, const char *owner)
{
	size_t length = strcspn(gateway->title, " ,");

	return strncasecmp(owner, gateway->title, length) != 0;
}

static bool may_tell(const struct record *record)
{
	return record->via == RECORD_VIA_DIRECT && record->own_side == RECORD_SOURCE &&
	       !record_is_hearsay(record) && record->direction != RECORD_DIRECTION_EXTERNAL;
}

enum proxy_sign proxy_signs_take(struct proxy_signs *signs, const struct reference *reference,
	const struct record *record, const struct proxy_found **found)
{
	if (!may_tell(record)) {
		return PROXY_SIGN_NONE;
	}
	const char *owner = owner_of(reference, record);
	const char *teaches = owner && is_exchange(record) ? owner : NULL;
	struct proxy_found *gateway = owner ? gateway_of(signs, reference, record) : NULL;
	if (gateway && is_foreign(gateway, owner)) {
		gateway->sign = PROXY_SIGN_GATEWAY;
		count(gateway, record);
		show_name(gateway, domain_of(l7_info_domain(&record->l7)));
		*found = gateway;
		return PROXY_SIGN_GATEWAY;
	}
	if (!teaches && signs->told == 0) {
		return PROXY_SIGN_NONE;
	}
	if (look(signs, address_key(record), PROXY_SIGN_ADDRESS, teaches, record, found)) {
		return PROXY_SIGN_ADDRESS;
	}
	return look(signs, issuer_key(&record->l7), PROXY_SIGN_ISSUER, teaches, record, found)
		       ? PROXY_SIGN_ISSUER
		       : PROXY_SIGN_NONE;
}
