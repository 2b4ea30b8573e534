/* What resolver logs say of lookups, for clients whose own are not on the wire: it fills the names
 * table as answers on the wire do. */
#include <string.h>

#include "analyzer/classify/classify_parts.h"
#include "analyzer/classify/dissect/dns.h"
#include "collector/log_clock.h"
#include "analyzer/classify/lookups.h"
#include "analyzer/classify/names.h"
#include "base/clock.h"

/* The resolver's clock may be behind ours, or its log tell whole seconds only. */
#define LOG_LATE_NS NS_PER_S

/* The name and its aliases as one l7 info. */
static uint32_t l7_of(struct classify *classify, const struct flow_name *name)
{
	struct l7_info *found = &classify->scratch;

	l7_info_clear(found);
	l7_info_add_name(found, NAME_DNS_LOG, name->name, strlen(name->name));
	for (unsigned i = 0; i < name->alias_count; i++) {
		const char *alias = name->aliases[i];
		size_t length = strlen(alias);
		if (found->text_length + length + 1 <= L7_INFO_TEXT_MAX - (L7_INFO_NAME_MAX + 1)) {
			l7_info_add_name(found, NAME_DNS_CNAME, alias, length);
		}
	}
	return l7_info_store_add(classify->tables.store, found);
}

/* A resolver of ours tells, and logs are its own: what it leads to us is ours. */
static void learn_own(const struct own_network *own, const struct flow_name *name)
{
	bool is_own = false;

	for (unsigned i = 0; i < name->address_count && !is_own; i++) {
		is_own = own_network_has(own, &name->addresses[i]);
	}
	if (is_own) {
		own->learn(own->whose, name->name);
	}
	for (unsigned i = 0; is_own && i < name->alias_count; i++) {
		own->learn(own->whose, name->aliases[i]);
	}
}

static void note_client(struct classify *classify, const struct addr *client)
{
	uint64_t *count = &classify->stats.name_clients;

	for (unsigned i = 0; i < *count; i++) {
		if (addr_equal(&classify->name_clients[i], client)) {
			return;
		}
	}
	if (*count < CLASSIFY_NAME_CLIENTS) {
		classify->name_clients[(*count)++] = *client;
	}
}

static void hear_name(struct classify *classify, const struct flow_name *name)
{
	struct names *names = classify->tables.names;
	struct names_place lookup =
		names_prefetch_lookup(names, &name->client, name->name, strlen(name->name));
	uint32_t l7 = name->address_count > 0 ? l7_of(classify, name) : 0;
	bool is_late = name_feed_is_live(classify->heard);

	classify->stats.names_heard++;
	classify->stats.names_bare += name->address_count == 0;
	learn_own(&classify->tables.own, name);
	if (classify->stats.name_clients < CLASSIFY_NAME_CLIENTS) {
		note_client(classify, &name->client);
	}
	if (classify->tables.lookups) {
		lookups_at(classify->tables.lookups, NULL);
	}
	names_note_lookup(names, lookup, name->time_ns);
	if (is_late) {
		names_note_since(names, lookup, name->time_ns);
	}
	const struct names_answer answer = { l7, name->ttl_s, true, NAMES_ASKER_UNTOLD };
	for (unsigned i = 0; l7 && i < name->address_count; i++) {
		const struct addr *address = &name->addresses[i];
		if (dns_is_sinkhole(address)) {
			continue;
		}
		struct names_place place = names_prefetch(names, &name->client, address);
		names_add(names, place, &name->client, address, &answer, name->time_ns);
		log_clock_take_name(classify->log_clock, &name->client, address, name->time_ns);
		if (is_late) {
			names_note_since(names, place, name->time_ns);
		}
	}
	l7_info_store_release(classify->tables.store, l7);
}

void classify_hear(struct classify *classify, uint64_t time_ns)
{
	const struct flow_name *name;

	classify->heard_ns = time_ns + LOG_LATE_NS;
	while ((name = name_feed_next(classify->heard, classify->heard_ns))) {
		hear_name(classify, name);
	}
}

void classify_finish(struct classify *classify)
{
	const struct flow_name *name;
	uint64_t until_ns = classify->heard_ns + LOG_CLOCK_APART_MOST_S * NS_PER_S;

	if (!classify->heard || name_feed_is_live(classify->heard) || classify->heard_ns == 0) {
		return;
	}
	while ((name = name_feed_next(classify->heard, until_ns))) {
		classify->stats.names_later++;
		for (unsigned i = 0; i < name->address_count; i++) {
			log_clock_take_name(classify->log_clock, &name->client, &name->addresses[i],
				name->time_ns);
		}
	}
}

void classify_tick(struct classify *classify, uint64_t time_ns)
{
	if (classify->heard && name_feed_is_live(classify->heard)) {
		classify_hear(classify, time_ns);
	}
}

void classify_name_late(
	struct classify *classify, const struct flow_record *flow, struct l7_info *l7)
{
	if (l7->name_count > 0 || !name_feed_is_live(classify->heard)) {
		return;
	}
	classify_hear(classify, flow->end_ns);
	struct names_found found = names_find_late(classify->tables.names, &flow->source,
		&flow->destination, flow->flow_start_ns + LOG_LATE_NS, flow->end_ns);
	classify_add_names(classify, found.l7, found.is_contested, l7);
	classify_add_names(classify, found.others, false, l7);
	l7->is_lookup_old = found.is_old;
}
