/* Clues: what the wire showed about a flow, before anybody says which app that is.
 *
 * Gathered by the dissectors on the worker, kept once for all flows that showed the same
 * (classify.h), copied by value into each record. Pointer-free. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* The protocol inside the transport; names as in network.protocol (ECS, lower case). A new
 * dissector adds a line. */
#define L7_PROTOCOLS(X)                                                                            \
	X(UNKNOWN, "")                                                                             \
	X(TLS, "tls")                                                                              \
	X(DTLS, "dtls")                                                                            \
	X(QUIC, "quic")                                                                            \
	X(HTTP, "http")                                                                            \
	X(HTTP2, "http2")                                                                          \
	X(DNS, "dns")                                                                              \
	X(MDNS, "mdns")                                                                            \
	X(LLMNR, "llmnr")                                                                          \
	X(NETBIOS, "netbios")                                                                      \
	X(STUN, "stun")                                                                            \
	X(RTP, "rtp")                                                                              \
	X(SIP, "sip")                                                                              \
	X(MTPROTO, "mtproto")                                                                      \
	X(QQ, "qq")                                                                                \
	X(WIREGUARD, "wireguard")                                                                  \
	X(OPENVPN, "openvpn")                                                                      \
	X(IPSEC, "ipsec")                                                                          \
	X(TOR, "tor")                                                                              \
	X(SSH, "ssh")                                                                              \
	X(SMTP, "smtp")                                                                            \
	X(IMAP, "imap")                                                                            \
	X(POP3, "pop3")                                                                            \
	X(FTP, "ftp")                                                                              \
	X(NTP, "ntp")                                                                              \
	X(DHCP, "dhcp")                                                                            \
	X(SNMP, "snmp")                                                                            \
	X(SSDP, "ssdp")                                                                            \
	X(BITTORRENT, "bittorrent")                                                                \
	X(SMB, "smb")                                                                              \
	X(RDP, "rdp")                                                                              \
	X(LDAP, "ldap")                                                                            \
	X(KERBEROS, "kerberos")                                                                    \
	X(MQTT, "mqtt")                                                                            \
	X(RADIUS, "radius")                                                                        \
	X(SOCKS, "socks")                                                                          \
	X(ICMP, "icmp")                                                                            \
	X(NETFLOW, "netflow")                                                                      \
	X(SYSLOG, "syslog")                                                                        \
	X(XMPP, "xmpp")                                                                            \
	X(DNSCRYPT, "dnscrypt")                                                                    \
	X(WHATSAPP, "whatsapp")                                                                    \
	X(MMTLS, "mmtls")                                                                          \
	X(APP_DISCOVERY, "app-discovery")                                                          \
	X(SPOTIFY, "spotify")                                                                      \
	X(MYSQL, "mysql")                                                                          \
	X(POSTGRESQL, "postgresql")                                                                \
	X(MONGODB, "mongodb")                                                                      \
	X(REDIS, "redis")                                                                          \
	X(VNC, "vnc")                                                                              \
	X(RPC, "onc-rpc")                                                                          \
	X(COAP, "coap")                                                                            \
	X(ULTRASURF, "ultrasurf")                                                                  \
	X(TDS, "tds")                                                                              \
	X(NBD, "nbd")                                                                              \
	X(SDRTN, "sd-rtn")

enum l7_protocol {
#define X(id, name) L7_##id,
	L7_PROTOCOLS(X)
#undef X
		L7_PROTOCOL_COUNT
};

const char *l7_protocol_name(enum l7_protocol protocol);

/* Why a flow has no name; names as in borderflow.name_hidden. */
#define NAME_HIDDEN(X)                                                                             \
	X(NONE, "none")                   /* a name was seen, or the protocol has none */          \
	X(ECH, "ech")                     /* Encrypted ClientHello: only the outer name shows */   \
	X(NO_SNI, "no-sni")               /* a TLS or QUIC hello without a server name */          \
	X(ENCRYPTED_DNS, "encrypted-dns") /* a lookup we cannot read */                            \
	X(OPAQUE, "opaque")               /* no hello seen: started before us, resumed, unknown */

enum name_hidden {
#define X(id, name) NAME_HIDDEN_##id,
	NAME_HIDDEN(X)
#undef X
		NAME_HIDDEN_COUNT
};

const char *name_hidden_name(enum name_hidden hidden);

/* Where a name was seen, strongest first. A CNAME is what the name above it pointed to on the way
 * to the address. */
