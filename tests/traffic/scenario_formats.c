/* What is known by its format, where no name helps: calls and their relays, Telegram's transport,
 * tunnels, encrypted lookups. A device of its own for each row, and no lookups but encrypted ones.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/call_session.h"
#include "tests/traffic/hello.h"
#include "tests/traffic/quic_flight.h"
#include "tests/traffic/quic_packet.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/services.h"
#include "tests/traffic/tunnel_session.h"
#include "tests/traffic/udp_session.h"

enum { PACKETS = 60, EXCHANGES = 12, ROUNDS = 2 };

enum format {
	FORMAT_CALL,
	FORMAT_TUNNEL,
	FORMAT_OPENVPN_TCP,
	FORMAT_MTPROTO,
	FORMAT_TLS,  /* text: the server's name; alpn as said */
	FORMAT_QUIC, /* the same */
};

/* What is not said: no text, no ALPN, known by its format where its app is known, nothing hidden.
 */
static const struct row {
	const char *device;
	uint8_t format, kind;
	const char *addr;
	uint16_t port;
	const char *app, *protocol;
	const char *text; /* a realm or a name */
	const char *alpn, *evidence, *hidden;
} rows[] = {
	{ "stun", FORMAT_CALL, CALL_STUN, "185.39.147.70", 3478, "unknown", .protocol = "stun" },
	{ "stun-other-port", FORMAT_CALL, CALL_STUN, "185.39.147.70", 19999, "unknown",
		.protocol = "stun" },
	{ "turn", FORMAT_CALL, CALL_TURN, "185.39.147.71", 3478, "unknown", .protocol = "stun",
		.text = "exempelmote.example" },
	{ "whatsapp-relay", FORMAT_CALL, CALL_WHATSAPP_RELAY, "157.240.205.62", 3478, "whatsapp",
		.protocol = "stun" },
	{ "whatsapp-peer", FORMAT_CALL, CALL_WHATSAPP_PEER, "81.228.44.7", 51413, "whatsapp",
		.protocol = "stun" },
	{ "telegram-reflector", FORMAT_CALL, CALL_TELEGRAM_PEERTAG, "91.108.13.5", 599, "telegram",
		.protocol = "mtproto" },
	{ "telegram-turn", FORMAT_CALL, CALL_TURN, "91.108.9.38", 1400, "telegram",
		.protocol = "stun", .text = "telegram.org" },
	{ "signal-turn", FORMAT_CALL, CALL_TURN, "76.223.92.171", 3478, "signal",
		.protocol = "stun", .text = "signal.org" },
	{ "facebook-turn", FORMAT_CALL, CALL_TURN, "157.240.205.63", 3478, "facebook",
		.protocol = "stun", .text = "turner.facebook" },
	{ "teams", FORMAT_CALL, CALL_TEAMS, "52.112.120.30", 3478, "teams", .protocol = "stun",
		.text = "rtcmedia.exempelmote.example" },
	{ "zoom", FORMAT_CALL, CALL_ZOOM, "170.114.131.9", 8801, "zoom", .protocol = "rtp" },
	{ "discord", FORMAT_CALL, CALL_DISCORD, "66.22.196.10", 50004, "discord",
		.protocol = "rtp" },
	{ "mtproto-abridged", FORMAT_MTPROTO, MTPROTO_ABRIDGED, "149.154.167.51", 443, "telegram",
		.protocol = "mtproto" },
	{ "mtproto-intermediate", FORMAT_MTPROTO, MTPROTO_INTERMEDIATE, "149.154.167.91", 80,
		"telegram", .protocol = "mtproto" },
	{ "mtproto-disguised", FORMAT_MTPROTO, MTPROTO_OBFUSCATED, "149.154.175.50", 443,
		"telegram", .protocol = "mtproto" },
	{ "mtproto-5222", FORMAT_MTPROTO, MTPROTO_OBFUSCATED, "91.108.56.130", 5222, "telegram",
		.protocol = "mtproto" },
	{ "mtproto-by-proxy", FORMAT_MTPROTO, MTPROTO_OBFUSCATED, "185.39.147.72", 8443, "telegram",
		.protocol = "mtproto" },
	{ "wireguard", FORMAT_TUNNEL, TUNNEL_WIREGUARD, "185.39.147.73", 51820, "wireguard",
		.protocol = "wireguard" },
	{ "wireguard-on-443", FORMAT_TUNNEL, TUNNEL_WIREGUARD, "185.39.147.73", 443, "wireguard",
		.protocol = "wireguard" },
	{ "wireguard-late", FORMAT_TUNNEL, TUNNEL_WIREGUARD_LATE, "185.39.147.73", 2049,
		"wireguard", .protocol = "wireguard" },
	{ "openvpn", FORMAT_TUNNEL, TUNNEL_OPENVPN, "185.39.147.74", 1194, "openvpn",
		.protocol = "openvpn" },
	{ "openvpn-auth", FORMAT_TUNNEL, TUNNEL_OPENVPN_AUTH, "185.39.147.74", 443, "openvpn",
		.protocol = "openvpn" },
	{ "openvpn-tcp", FORMAT_OPENVPN_TCP, 0, "185.39.147.74", 443, "openvpn",
		.protocol = "openvpn" },
	{ "ike", FORMAT_TUNNEL, TUNNEL_IKE, "185.39.147.75", 500, "ipsec", .protocol = "ipsec" },
	{ "esp", FORMAT_TUNNEL, TUNNEL_ESP_IN_UDP, "185.39.147.75", 4500, "ipsec",
		.protocol = "ipsec" },
	{ "tor", FORMAT_TLS, 0, "185.39.147.76", 9001, "tor", .protocol = "tor",
		.text = "www.q7vhx3kdzn5w2j.com" },
	{ "relay", FORMAT_QUIC, 0, "17.248.209.70", 443, "icloud-private-relay", .protocol = "quic",
		.text = "mask.icloud.com", .alpn = "h3", .evidence = "quic-sni" },
	{ "relay-tcp", FORMAT_TLS, 0, "17.248.209.71", 443, "icloud-private-relay",
		.protocol = "tls", .text = "mask-h2.icloud.com", .alpn = "h2",
		.evidence = "tls-sni" },
	{ "dot", FORMAT_TLS, 0, "9.9.9.9", 853, "doh-quad9", .protocol = "tls",
		.text = "dns.quad9.net", .alpn = "dot", .evidence = "tls-sni",
		.hidden = "encrypted-dns" },
	{ "dot-no-name", FORMAT_TLS, 0, "9.9.9.9", 853, "*", .protocol = "tls", .alpn = "dot",
		.evidence = "-", .hidden = "encrypted-dns" },
	{ "doq", FORMAT_QUIC, 0, "94.140.14.14", 853, "doh-adguard", .protocol = "quic",
		.text = "dns.adguard-dns.com", .alpn = "doq", .evidence = "quic-sni",
		.hidden = "encrypted-dns" },
	{ "doh", FORMAT_TLS, 0, "104.16.248.249", 443, "doh-cloudflare", .protocol = "tls",
		.text = "cloudflare-dns.com", .alpn = "h2", .evidence = "tls-sni", .hidden = "-" },
	{ "doh3", FORMAT_QUIC, 0, "8.8.4.4", 443, "doh-google", .protocol = "quic",
		.text = "dns.google", .alpn = "h3", .evidence = "quic-sni", .hidden = "-" },
};

