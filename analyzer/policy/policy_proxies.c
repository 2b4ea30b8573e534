/* The word "proxies": what stands between the body's devices and the services they ask for.
 *
 *     networks   of its proxies and of the gateways of a cloud provider that it sends all through
 *     issuers    of certificates by which it opens TLS itself */
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"

static void read_networks(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_prefixes(reader, value, &((struct proxies *)target)->networks);
}

static void read_issuers(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct proxies *proxies = target;
	const struct yaml_node *item = NULL;

	proxies->issuers = calloc(policy_count_texts(value) + 1, sizeof(uint64_t));
	while (proxies->issuers && (item = policy_next_text(reader, value, item))) {
		proxies->issuers[proxies->issuer_count++] =
			l7_issuer_hash(item->text, strlen(item->text));
	}
}

static const struct policy_word proxy_words[] = {
	{ "networks", read_networks },
	{ "issuers", read_issuers },
	{ NULL, NULL },
};

void policy_read_proxies(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_words(
		reader, value, "proxies", proxy_words, &((struct policy *)target)->proxies);
}

void policy_free_proxies(struct proxies *proxies)
{
	prefix_index_destroy(proxies->networks);
	free(proxies->issuers);
}

static bool is_own_issuer(const struct proxies *proxies, const struct l7_info *l7)
{
	for (uint32_t i = 0; i < proxies->issuer_count; i++) {
		if (proxies->issuers[i] != 0 && (proxies->issuers[i] == l7->issuers[0] ||
							proxies->issuers[i] == l7->issuers[1])) {
			return true;
		}
	}
	return false;
}

/* Did a lookup of the name that it asks for lead to this very address? Then it is the service. */
static bool is_service_itself(const struct l7_info *l7)
{
	for (unsigned i = 1; i < l7->name_count; i++) {
		if (name_source_is_lookup(l7->names[i].source) &&
			strcmp(l7_info_name(l7, i), l7_info_name(l7, 0)) == 0) {
			return true;
		}
	}
	return false;
}

/* Whoever asks one of our servers to be his proxy is no proxy himself; and some write the whole
 * address to a server of the web as well. */
static bool is_asked_for_another(const struct record *record)
{
	enum { PORT_WEB = 80 };
	bool is_web = record->l7.protocol == L7_HTTP && record->flow.destination_port == PORT_WEB;

	return record->l7.through_proxy && record->own_side == RECORD_SOURCE && !is_web &&
	       !is_service_itself(&record->l7);
}

void policy_note_proxy(const struct policy *policy, struct record *record)
{
	const struct proxies *proxies = &policy->proxies;

	if (record->via != RECORD_VIA_DIRECT) {
		return;
	}
	if (is_asked_for_another(record) || is_own_issuer(proxies, &record->l7) ||
		(proxies->networks && prefix_index_find(proxies->networks,
					      record_remote_addr(record)) != PREFIX_NONE)) {
		record->via = RECORD_VIA_PROXY;
	}
}

bool policy_is_own_proxy(const struct policy *policy, const struct addr *own)
{
	const struct prefix_index *networks = policy->proxies.networks;

	return networks && prefix_index_find(networks, own) != PREFIX_NONE;
}

bool policy_is_end_a_proxy(const struct policy *policy, const struct record *record)
{
	return record->via == RECORD_VIA_PROXY && !is_own_issuer(&policy->proxies, &record->l7);
}
