/* Fragments: they wait until their datagram is whole, and then are what it is.
 *
 * A datagram's transport header and payload are handed over once, in one piece, with the fragment
 * that came first; the others are packets of the same flow that count their own bytes. Where a
 * tunnel is inside, the packet in it counts its bytes, and the other fragments are packets of that
 * flow without any: each byte is counted once. What is given up (too late, in the way of others,
 * pieces that contradict themselves) is decoded as far as its start is there. */
#include "collector/decode_steps.h"

/* Giving one up may bring up another, and that one in turn: so deep, then only what is known of a
 * flow already is used. */
enum { GIVING_UP_DEPTH = 3 };

/* A datagram that was taken out of the memory, to be decoded. */
struct taken {
	struct datagram_key key;
	struct datagram_flow flow;
	struct stretch stretch; /* from its start on; empty where that never came */
	struct stretch other;   /* the same with bytes that came in place of others */
	unsigned other_at;      /* the piece that brought them; 0: none did */
	bool has_start, is_broken;
	bool has_overlaps; /* what its bytes are is not sure */
	uint8_t protocol;
	unsigned steps, count;
	uint32_t frames;
	struct frame_chain chain; /* those, by arrival */
	struct {
		uint64_t time_ns;
		uint32_t ip_bytes, wire_bytes, frames;
	} pieces[DATAGRAM_PIECES_MAX]; /* by arrival */
};

static struct datagram_key key_of(const struct ip_layer *ip, uint16_t context)
{
	return (struct datagram_key){
		.source = ip->is_v6 ? addr_from_v6(ip->source) : addr_from_v4(ip->source),
		.destination =
			ip->is_v6 ? addr_from_v6(ip->destination) : addr_from_v4(ip->destination),
		.identification = ip->identification,
		.context = context,
		.protocol = ip->is_v6 ? 0 : ip->protocol,
		.is_v6 = ip->is_v6,
	};
}

/* The frames of what is being decoded. */
static struct frame_chain chain_of(const struct decoding *decoding)
{
	struct frame_links *links = decoding->decoder->links;

	return links && !decoding->chain.first ? frame_links_single(links) : decoding->chain;
}

/* How many bytes behind what was captured were there. Where the last fragment never came nobody
 * knows; TCP's numbers want what was seen, tunnels whatever their inner packet says. */
static uint32_t missing_bytes(const struct datagram *datagram, size_t captured_bytes)
{
	if (datagram->has_last) {
		return datagram->total_bytes - (uint32_t)captured_bytes;
	}
	return datagram->protocol == IP_TCP ? 0 : DATAGRAM_BYTES_MAX - (uint32_t)captured_bytes;
}

/* Empties the datagram's place; what it held is in taken, its bytes in the decoder's memory. */
static void take_datagram(
	struct decoder *decoder, struct datagram *datagram, bool is_broken, struct taken *taken)
{
	struct datagrams *datagrams = decoder->datagrams;
	size_t room;
	uint8_t *memory = payload_memory_room(&decoder->payloads, &room);
	size_t bytes = datagrams_copy(datagrams, datagram, false, memory, room);

	payload_memory_use(&decoder->payloads, bytes);
	taken->key = datagram->key;
	taken->flow = datagram->flow;
	taken->stretch =
		(struct stretch){ reader_over(memory, bytes), missing_bytes(datagram, bytes) };
	taken->has_start = bytes > 0;
	taken->is_broken = is_broken;
	taken->has_overlaps = datagram->has_overlaps;
	taken->protocol = datagram->protocol;
	taken->steps = datagram->steps;
	taken->frames = datagram->frames;
	taken->chain = (struct frame_chain){ 0, 0 };
	taken->count = taken->other_at = 0;
	for (const struct piece *piece = datagrams_earliest(datagrams, datagram); piece;
		piece = datagrams_later(datagrams, piece)) {
		unsigned i = taken->count++;
		taken->pieces[i].time_ns = piece->time_ns;
		taken->pieces[i].ip_bytes = piece->ip_bytes;
		taken->pieces[i].wire_bytes = piece->wire_bytes;
		taken->pieces[i].frames = piece->frames;
		taken->other_at = piece->is_other ? i : taken->other_at;
		frame_links_join(decoder->links, &taken->chain, piece->chain);
	}
	if (taken->other_at > 0) {
		memory = payload_memory_room(&decoder->payloads, &room);
		bytes = datagrams_copy(datagrams, datagram, true, memory, room);
		payload_memory_use(&decoder->payloads, bytes);
		taken->other = (struct stretch){ reader_over(memory, bytes),
			missing_bytes(datagram, bytes) };
	}
	decoder->stats.held -= datagram->frames;
	datagrams_release(datagrams, datagram);
}