enum name_source {
	NAME_TLS_SNI,
	NAME_QUIC_SNI,
	NAME_HTTP_HOST,
	NAME_DNS_QUERY, /* the client asked for this name and got this address */
	NAME_DNS_LOG,   /* the same, as a resolver's log has it */
	NAME_DNS_CNAME, /* of either */
	NAME_CERT,
	NAME_ECH_OUTER,   /* the public name of an ECH hello: not the app's */
	NAME_DNS_UNASKED, /* an answer led to this address for which no question was seen */
	NAME_USED,        /* so the client named the address before, in a flow of its own */
	NAME_SOURCE_COUNT
};

/* Lower case, without the final dot, at most 253 bytes (RFC 1035), bytes outside printable ASCII
 * kept as they came. */
struct clue_name {
	uint8_t source; /* enum name_source */
	uint8_t length;
	uint16_t offset; /* in l7.text; a NUL stands behind the name */
};

enum {
	L7_INFO_NAME_MAX = 253,
	L7_INFO_NAMES_MAX = 8,
	L7_INFO_TEXT_MAX = 1024,
	L7_INFO_ALPN_MAX = 16,
	L7_INFO_PRODUCT_MAX = 32,
	L7_INFO_JA4_MAX = 37
};

/* What is seen where somebody hides something, and elsewhere as well; names as in
 * borderflow.findings. */
#define L7_FINDINGS(X)                                                                             \
	X(UNANSWERED,                                                                              \
		"hello-unanswered") /* the server answered a hello of TLS with something else */   \
	X(UNRESOLVED, "name-unresolved") /* the client never asked for the name, as far as seen */ \
	X(CONTESTED, "hello-contested")  /* two hellos for the same place, with different names */ \
	X(REVERSED, "hello-reversed") /* a hello, request or app's format of who was connected to  \
				       */

enum l7_finding {
#define X(id, name) L7_FINDING_##id,
	L7_FINDINGS(X)
#undef X
		L7_FINDING_COUNT
};

/* Application data after the handshake of TLS or QUIC: one's own words, not the handshake's. */
enum l7_exchange {
	L7_EXCHANGE_UNWATCHED, /* another protocol, or the hello was not seen whole */
	L7_EXCHANGE_NONE,      /* not in both directions so far */
	L7_EXCHANGE_ONE,       /* the client's words and one answer, as small as a page may be */
	L7_EXCHANGE_MORE       /* the client went on after the answer, or the answer was larger */
};

/* Was it asked of a proxy (CONNECT, SOCKS)? Then the other end is not the service. */
enum l7_proxy {
	L7_PROXY_NONE,
	L7_PROXY_ASKED,
	L7_PROXY_REFUSED, /* the proxy said that this may not be */
	L7_PROXY_FETCHES  /* it was asked for a whole address: what it answers is the service's */
};

/* What ICMP said of it. */
enum l7_refusal {
	L7_REFUSAL_NONE,
	L7_REFUSAL_PROHIBITED, /* a rule forbids it */
	L7_REFUSAL_PORT,       /* nobody is at that port */
	L7_REFUSAL_NO_WAY      /* no way to the host */
};

struct l7_info {
	uint8_t protocol;     /* enum l7_protocol */
	uint8_t hidden;       /* enum name_hidden */
	uint16_t tls_version; /* 0x0304 is 1.3; chosen by the server where seen, else the best
				 offered; 0 none */
	uint32_t quic_version;
	bool protocol_by_port; /* the protocol is a guess from the port alone */
	bool not_captured;     /* bytes were exchanged, and the capture holds none of them */
	bool dns_blocked;  /* the client's lookup was answered with NXDOMAIN, REFUSED, a sinkhole or
			      no address at all */
	bool dns_answered; /* some lookup of the flow got an address that leads somewhere */
	bool dns_unanswered; /* others are answered, this one was not */
	bool dns_of_self;    /* asked for by the head of its zone (SOA), or to be changed: what
				machines do    about their own names */
	bool server_hello;   /* of TLS: the server's was seen, or its alert */
	uint8_t findings;    /* bits of enum l7_finding */
	uint8_t exchange;    /* enum l7_exchange */
	uint16_t issuer_at;  /* one more than the place in text of who signed; 0 not kept */
	/* Who signed the certificate that was seen: hashes of the common name and of the
	 * organisation (l7_issuer_hash()); 0 none. */
	uint64_t issuers[2];
	struct addr dns_address; /* that the first name asked for led to; where dns_answered */
	uint8_t through_proxy;   /* enum l7_proxy */
	bool is_quic_answered;   /* the server's Initial was seen */
	bool is_contested;  /* the beginning was sent twice, with different names: one of them is a
			 decoy */
	bool is_doubted;    /* the protocol is one end's word, beside something else */
	bool is_reversed;   /* who was connected to sent a hello, a request, or an app's wire format
			 that the other did not speak: its names are his word */
	bool is_lookup_old; /* the time of what the client looked up was over */
	uint8_t app_hint;   /* the wire format itself names a service: enum app_hint */
	uint8_t name_count;
	uint8_t refusal; /* of a probe's hello: enum l7_refusal */
	/* A probe's hello (probe_marker.h): time, segment and number that its marker says; time 0
	 * none. */
	uint32_t probe_time_s, probe_segment, probe_number;
	uint16_t refused_by_at;            /* as issuer_at, of who refused it */
	char alpn[L7_INFO_ALPN_MAX];       /* first protocol offered, or the one chosen; "" none */
	char product[L7_INFO_PRODUCT_MAX]; /* how an HTTP User-Agent begins ("AnyDesk/9.0"); "" none
					    */
	char ja4[L7_INFO_JA4_MAX];         /* "" none */
	struct clue_name names[L7_INFO_NAMES_MAX]; /* strongest first */
	uint16_t text_length;
	char text[L7_INFO_TEXT_MAX];
};

