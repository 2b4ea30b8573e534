/* What look-ups say of a flow that begins: the client's latest name of the address, others that it
 * has for it, and what somebody else asked in its name. */
#include <limits.h>
#include <string.h>

#include "analyzer/classify/classify_parts.h"
#include "analyzer/classify/names.h"

static bool is_sent_by(const struct packet *packet, const struct addr *addr)
{
	bool from_high = packet->flags & PACKET_FROM_HIGH;
	struct addr sender = packet->flags & PACKET_V6
				     ? addr_from_v6(packet->key.v6.addr[from_high])
				     : addr_from_v4(packet->key.v4.addr[from_high]);

	return addr_equal(&sender, addr);
}

/* Systems begin with so many hops left: no router has passed the packet on. */
static bool is_of_neighbour(uint8_t hops)
{
	return hops == 64 || hops == 128 || hops == 255;
}

uint16_t classify_asker(const struct classify *classify, const struct packet *packet)
{
	uint8_t mac[6], hops;

	return sender_of_packet(mac, &hops, packet) ? names_asker(classify->tables.names, mac)
						    : NAMES_ASKER_HIDDEN;
}

/* A client whose own frames are in sight asks in its own frames. One that is behind a router may
 * ask by another one: nobody can tell. */
static bool is_anothers(const struct classify *classify, uint16_t asker,
	const struct flow_ends *ends, const struct packet *packet)
{
	uint8_t mac[6], hops;

	return asker != NAMES_ASKER_UNTOLD && is_sent_by(packet, &ends->source) &&
	       sender_of_packet(mac, &hops, packet) && is_of_neighbour(hops) &&
	       names_asker(classify->tables.names, mac) != asker;
}

/* The first so many names; is_doubted: as of an answer that the client did not ask for. */
static void add_names(
	struct l7_info *to, const struct l7_info *from, unsigned most, bool is_doubted)
{
	for (unsigned i = 0; i < from->name_count && i < most; i++) {
		unsigned source = is_doubted ? NAME_DNS_UNASKED : from->names[i].source;
		l7_info_add_name(
			to, (enum name_source)source, l7_info_name(from, i), from->names[i].length);
	}
}

void classify_add_names(
	const struct classify *classify, uint32_t number, bool is_doubted, struct l7_info *l7)
{
	if (number) {
		add_names(l7, l7_info_store_get(classify->tables.store, number), UINT_MAX,
			is_doubted);
	}
}

uint32_t classify_looked_up(struct classify *classify, struct names_place place,
	const struct flow_ends *ends, const struct packet *packet)
{
	struct l7_info_store *store = classify->tables.store;
	struct names_found found = names_find(
		classify->tables.names, place, &ends->source, &ends->destination, packet->time_ns);
	struct l7_info all;

	if (!found.l7) {
		return 0;
	}
	bool is_other = found.is_contested || is_anothers(classify, found.asker, ends, packet);
	if (!is_other && !found.others && !found.is_old) {
		l7_info_store_hold(store, found.l7);
		return found.l7;
	}
	const struct l7_info *latest = l7_info_store_get(store, found.l7);
	l7_info_clear(&all);
	add_names(&all, latest, 1, is_other);
	classify_add_names(
		classify, found.others, false, &all); /* before its aliases take the room */
	add_names(&all, latest, UINT_MAX, is_other);
	all.is_lookup_old = found.is_old;
	return l7_info_store_add(store, &all);
}

/* The hello names the address as no look-up of the client's does. */
void classify_note_use(struct classify *classify, const struct flow_ends *ends,
	const struct l7_info *l7, uint64_t time_ns)
{
	struct l7_info_store *store = classify->tables.store;
	bool is_other = l7->name_count > 1 && l7->names[0].source <= NAME_HTTP_HOST &&
			(l7_info_have_source(l7, NAME_DNS_QUERY) ||
				l7_info_have_source(l7, NAME_DNS_LOG)) &&
			!l7->is_contested;
	struct l7_info used;

	for (unsigned i = 1; is_other && i < l7->name_count; i++) {
		is_other = strcmp(l7_info_name(l7, i), l7_info_name(l7, 0)) != 0;
	}
	if (!is_other) {
		return;
	}
	l7_info_clear(&used);
	l7_info_add_name(&used, NAME_USED, l7_info_name(l7, 0), l7->names[0].length);
	uint32_t number = l7_info_store_add(store, &used);
	if (number) {
		names_use(
			classify->tables.names, &ends->source, &ends->destination, number, time_ns);
		l7_info_store_release(store, number);
	}
}