/* A packet of the same flow that has no header of its own, and so many companions that have no
 * bytes either; they came in the first frames of the chain. */
static void emit_without_header(struct decoder *decoder, const struct packet *of, uint64_t time_ns,
	uint32_t ip_bytes, uint32_t frames, struct frame_chain *chain)
{
	struct packet packet = *of;

	packet.time_ns = time_ns;
	packet.payload_bytes = packet.payload_wire_bytes = 0;
	packet.tcp_seq = packet.tcp_ack = 0;
	packet.tcp_flags = 0;
	packet.tcp_window = 0;
	packet.flags = (uint8_t)((of->flags & ~PACKET_REASSEMBLED) | PACKET_FRAGMENT);
	for (uint32_t i = 0; i < frames; i++) {
		packet.ip_bytes = i == 0 ? ip_bytes : 0;
		frame_links_tell_of(decoder->links, chain);
		decode_emit(decoder, &packet);
	}
	frame_links_tell_on(decoder->links);
}

/* The key of a flow without ports. */
static void set_bare_key(struct packet *packet, const struct taken *taken)
{
	const struct datagram_key *key = &taken->key;

	if (key->is_v6) {
		packet_set_key6(packet, key->source.bytes, key->destination.bytes, 0, 0,
			taken->protocol, key->context);
	} else {
		packet_set_key4(packet, key->source.bytes + 12, key->destination.bytes + 12, 0, 0,
			taken->protocol, key->context);
	}
}

/* Do its fragments say nothing of the flow without the first one? */
static bool protocol_has_parts(uint8_t protocol)
{
	return protocol_has_ports(protocol) || protocol == IP_ICMP || protocol == IP_ICMPV6;
}

/* Where its start never came: packets of the flow that one with the same key was a moment ago, or
 * of a flow without ports where its protocol has none; or nobody knows. */
static void emit_headless(struct decoder *decoder, const struct taken *taken)
{
	struct frame_chain chain = taken->chain;
	struct packet of = taken->flow.packet;
	uint64_t age_ns = taken->pieces[0].time_ns - taken->flow.time_ns;
	bool is_known =
		taken->flow.is_known && (age_ns <= DATAGRAM_HELD_NS || -age_ns <= DATAGRAM_HELD_NS);

	if (!is_known) {
		if (protocol_has_parts(taken->protocol)) {
			decoder->stats.refused[DECODE_REFUSED_FRAGMENT_ORPHAN] += taken->frames;
			return;
		}
		set_bare_key(&of, taken);
	}
	for (unsigned i = 0; i < taken->count; i++) {
		emit_without_header(decoder, &of, taken->pieces[i].time_ns,
			is_known && taken->flow.was_tunnel ? 0 : taken->pieces[i].ip_bytes,
			taken->pieces[i].frames, &chain);
	}
}

/* Decodes what there is from the start on, as if it were one packet. */
static int decode_taken(
	struct decoder *decoder, struct taken *taken, struct packet *packet, bool *is_plain)
{
	const struct context *context = contexts_get(decoder->contexts, taken->key.context);
	struct decoding decoding = { .decoder = decoder,
		.packet = packet,
		.time_ns = taken->pieces[0].time_ns,
		.context = *context,
		.steps = taken->steps,
		.frames = taken->frames,
		.chain = taken->chain };
	unsigned addr_at = taken->key.is_v6 ? 0 : 12;
	struct ip_layer ip = { .source = taken->key.source.bytes + addr_at,
		.destination = taken->key.destination.bytes + addr_at,
		.ip_bytes = taken->pieces[0].ip_bytes,
		.protocol = taken->protocol,
		.is_v6 = taken->key.is_v6,
		.is_closed = taken->is_broken || taken->has_overlaps,
		.is_plain = is_plain };

