/* What ARP, neighbour discovery and DHCP say of who has which address (sightings.h). Nothing here
 * changes what becomes of the frame. */
#include "collector/decode_steps.h"

/* DHCP's port numbers, 4 and 6. */
enum { SERVER_4 = 67, CLIENT_4 = 68, CLIENT_6 = 546, SERVER_6 = 547 };

bool decode_is_of_segment(const struct decoding *decoding)
{
	for (unsigned i = 0; i < decoding->tunnel_count; i++) {
		if (decoding->context.tunnels[i] != TUNNEL_VLAN &&
			decoding->context.tunnels[i] != TUNNEL_QINQ) {
			return false;
		}
	}
	return decoding->macs != NULL;
}

static const uint8_t *sender_of(const struct decoding *decoding)
{
	return decoding->macs + 6;
}

static bool is_sender(const struct decoding *decoding, const uint8_t *mac)
{
	return mac && memcmp(mac, sender_of(decoding), 6) == 0 && !(mac[0] & 1);
}

static struct sighting *add(
	const struct decoding *decoding, enum sighting_kind kind, const uint8_t *mac)
{
	struct sightings *list = decoding->decoder->sightings;
	struct sighting *sighting = list ? sightings_add(list) : NULL;

	if (sighting) {
		*sighting = (struct sighting){ .time_ns = decoding->time_ns,
			.kind = (uint8_t)kind,
			.vlan_id = decoding->context.vlan_id };
		if (mac) {
			memcpy(sighting->mac, mac, sizeof(sighting->mac));
		}
	}
	return sighting;
}

void decode_sight_arp(const struct decoding *decoding, const struct stretch *stretch)
{
	enum { ETHERNET = 1, TYPE_IPV4 = 0x0800 };
	static const uint8_t nobody[4];
	struct reader reader = stretch->reader;
	uint16_t hardware = reader_u16(&reader), protocol = reader_u16(&reader);
	uint16_t lengths = reader_u16(&reader), operation = reader_u16(&reader);
	const uint8_t *mac = reader_bytes(&reader, 6), *addr = reader_bytes(&reader, 4);

	if (!decode_is_of_segment(decoding) || !reader_ok(&reader) || hardware != ETHERNET ||
		protocol != TYPE_IPV4 || lengths != 0x0604 || operation == 0 || operation > 2 ||
		!is_sender(decoding, mac) || memcmp(addr, nobody, sizeof(nobody)) == 0) {
		return;
	}
	struct sighting *sighting = add(decoding, SIGHTING_ARP, mac);
	if (sighting) {
		sighting->addr = addr_from_v4(addr);
	}
}

/* The link-layer address in an option of that type. */
static const uint8_t *find_link_option(struct reader reader, uint8_t wanted)
{
	while (reader_left(&reader) >= 8) {
		uint8_t type = reader_u8(&reader), words = reader_u8(&reader);
		if (words == 0) {
			break;
		}
		struct reader value = reader_sub(&reader, words * 8U - 2);
		if (type == wanted) {
			return reader_bytes(&value, 6);
		}
	}
	return NULL;
}

void decode_sight_neighbour(
	const struct decoding *decoding, const struct ip_layer *ip, const struct stretch *stretch)
{
	enum { SOLICITATION = 135, ADVERTISEMENT = 136, SOURCE_LINK = 1, TARGET_LINK = 2 };
	static const uint8_t unspecified[16];
	struct reader reader = stretch->reader;
	uint8_t type = reader_u8(&reader);
	bool asks = type == SOLICITATION;

	/* Beyond a router it would have less left (RFC 4861, 6.1). */
	if ((!asks && type != ADVERTISEMENT) || ip->hop_limit != 255 ||
		!decode_is_of_segment(decoding)) {
		return;
	}
	reader_skip(&reader, 7);
	const uint8_t *target = reader_bytes(&reader, 16);
	const uint8_t *mac = find_link_option(reader, asks ? SOURCE_LINK : TARGET_LINK);
	const uint8_t *addr = asks ? ip->source : target;
	if (!target || !is_sender(decoding, mac) || memcmp(addr, unspecified, 16) == 0) {
		return;
	}
	struct sighting *sighting = add(decoding, SIGHTING_NEIGHBOUR, mac);
	if (sighting) {
		sighting->addr = addr_from_v6(addr);
	}
}

static uint32_t fingerprint(uint32_t hash, uint8_t option, const struct reader *value)
{
	hash = (hash ? hash : 2166136261U) ^ option;
	for (const uint8_t *at = value->at; at < value->end; at++) {
		hash = hash * 16777619U ^ *at;
	}
	return hash ? hash : 1;
}

