/* Dissectors: what recognises a protocol by its first bytes and reads names from it. One struct
 * each, one table.
 *
 * A dissector is given bytes and a scratch struct l7_info to write into; it never sees the
 * collector, the flow or the packet. Streams (TCP) come as the bytes of one direction from the
 * first one that was not yet used: what is missing behind them was not seen yet. Datagrams come
 * whole.
 *
 * A signature must be strict: a claim that is wrong costs more than a flow that stays unnamed.
 * Nothing is kept of paths, queries, user names or content.
 *
 * To add one: a file, a line in DISSECTORS below, a fuzz target or a line in one. Order matters:
 * the first that does not say DISSECT_OTHER has the flow. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/l7_info.h"
#include "analyzer/classify/dissect/ja4.h"
#include "analyzer/classify/dissect/quic_pace.h"
#include "analyzer/classify/names.h"
#include "analyzer/classify/own_network.h"
#include "base/addr.h"
#include "base/reader.h"
#include "collector/reassembly.h"

/* Public names under which sites hide behind Encrypted ClientHello, learnt from DNS (ech_names.h).
 */
struct ech_names;
struct quic_crypto;
struct dns_questions;
struct call_servers;
struct call_sockets;
struct probe_key;

enum dissect_result {
	DISSECT_OTHER, /* not this protocol */
	DISSECT_MORE,  /* it is, or too short to tell; what follows in this direction is wanted */
	DISSECT_DONE   /* it is, and nothing more is to be learnt in this direction */
};

/* Who began a conversation, as far as its bytes tell. */
enum dissect_began { DISSECT_BEGAN_UNKNOWN, DISSECT_BEGAN_SENDER, DISSECT_BEGAN_RECEIVER };

/* Whom to ask about a flow that is nobody's yet, by the first byte of the payload: bit i is that of
 * dissectors[i]. */
struct dissector_choices {
	uint64_t streams[UINT8_MAX + 1], datagrams[UINT8_MAX + 1];
	uint64_t stream_began, datagram_began; /* those that can tell who began */
	uint64_t anybody; /* who is asked where nothing is known of who it is */
};

/* What all flows of a worker share. */
struct dissect_tables {
	struct l7_info_store *store;
	struct names *names;
	struct dns_questions *questions;
	struct lookups *lookups; /* who wants to know where names come from; NULL: nobody */
	struct ech_names *ech;
	struct reassembly *reassembly;
	struct quic_crypto *quic;
	struct call_sockets *calls;
	const struct call_servers *servers; /* NULL: nobody knows any */
	struct own_network own;
	const struct probe_key *probe; /* the key of probes; NULL: none is known */
	uint8_t *scratch;              /* DISSECT_SCRATCH_BYTES, for the length of a call */
	uint8_t *overlay;              /* as many, for whoever calls */
	uint64_t dns_answers, dns_unasked, dns_malformed;
	struct quic_pace pace;
	struct dissector_choices choices;
	struct ja4_cache ja4;
};

enum { DISSECT_SCRATCH_BYTES = REASSEMBLY_BYTES_MAX };

struct dissector;

enum { DISSECT_STREAMS = 4 };

/* A flow's own memory, zero at first; each dissector gives the words its meaning. */
struct dissect_state {
	uint64_t words[8];
	uint32_t streams[DISSECT_STREAMS]; /* reassemblies of the dissector's own, closed for it
					      when the flow ends; 0 none */
};

struct dissection {
	struct reader in;
	uint64_t time_ns;
	struct addr sender, receiver;
	uint16_t sender_port, receiver_port;
	bool from_source; /* sent by the initiator of the flow */
	bool is_answered; /* the other end of the flow's initiator has sent payload */
	bool is_later;    /* another conversation went before it between these ends */
	bool is_repeated; /* of datagrams: it goes to whom the one before went, or did in either
			     direction where it does not say so (l7_session.h) */
	bool is_hearsay; /* somebody outside wrote it into a tunnel: it teaches nothing of others */
	uint16_t asker;  /* of DNS: which machine sent the frame (names.h) */
	bool is_last;    /* nothing more will come in this direction: say what can be said */
	uint32_t wire_bytes; /* datagrams: length on the wire; more than what is in, where the
				capture cut it */
	uint32_t cut_bytes;  /* streams: so many of the segment's, behind what is in, the capture
				cut off */
	struct dissect_state *state;
	struct dissect_tables *tables;
	struct l7_info *l7;

	size_t used;      /* out: streams, how many of the bytes need not come again */
	bool resumes;     /* out, with DISSECT_MORE: can go on behind what was cut off */
	bool other_done;  /* out: nothing is to be learnt in the other direction either */
	bool begins_anew; /* out: these bytes begin another conversation between the same ends, and
			     are to be read as the first of it */
	bool begins_beside; /* out, datagrams: … which counts once the other end answers it */
	bool is_torn; /* out, streams: its lengths do not fit together, as of pieces of two; or
			 it is no answer to what the other end said */
	bool turns;   /* out, datagrams: the other end of the flow's initiator is the client,
		       and from now on source and destination change places */
	bool reopens_other; /* out, streams: what the other end says next is wanted after all */
	/* out, with DISSECT_MORE: another protocol goes on behind the used bytes. Where that turns
	 * out not to be so, whoever handed over is asked again. */
	bool hands_over;
	const struct dissector *become; /* who goes on; NULL: anybody */
};