	while (decoding.tunnel_count < CONTEXT_TUNNELS_MAX &&
		context->tunnels[decoding.tunnel_count] != TUNNEL_NONE) {
		decoding.tunnel_count++;
	}
	int result = decode_ip_payload(&decoding, &ip, &taken->stretch);
	if (result == DECODE_DONE && *is_plain) {
		packet->flags |= PACKET_REASSEMBLED;
		if (taken->is_broken) {
			packet->payload_bytes = packet->payload_wire_bytes = 0;
		}
	}
	return result;
}

/* The fragment with which other bytes came is the packet that these make of the datagram: which of
 * the two arrived nobody else knows. False where they make none. */
static bool emit_other(struct decoder *decoder, struct taken *taken, struct frame_chain *chain)
{
	const struct stretch first = taken->stretch;
	struct packet packet;
	bool is_plain = false;

	taken->stretch = taken->other;
	bool is_packet =
		decode_taken(decoder, taken, &packet, &is_plain) == DECODE_DONE && is_plain;
	taken->stretch = first;
	if (is_packet) {
		packet.time_ns = taken->pieces[taken->other_at].time_ns;
		packet.ip_bytes = taken->pieces[taken->other_at].ip_bytes;
		frame_links_tell_of(decoder->links, chain);
		decode_emit(decoder, &packet);
		frame_links_tell_on(decoder->links);
	}
	return is_packet;
}

/* The packets that the datagram's other fragments are, where the first is this one. Of the piece
 * that came last so many frames are told of by whoever asked, and one is the packet. */
static void emit_companions(struct decoder *decoder, struct taken *taken,
	const struct packet *packet, bool is_plain, uint32_t told_of, struct frame_chain *chain)
{
	if (!is_plain) {
		emit_without_header(
			decoder, packet, packet->time_ns, 0, taken->frames - 1 - told_of, chain);
		return;
	}
	for (unsigned i = 0; i < taken->count; i++) {
		uint32_t frames = taken->pieces[i].frames;
		frames -= i == taken->count - 1 ? told_of : 0;
		if (i == 0) {
			emit_without_header(decoder, packet, packet->time_ns, 0, frames - 1, chain);
		} else if (i != taken->other_at || frames != 1 ||
			   !emit_other(decoder, taken, chain)) {
			emit_without_header(decoder, packet, taken->pieces[i].time_ns,
				taken->pieces[i].ip_bytes, frames, chain);
		}
	}
}

/* Which flow it was, in its place in the memory, unless that was taken meanwhile. */
static void remember_flow(struct datagram *datagram, const struct taken *taken,
	const struct packet *packet, bool is_plain)
{
	if (datagram_is(datagram, &taken->key)) {
		datagram->flow =
			(struct datagram_flow){ true, !is_plain, packet->time_ns, *packet };
	}
}

static void give_up(struct decoder *decoder, struct datagram *datagram, bool is_broken)
{
	struct taken taken;
	struct packet packet;
	struct frame_chain chain;
	bool is_plain = false;

	take_datagram(decoder, datagram, is_broken || datagram->has_overlaps, &taken);
	chain = taken.chain;
	if (!taken.has_start || decoder->giving_up == GIVING_UP_DEPTH) {
		emit_headless(decoder, &taken);
		return;
	}
	decoder->giving_up++;
	int result = decode_taken(decoder, &taken, &packet, &is_plain);
	decoder->giving_up--;
	if (result == DECODE_DONE) {
		remember_flow(datagram, &taken, &packet, is_plain);
		frame_links_tell_of(decoder->links, &chain);
		decode_emit(decoder, &packet);
		emit_companions(decoder, &taken, &packet, is_plain, 0, &chain);
	} else if (result != DECODE_HELD) {
		decoder->stats.refused[result] += taken.frames;
	}
}