static const char *text_of(const char *text)
{
	return text ? text : "";
}

static struct truth_flow truth_of(const struct row *row)
{
	const struct app_facts *facts = app_facts(row->app);
	bool has_name = row->format == FORMAT_TLS || row->format == FORMAT_QUIC;
	struct truth_flow truth = {
		.app = row->app,
		.evidence = row->evidence                      ? row->evidence
			    : strcmp(row->app, "unknown") == 0 ? "-"
							       : "protocol",
		.l7_protocol = row->protocol,
		.hidden = row->hidden ? row->hidden : "none",
		.name_flow = TRUTH_NO_FLOW,
	};

	if (facts) {
		truth.category = facts->category;
		truth.owner_country = facts->owner;
		truth.parent_country = facts->parent;
	}
	snprintf(truth.name, sizeof(truth.name), "%s", has_name ? text_of(row->text) : "");
	return truth;
}

static void play_udp(struct conversation *udp, const struct row *row)
{
	struct call call = { row->kind, text_of(row->text), PACKETS };
	struct quic_flight flight = {
		.hello = { .server_name = text_of(row->text),
			.alpn = text_of(row->alpn),
			.is_quic = true },
		.version = QUIC_V1,
		.exchanges = EXCHANGES,
	};

	if (row->format == FORMAT_CALL) {
		call_play(udp, &call);
	} else if (row->format == FORMAT_QUIC) {
		quic_flight_play(udp, &flight);
	} else {
		tunnel_play(udp, row->kind, PACKETS);
	}
}

