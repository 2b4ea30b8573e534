#include "analyzer/classify/dissect/carried.h"

#include <string.h>

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/quic_header.h"

bool carried_of_path(const char *path, size_t length, struct carried_request *carried)
{
	static const struct {
		const char *path, *word;
	} forms[] = {
		{ "/.well-known/masque/udp/", "connect-udp" },
		{ "/.well-known/masque/ip/", "connect-ip" },
	};

	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t form_length = strlen(forms[i].path);
		const char *at = memmem(path, length, forms[i].path, form_length);
		if (!at) {
			continue;
		}
		const char *host = at + form_length;
		const char *end = memchr(host, '/', length - (size_t)(host - path));
		size_t host_length = end ? (size_t)(end - host) : 0;
		*carried = (struct carried_request){ forms[i].word, host, host_length,
			host_length > 0 && host[0] != '*' && !memchr(host, '%', host_length) };
		return host_length > 0;
	}
	return false;
}

enum { IP_TCP = 6, IP_UDP = 17, TLS_HANDSHAKE = 0x16 };

static bool is_hello(const struct clue_name *name)
{
	return name->source <= NAME_QUIC_SNI;
}

/* Have hellos inside said different names? */
static bool have_several_hellos(const struct l7_info *l7)
{
	bool have = false;

	for (unsigned i = 1; i < l7->name_count && is_hello(&l7->names[i]); i++) {
		have |= strcmp(l7_info_name(l7, i), l7_info_name(l7, 0)) != 0;
	}
	return have;
}

/* A hello of TLS, of either end, stands in the segment's beginning, as far as it goes. */
static void read_inner_stream(struct dissection *dissection, struct reader in)
{
	struct dissect_state state = { 0 };
	struct dissection inner = *dissection;

	if (reader_left(&in) > 0 && in.at[0] == TLS_HANDSHAKE) {
		inner.in = in;
		inner.state = &state;
		inner.is_last = true;
		dissector_tls.stream(&inner);
		dissection->l7->exchange = L7_EXCHANGE_UNWATCHED;
	}
}

static enum dissect_result read_inner_datagram(struct dissection *dissection, struct reader in)
{
	struct dissection inner = *dissection;

	inner.in = in;
	inner.wire_bytes = (uint32_t)reader_left(&in);
	if (reader_left(&in) == 0) {
		return DISSECT_MORE;
	}
	enum dissect_result result = dissector_quic.datagram(&inner);
	dissection->other_done |= inner.other_done;
	return result == DISSECT_OTHER ? DISSECT_MORE : result;
}

/* An IP packet as long as the capsule: what its transport carries; false where it is none. */
static bool read_inner_packet(
	struct dissection *dissection, struct reader in, enum dissect_result *result)
{
	struct reader packet = in;
	uint8_t first = reader_u8(&packet), protocol;

	*result = DISSECT_MORE;
	if (first >> 4 == 4) {
		reader_skip(&packet, 1);
		uint16_t bytes = reader_u16(&packet);
		reader_skip(&packet, 5);
		protocol = reader_u8(&packet);
		reader_skip(&packet, (first & 15) * 4U - 10);
		if (bytes != reader_left(&in) || (first & 15) < 5) {
			return false;
		}
	} else {
		reader_skip(&packet, 3);
		uint16_t bytes = reader_u16(&packet);
		protocol = reader_u8(&packet);
		reader_skip(&packet, 33);
		if (first >> 4 != 6 || bytes != reader_left(&packet)) {
			return false;
		}
	}
	if (protocol == IP_UDP) {
		reader_skip(&packet, 8);
		*result = read_inner_datagram(dissection, packet);
	} else if (protocol == IP_TCP) {
		struct reader header = packet;
		reader_skip(&header, 12);
		reader_skip(&packet, (reader_u8(&header) >> 4) * 4U);
		read_inner_stream(dissection, packet);
	}
	return true;
}