/* The datagram is whole. */
static int decode_whole(struct decoding *decoding, struct datagram *datagram)
{
	struct decoder *decoder = decoding->decoder;
	struct taken taken;
	struct frame_chain chain;
	bool is_plain = false;

	take_datagram(decoder, datagram, false, &taken);
	chain = taken.chain; /* the packet is of the frame in hand, which stands last */
	const struct reader bytes = taken.stretch.reader;
	int result = decode_taken(decoder, &taken, decoding->packet, &is_plain);
	if (result == DECODE_DONE) {
		remember_flow(datagram, &taken, decoding->packet, is_plain);
		if (is_plain) {
			recent_datagrams_keep(
				&decoder->recent_datagrams, &taken.key, decoding->time_ns, bytes);
		}
		emit_companions(
			decoder, &taken, decoding->packet, is_plain, decoding->frames - 1, &chain);
	} else if (result != DECODE_HELD) {
		decoder->stats.refused[result] += taken.frames - decoding->frames;
	}
	return result;
}

/* A fragment, alone: its datagram is given up, or was whole. */
static struct taken alone_of(const struct decoding *decoding, const struct datagram_key *key,
	const struct ip_layer *ip, struct stretch stretch)
{
	return (struct taken){ .key = *key,
		.stretch = stretch,
		.has_start = ip->fragment_offset == 0,
		.protocol = ip->protocol,
		.steps = decoding->steps,
		.frames = decoding->frames,
		.chain = chain_of(decoding),
		.count = 1,
		.pieces = { { decoding->time_ns, ip->ip_bytes, 0, decoding->frames } } };
}

/* A fragment that contradicts those that were there: its datagram is given up, and it stands alone:
 * with its ports where it has them, but without payload. */
static int decode_contradiction(struct decoding *decoding, struct datagram *datagram,
	const struct datagram_key *key, const struct ip_layer *ip, struct stretch *stretch)
{
	struct taken alone = alone_of(decoding, key, ip, *stretch);
	bool is_plain = false;
	int result = DECODE_HELD;

	alone.is_broken = true;
	if (alone.has_start) {
		result = decode_taken(decoding->decoder, &alone, decoding->packet, &is_plain);
		if (result == DECODE_DONE) {
			remember_flow(datagram, &alone, decoding->packet, is_plain);
		}
	}
	if (datagram_waits(datagram)) {
		give_up(decoding->decoder, datagram, true);
	}
	if (!alone.has_start) {
		alone.flow = datagram_is(datagram, key) ? datagram->flow : alone.flow;
		emit_headless(decoding->decoder, &alone);
	}
	return result;
}

/* A fragment of a datagram that was whole, with other bytes: what the two make is its packet, and
 * what the next one of that kind is read with. */
static bool decode_late_version(struct decoding *decoding, const struct datagram_key *key,
	const struct ip_layer *ip, const struct stretch *stretch)
{
	struct decoder *decoder = decoding->decoder;
	bool is_plain = false;
	size_t room;
	uint8_t *memory = payload_memory_room(&decoder->payloads, &room);
	size_t bytes = recent_datagrams_read_with(&decoder->recent_datagrams, key,
		decoding->time_ns, ip->fragment_offset, stretch->reader, memory, room);

	if (bytes == 0) {
		return false;
	}
	payload_memory_use(&decoder->payloads, bytes);
	struct stretch whole = { reader_over(memory, bytes), 0 };
	recent_datagrams_keep(&decoder->recent_datagrams, key, decoding->time_ns, whole.reader);
	struct taken taken = alone_of(decoding, key, ip, whole);
	return decode_taken(decoder, &taken, decoding->packet, &is_plain) == DECODE_DONE &&
	       is_plain;
}

/* The place for this datagram, with room for another piece of so many bytes. */
static struct datagram *find_place(
	struct decoding *decoding, const struct datagram_key *key, size_t bytes)
{
	struct decoder *decoder = decoding->decoder;

	for (;;) {
		struct datagram *other;
		while ((other = datagrams_in_the_way(
				decoder->datagrams, bytes, decoding->time_ns)) != NULL) {
			give_up(decoder, other, false);
		}
		struct datagram *datagram = datagrams_place(decoder->datagrams, key);
		if (datagram_is(datagram, key)) {
			return datagram;
		}
		if (!datagram_waits(datagram)) {
			datagram_claim(datagram, key);
			return datagram;
		}
		give_up(decoder, datagram, false);
	}
}