/* What DHCP says, either of them, before it is known whether it is worth a sighting. */
struct dhcp {
	const struct hash_key *key;
	uint8_t message;
	const uint8_t *mac, *addr;
	const struct ip_layer *ip; /* of the server or relay; NULL: the client itself */
	uint64_t client, name;
	uint32_t options, lease_s;
};

static void take_option_4(struct dhcp *dhcp, uint8_t option, struct reader value)
{
	enum { NAME = 12, LEASE_TIME = 51, MESSAGE = 53, WANTED = 55, VENDOR = 60, CLIENT = 61 };

	switch (option) {
	case NAME:
		dhcp->name = sighting_hash(dhcp->key, 'n', value.at, reader_left(&value));
		break;
	case LEASE_TIME:
		dhcp->lease_s = reader_u32(&value);
		break;
	case MESSAGE:
		dhcp->message = reader_u8(&value);
		break;
	case WANTED:
	case VENDOR:
		dhcp->options = fingerprint(dhcp->options, option, &value);
		break;
	case CLIENT:
		/* One of type 1 repeats the MAC and says nothing more. RFC 4361's holds a DUID
		 * behind the interface's number: then it is the same as DHCPv6's. */
		if (reader_left(&value) > 7) {
			reader_skip(&value, value.at[0] == 255 ? 5 : 0);
			dhcp->client = sighting_hash(dhcp->key, 'c', value.at, reader_left(&value));
		}
		break;
	default:
		break;
	}
}

static bool read_dhcp_4(struct dhcp *dhcp, struct reader reader, bool *is_relayed)
{
	enum { PAD = 0, END = 255, MAGIC = 0x63825363 };
	static const uint8_t nobody[4];

	reader_skip(&reader, 1);
	uint16_t hardware = reader_u16(&reader); /* Ethernet, six bytes */
	reader_skip(&reader, 9);
	const uint8_t *current = reader_bytes(&reader, 4), *given = reader_bytes(&reader, 4);
	reader_skip(&reader, 4);
	const uint8_t *relay = reader_bytes(&reader, 4);
	dhcp->mac = reader_bytes(&reader, 6);
	reader_skip(&reader, 10 + 64 + 128);
	uint32_t magic = reader_u32(&reader);
	if (!reader_ok(&reader) || hardware != 0x0106 || magic != MAGIC || (dhcp->mac[0] & 1)) {
		return false;
	}
	while (reader_left(&reader) > 0) {
		uint8_t option = reader_u8(&reader);
		if (option == PAD) {
			continue;
		}
		if (option == END) {
			break;
		}
		struct reader value = reader_sub(&reader, reader_u8(&reader));
		if (!reader_ok(&reader)) {
			return false;
		}
		take_option_4(dhcp, option, value);
	}
	dhcp->addr = memcmp(given, nobody, 4) != 0     ? given
		     : memcmp(current, nobody, 4) != 0 ? current
						       : NULL;
	*is_relayed = memcmp(relay, nobody, 4) != 0;
	return true;
}

static void put_dhcp(const struct decoding *decoding, const struct dhcp *dhcp,
	enum sighting_kind kind, bool is_v6)
{
	struct sighting *sighting = add(decoding, kind, dhcp->mac);

	if (sighting) {
		sighting->client = dhcp->client;
		sighting->name = dhcp->name;
		sighting->options = dhcp->options;
		sighting->lease_s = dhcp->lease_s;
		if (dhcp->ip) {
			sighting->giver = is_v6 ? addr_from_v6(dhcp->ip->source)
						: addr_from_v4(dhcp->ip->source);
		}
		if (dhcp->addr) {
			sighting->addr =
				is_v6 ? addr_from_v6(dhcp->addr) : addr_from_v4(dhcp->addr);
		}
	}
}

static void sight_dhcp_4(
	const struct decoding *decoding, const struct ip_layer *ip, struct reader reader)
{
	enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5, INFORM = 8 };
	struct dhcp dhcp = { .key = &decoding->decoder->name_key, .ip = ip };
	bool is_relayed;

	if (!read_dhcp_4(&dhcp, reader, &is_relayed)) {
		return;
	}
	if ((dhcp.message == ACK || dhcp.message == OFFER) && dhcp.addr) {
		dhcp.name = 0; /* the server's idea of it */
		put_dhcp(decoding, &dhcp, dhcp.message == ACK ? SIGHTING_LEASE : SIGHTING_OFFER,
			false);
	} else if ((dhcp.message == DISCOVER || dhcp.message == REQUEST ||
			   dhcp.message == INFORM) &&
		   (is_relayed || is_sender(decoding, dhcp.mac))) {
		dhcp.ip = is_relayed ? ip : NULL;
		put_dhcp(decoding, &dhcp, SIGHTING_ASK, false);
	}
}