/* Of what a CONNECT carries the first bytes tell. */
static enum dissect_result read_content(struct dissection *dissection, struct reader in)
{
	enum dissect_result result = DISSECT_MORE;

	if (reader_left(&in) == 0 || read_inner_packet(dissection, in, &result)) {
		return result;
	}
	if (in.at[0] == TLS_HANDSHAKE) {
		read_inner_stream(dissection, in);
		return DISSECT_DONE;
	}
	return read_inner_datagram(dissection, in);
}

enum have { HAVE_WHOLE, HAVE_PART, HAVE_NONE };

/* A capsule; its content where it is a datagram or packet (context 0), else nothing. */
static enum have next_capsule(struct reader *in, struct reader *content)
{
	enum { CAPSULE_DATAGRAM = 0, CAPSULE_BYTES_MAX = UINT16_MAX };
	struct reader peek = *in;
	uint64_t type = quic_varint(&peek), bytes = quic_varint(&peek);

	*content = reader_over(NULL, 0);
	if (!reader_ok(&peek) || (bytes > reader_left(&peek) && bytes <= CAPSULE_BYTES_MAX)) {
		return HAVE_PART;
	}
	if (bytes > CAPSULE_BYTES_MAX || (type == CAPSULE_DATAGRAM && bytes < 2)) {
		return HAVE_NONE;
	}
	struct reader value = reader_sub(&peek, bytes);
	*in = peek;
	if (type == CAPSULE_DATAGRAM && quic_varint(&value) == 0 && reader_ok(&value)) {
		*content = value;
	}
	return HAVE_WHOLE;
}

/* A frame of HTTP/2, which no capsule looks like; the content of one with data: a capsule, or what
 * a CONNECT carries. */
static enum have next_frame(struct reader *in, struct reader *content)
{
	enum { FRAME_DATA = 0, TYPE_MAX = 9, FRAME_BYTES_MAX = 16384, HEAD_BYTES = 9 };
	struct reader peek = *in;
	uint32_t bytes = reader_u24(&peek);
	uint8_t type = reader_u8(&peek);

	*content = reader_over(NULL, 0);
	if (!reader_ok(&peek)) {
		return HAVE_PART;
	}
	if (bytes > FRAME_BYTES_MAX || type > TYPE_MAX) {
		return HAVE_NONE;
	}
	reader_skip(&peek, HEAD_BYTES - 4);
	struct reader data = reader_sub(&peek, bytes);
	if (!reader_ok(&peek)) {
		return HAVE_PART;
	}
	*in = peek;
	if (type == FRAME_DATA) {
		struct reader capsule = data;
		bool is_capsule =
			next_capsule(&capsule, content) == HAVE_WHOLE && reader_left(content) > 0;
		*content = is_capsule ? *content : data;
	}
	return HAVE_WHOLE;
}

/* Behind a request that asked a proxy to carry something. Hellos inside name the flow; several with
 * different names are several conversations in one. */
static enum dissect_result capsules_stream(struct dissection *dissection)
{
	struct reader in = dissection->in, content;
	enum dissect_result result = DISSECT_MORE;

	while (reader_left(&in) > 0 && result == DISSECT_MORE) {
		enum have have = next_frame(&in, &content);
		have = have == HAVE_NONE ? next_capsule(&in, &content) : have;
		if (have != HAVE_WHOLE) {
			bool is_part = have == HAVE_PART && !dissection->is_last;
			return is_part                 ? DISSECT_MORE
			       : dissection->used == 0 ? DISSECT_OTHER
						       : DISSECT_DONE;
		}
		result = read_content(dissection, content);
		dissection->used = (size_t)(in.at - dissection->in.at);
	}
	dissection->l7->is_contested |= have_several_hellos(dissection->l7);
	return result;
}

const struct dissector dissector_capsules = {
	.protocol = L7_HTTP, .stream = capsules_stream, .is_inner = true
};