/* Services that their own wire format gives away (evidence "protocol"). */
enum app_hint {
	APP_HINT_NONE,
	APP_HINT_TELEGRAM,
	APP_HINT_WHATSAPP,
	APP_HINT_SIGNAL,
	APP_HINT_ZOOM,
	APP_HINT_TEAMS,
	APP_HINT_QQ,
	APP_HINT_WECHAT,
	APP_HINT_DISCORD,
	APP_HINT_GOOGLE_MEET,
	APP_HINT_FACEBOOK,
	APP_HINT_SNAPCHAT,
	APP_HINT_VIBER,
	APP_HINT_LINE,
	APP_HINT_SKYPE,
	APP_HINT_SPOTIFY,
	APP_HINT_DROPBOX,
	APP_HINT_WIREGUARD,
	APP_HINT_OPENVPN,
	APP_HINT_TOR,
	APP_HINT_ULTRASURF,
	APP_HINT_TAILSCALE,
	APP_HINT_AGORA,
	APP_HINT_COUNT
};

/* The catalogue id a hint stands for ("telegram"); NULL for APP_HINT_NONE. */
const char *app_hint_id(enum app_hint hint);

/* The hint that stands for it; APP_HINT_NONE for most. */
enum app_hint app_hint_of(const char *id);

/* The catalogue id of the app, or of the kind of service, that alone speaks the flow's protocol, or
 * whose wire format it is ("bittorrent"); NULL: none. */
const char *l7_info_format_app(const struct l7_info *l7);

/* Of an issuer's name, whatever its case; 0 of an empty one. */
uint64_t l7_issuer_hash(const char *name, size_t length);

/* Who signed, as the certificate has it, for evidence; never written down with a flow. What is not
 * plain ASCII shows as a question mark; "" where it is not known. */
void l7_info_set_issuer(struct l7_info *l7, const char *name, size_t length);
const char *l7_info_issuer(const struct l7_info *l7);

/* Who refused the hello, once all its names are known; "" nobody. */
void l7_info_set_refusal(struct l7_info *l7, enum l7_refusal refusal, const char *refused_by);
const char *l7_info_refused_by(const struct l7_info *l7);

static inline const char *l7_info_name(const struct l7_info *l7, unsigned index)
{
	return l7->text + l7->names[index].offset;
}

/* Nothing known; the text behind the names is left as it is. */
void l7_info_clear(struct l7_info *l7);

/* Adds a name (made lower case, final dot removed, NUL shown as a question mark), keeping the order
 * of strength; a name already there from the same source, an empty one, and one that finds no room
 * change nothing. A hello's finds room: the last names that are no stronger go. True where it was
 * added. */
bool l7_info_add_name(struct l7_info *l7, enum name_source source, const char *name, size_t length);
/* Those that the other l7 info has from that source. */
void l7_info_add_names(struct l7_info *l7, enum name_source source, const struct l7_info *from);
/* Did the client look the name up, as far as the wire or a resolver's log tells? */
static inline bool name_source_is_lookup(uint8_t source)
{
	return source == NAME_DNS_QUERY || source == NAME_DNS_LOG;
}
bool l7_info_have_source(const struct l7_info *l7, enum name_source source);
void l7_info_drop_names(struct l7_info *l7);
/* Keeps of the names from that source the first `count` alone. */
void l7_info_keep_names(struct l7_info *l7, enum name_source source, unsigned count);

/* The host a reader would call the destination: the strongest name that is not a CNAME or a
 * certificate; "" none. */
const char *l7_info_domain(const struct l7_info *l7);

/* How much of the struct is in use: everything before the text, and the text's own bytes. */
static inline size_t l7_info_used_bytes(const struct l7_info *l7)
{
	return offsetof(struct l7_info, text) + l7->text_length;
}

/* Copies what is used and not a byte more. */
void l7_info_copy(struct l7_info *to, const struct l7_info *from);