enum { RELAYS_MAX = 4 };

static void take_option_6(struct dhcp *dhcp, uint16_t option, struct reader value)
{
	enum { CLIENT = 1, ADDRESSES = 3, ADDRESS = 5, WANTED = 6, VENDOR = 16 };

	switch (option) {
	case CLIENT:
		dhcp->client = sighting_hash(dhcp->key, 'c', value.at, reader_left(&value));
		break;
	case WANTED:
	case VENDOR:
		dhcp->options = fingerprint(dhcp->options, (uint8_t)option, &value);
		break;
	case ADDRESSES:
		reader_skip(&value, 12);
		if (reader_u16(&value) == ADDRESS) {
			reader_skip(&value, 2);
			dhcp->addr = reader_bytes(&value, 16);
			reader_skip(&value, 4);
			dhcp->lease_s = reader_u32(&value);
			dhcp->addr = reader_ok(&value) ? dhcp->addr : NULL;
		}
		break;
	default:
		break;
	}
}

/* A relay's envelope: what is in it, and the client's MAC where the relay says it (RFC 6939). */
static bool open_relay(struct dhcp *dhcp, struct reader *reader)
{
	enum { MESSAGE = 9, LINK_ADDRESS = 79 };
	struct reader inner = reader_over(NULL, 0);

	reader_skip(reader, 33);
	while (reader_left(reader) >= 4) {
		uint16_t option = reader_u16(reader);
		struct reader value = reader_sub(reader, reader_u16(reader));
		if (option == MESSAGE) {
			inner = value;
		} else if (option == LINK_ADDRESS && reader_u16(&value) == 1) {
			dhcp->mac = reader_bytes(&value, 6);
		}
	}
	*reader = inner;
	return reader_left(&inner) > 4;
}

static void sight_dhcp_6(const struct decoding *decoding, const struct ip_layer *ip,
	struct reader reader, bool to_client)
{
	enum { SOLICIT = 1, REQUEST = 3, REBIND = 6, REPLY = 7, FORWARD = 12, RELAY_REPLY = 13 };
	struct dhcp dhcp = { .key = &decoding->decoder->name_key, .ip = ip };
	unsigned relays = 0;

	dhcp.message = reader_u8(&reader);
	while ((dhcp.message == FORWARD || dhcp.message == RELAY_REPLY) && relays++ < RELAYS_MAX &&
		open_relay(&dhcp, &reader)) {
		dhcp.message = reader_u8(&reader);
	}
	bool asks = dhcp.message == SOLICIT || (dhcp.message >= REQUEST && dhcp.message <= REBIND);
	if ((!asks && dhcp.message != REPLY) || relays > RELAYS_MAX) {
		return;
	}
	if (relays == 0 && (asks || to_client)) {
		dhcp.mac = asks ? sender_of(decoding) : decoding->macs;
	}
	reader_skip(&reader, 3);
	while (reader_left(&reader) >= 4) {
		uint16_t option = reader_u16(&reader);
		take_option_6(&dhcp, option, reader_sub(&reader, reader_u16(&reader)));
	}
	if (!reader_ok(&reader) || dhcp.client == 0 || (dhcp.mac && (dhcp.mac[0] & 1))) {
		return;
	}
	if (asks) {
		dhcp.addr = NULL; /* what it would like to have */
		dhcp.ip = relays > 0 ? ip : NULL;
		put_dhcp(decoding, &dhcp, SIGHTING_ASK, true);
	} else if (dhcp.addr) {
		put_dhcp(decoding, &dhcp, SIGHTING_LEASE, true);
	}
}

void decode_sight_dhcp(const struct decoding *decoding, const struct ip_layer *ip,
	uint16_t destination_port, const struct stretch *payload)
{
	bool is_4 = destination_port == SERVER_4 || destination_port == CLIENT_4;
	bool is_6 = destination_port == SERVER_6 || destination_port == CLIENT_6;

	if ((!is_4 && !is_6) || ip->is_v6 != is_6 || !decode_is_of_segment(decoding)) {
		return;
	}
	if (is_4) {
		sight_dhcp_4(decoding, ip, payload->reader);
	} else {
		sight_dhcp_6(decoding, ip, payload->reader, destination_port == CLIENT_6);
	}
}