/* The bytes with which something begins, as ranges; without any: all bytes. */
struct begins {
	uint8_t count;
	struct {
		uint8_t first, last;
	} ranges[4];
};
#define BEGINS(...)                                                                                \
	{                                                                                          \
		sizeof((uint8_t[][2]){ __VA_ARGS__ }) / 2,                                         \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

struct dissector {
	enum l7_protocol protocol;
	enum dissect_result (*stream)(struct dissection *dissection);   /* NULL: not over TCP */
	enum dissect_result (*datagram)(struct dissection *dissection); /* NULL: not over UDP */
	/* Streams that are its own: takes the next bytes where none of them has to come again, and
	 * what they change of what is known is done in place (exchange), which is most of what
	 * follows a hello. False: nothing was done, and stream() is to be asked. NULL: always ask.
	 */
	bool (*stream_passes)(struct dissect_state *state, struct l7_info *known, bool from_source,
		struct reader in);
	/* The first byte of everything that it does not call DISSECT_OTHER, in a flow that is
	 * nobody's yet: it is not asked about the rest. */
	struct begins stream_begins, datagram_begins;
	/* Who began, by bytes of a conversation whose beginning was missed; only what no other
	 * protocol looks like. NULL: they never tell. */
	enum dissect_began (*stream_began)(const struct dissection *dissection);
	enum dissect_began (*datagram_began)(const struct dissection *dissection);
	bool is_preamble; /* says nothing of what follows it: that begins as if nothing stood before
			   */
	bool is_inner;    /* asked only where somebody handed over to it */
	bool is_one_sided; /* of datagrams: only one end's show it */
	bool endless; /* worth reading as long as the flow lives (DNS): DISSECT_MORE without a limit
		       */
};

#define DISSECTORS(X)                                                                              \
	X(tls)                                                                                     \
	X(proxy)                                                                                   \
	X(http)                                                                                    \
	X(quic)                                                                                    \
	X(dns)                                                                                     \
	X(http2)                                                                                   \
	X(capsules)                                                                                \
	X(stun)                                                                                    \
	X(dtls)                                                                                    \
	X(wireguard)                                                                               \
	X(ipsec)                                                                                   \
	X(openvpn)                                                                                 \
	X(ssh)                                                                                     \
	X(mail)                                                                                    \
	X(xmpp)                                                                                    \
	X(socks)                                                                                   \
	X(smb)                                                                                     \
	X(rdp)                                                                                     \
	X(ldap)                                                                                    \
	X(kerberos)                                                                                \
	X(mqtt)                                                                                    \
	X(sip)                                                                                     \
	X(bittorrent)                                                                              \
	X(whatsapp)                                                                                \
	X(wechat)                                                                                  \
	X(qq)                                                                                      \
	X(telegram)                                                                                \
	X(discord)                                                                                 \
	X(viber)                                                                                   \
	X(zoom)                                                                                    \
	X(agora)                                                                                   \
	X(ultrasurf)                                                                               \
	X(ntp)                                                                                     \
	X(dhcp)                                                                                    \
	X(snmp)                                                                                    \
	X(ssdp)                                                                                    \
	X(radius)                                                                                  \
	X(syslog)                                                                                  \
	X(netflow)                                                                                 \
	X(things)                                                                                  \
	X(mysql)                                                                                   \
	X(tds)                                                                                     \
	X(postgresql)                                                                              \
	X(mongodb)                                                                                 \
	X(redis)                                                                                   \
	X(vnc)                                                                                     \
	X(nbd)                                                                                     \
	X(rpc)                                                                                     \
	X(coap)                                                                                    \
	X(dnscrypt)                                                                                \
	X(rtp)                                                                                     \
	X(mtproto)

#define X(name) extern const struct dissector dissector_##name;
DISSECTORS(X)
#undef X

/* The table, in order; and the place of one in it. */
enum {
#define X(name) DISSECTOR_##name,
	DISSECTORS(X)
#undef X
		DISSECTOR_COUNT
};
extern const struct dissector *const dissectors[DISSECTOR_COUNT];
void dissector_choices_init(struct dissector_choices *choices);

/* What follows the bytes before `in` is another protocol's: `become`, or anybody's. */
static inline enum dissect_result dissection_hand_over(
	struct dissection *dissection, const struct reader *in, const struct dissector *become)
{
	dissection->used = (size_t)(in->at - dissection->in.at);
	dissection->hands_over = true;
	dissection->become = become;
	return DISSECT_MORE;
}

static inline bool dissection_has_port(const struct dissection *dissection, uint16_t port)
{
	return dissection->sender_port == port || dissection->receiver_port == port;
}

/* Does a machine of ours speak, and does somebody want to know what it says of itself? */
static inline bool dissection_is_own_word(const struct dissection *dissection)
{
	return !dissection->is_hearsay &&
	       own_network_has(&dissection->tables->own, &dissection->sender);
}

/* Who began, where the sender is known to ask or to answer. */
static inline enum dissect_began began_by(bool asks, bool answers)
{
	return asks      ? DISSECT_BEGAN_SENDER
	       : answers ? DISSECT_BEGAN_RECEIVER
			 : DISSECT_BEGAN_UNKNOWN;
}

/* Of a conversation of which nothing is known yet. */
enum dissect_began dissectors_who_began(const struct dissector_choices *choices,
	const struct dissection *dissection, bool is_stream);

/* The protocol that these ports usually carry; a guess, for flows that show nothing. L7_UNKNOWN
 * where there is none. */
enum l7_protocol protocol_by_port(
	uint8_t ip_protocol, uint16_t source_port, uint16_t destination_port);