static void play_tls(struct tcp_session *tcp, const struct row *row)
{
	enum { ANSWER_BYTES = 1800, ANSWER_ROOM = HELLO_BYTES_MAX + 512 };
	struct rng *rng = &tcp->conversation.scene->rng;
	struct hello_options options = { .server_name = text_of(row->text),
		.alpn = text_of(row->alpn) };
	uint8_t message[HELLO_BYTES_MAX], records[ANSWER_ROOM];
	size_t count = hello_build(rng, &options, message);

	tcp->conversation.carries_name = true;
	tcp_send(tcp, TCP_CLIENT, records, hello_put_records(message, count, 16384, records));
	tcp->conversation.carries_name = false;
	tcp_send(tcp, TCP_SERVER, records, hello_build_answer(rng, ANSWER_BYTES, records));
}

static void play_tcp(struct tcp_session *tcp, const struct row *row)
{
	tcp_connect(tcp);
	if (row->format == FORMAT_MTPROTO) {
		mtproto_play(tcp, row->kind, EXCHANGES);
	} else if (row->format == FORMAT_OPENVPN_TCP) {
		tunnel_play_openvpn(tcp, PACKETS);
	} else {
		play_tls(tcp, row);
	}
	tcp_close(tcp, TCP_CLIENT);
}

static void play_row(
	struct scene *scene, struct device *device, const struct row *row, uint64_t start_ns)
{
	struct endpoint server = { addr_of(row->addr), row->port };
	struct truth_flow truth = truth_of(row);
	struct tcp_session tcp;
	struct conversation udp;

	if (row->format == FORMAT_CALL || row->format == FORMAT_TUNNEL ||
		row->format == FORMAT_QUIC) {
		udp_init(&udp, scene, device, &server, start_ns, &truth);
		play_udp(&udp, row);
	} else {
		tcp_init(&tcp, scene, device, &server, start_ns, &truth);
		play_tcp(&tcp, row);
	}
}

static void play(struct scene *scene)
{
	uint64_t start_ns = 0;

	clock_parse("2026-03-17T15:00", &start_ns);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct path path = { 0 };
		struct device device;
		char addr4[ADDR_TEXT_MAX];
		snprintf(addr4, sizeof(addr4), "10.20.11.%u", i + 11);
		device_init(&device, scene, "Kommunledning", rows[i].device, addr4, NULL, &path);
		for (unsigned round = 0; round < ROUNDS; round++) {
			play_row(scene, &device, &rows[i],
				start_ns + (round * 700 + i * 3) * NS_PER_S);
		}
	}
}

const struct scenario scenario_formats = {
	.name = "formats",
	.about = "what is known by its format alone: calls, messengers, tunnels, encrypted lookups",
	.play = play,
};