/* A capture that holds packets twice holds their fragments twice. Who numbers no datagram may send
 * the same piece of two. */
static bool came_twice(const struct decoding *decoding, uint16_t context, const struct ip_layer *ip,
	const struct stretch *stretch)
{
	struct packet piece = { .time_ns = decoding->time_ns,
		.tcp_seq = ip->identification,
		.tcp_ack = ip->fragment_offset,
		.tcp_window = ip->more_fragments,
		.ip_id = (uint16_t)(ip->identification | ip->identification >> 16),
		.ip_bytes = ip->ip_bytes,
		.payload = stretch->reader.at,
		.payload_bytes = (uint32_t)reader_left(&stretch->reader),
		.payload_wire_bytes = (uint32_t)stretch_wire_bytes(stretch) };

	if (ip->is_v6) {
		packet_set_key6(&piece, ip->source, ip->destination, 0, 0, ip->protocol, context);
	} else {
		packet_set_key4(&piece, ip->source, ip->destination, 0, 0, ip->protocol, context);
	}
	piece.flags |= PACKET_FRAGMENT;
	return duplicates_have_piece(decoding->decoder->duplicates, &piece);
}

int decode_fragment(struct decoding *decoding, const struct ip_layer *ip, struct stretch *stretch)
{
	struct decoder *decoder = decoding->decoder;
	uint16_t context = decode_context(decoding);

	/* Counted here, and held by nobody: in a tunnel it is no reason to look at the outside. */
	if (came_twice(decoding, context, ip, stretch)) {
		decoder->stats.refused[DECODE_REFUSED_DUPLICATE] += decoding->frames;
		return DECODE_HELD;
	}
	struct datagram_key key = key_of(ip, context);
	if (decode_late_version(decoding, &key, ip, stretch)) {
		return DECODE_DONE;
	}
	size_t bytes = reader_left(&stretch->reader);
	struct datagram *datagram = find_place(decoding, &key, bytes);
	struct piece piece = { .time_ns = decoding->time_ns,
		.offset = ip->fragment_offset,
		.wire_bytes = (uint32_t)stretch_wire_bytes(stretch),
		.captured_bytes = (uint32_t)bytes,
		.ip_bytes = ip->ip_bytes,
		.frames = decoding->frames,
		.chain = chain_of(decoding) };

	if (ip->fragment_offset == 0 || datagram->piece_count == 0) {
		datagram->protocol = ip->protocol; /* the first one's counts (RFC 8200 4.5) */
	}
	datagram->steps = (uint16_t)decoding->steps;
	bool is_last = !ip->more_fragments;
	enum datagram_state state =
		datagrams_add(decoder->datagrams, datagram, &piece, stretch->reader.at, is_last);
	if (state == DATAGRAM_BROKEN && !ip->is_v6) {
		state = datagrams_add_over(
			decoder->datagrams, datagram, &piece, stretch->reader.at, is_last);
	}
	switch (state) {
	case DATAGRAM_WAITS:
		decoder->stats.held += decoding->frames;
		return DECODE_HELD;
	case DATAGRAM_WHOLE:
		decoder->stats.held += decoding->frames;
		return decode_whole(decoding, datagram);
	default:
		return decode_contradiction(decoding, datagram, &key, ip, stretch);
	}
}

bool decode_give_up_one(struct decoder *decoder, uint64_t now_ns)
{
	struct datagram *datagram = now_ns == UINT64_MAX
					    ? datagrams_oldest(decoder->datagrams)
					    : datagrams_in_the_way(decoder->datagrams, 0, now_ns);

	if (datagram) {
		give_up(decoder, datagram, false);
	}
	return datagram != NULL;
}

void decode_drop_held(struct decoder *decoder)
{
	struct datagram *datagram;

	while ((datagram = datagrams_oldest(decoder->datagrams)) != NULL) {
		decoder->stats.held -= datagram->frames;
		decoder->stats.refused[DECODE_REFUSED_FRAGMENT_ORPHAN] += datagram->frames;
		datagrams_release(decoder->datagrams, datagram);
	}
}
