/* One line a signature: what it claims, and what looks like it and is not claimed. */
#include "analyzer/classify/dissect/tor.h"
#include "analyzer/classify/dissect/wire_crypto.h"
#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"

enum { IP_TCP = 6, IP_UDP = 17 };

static struct fixture fixture;

struct sample {
	const char *what;
	uint8_t transport;
	uint16_t source_port, destination_port;
	bool from_server;
	const char *bytes;
	size_t count;
	size_t padded; /* zeros up to there */
	enum l7_protocol protocol;
	enum app_hint app;
};

#define BYTES(text) text, sizeof(text) - 1

static const struct sample samples[] = {
	{ "UltraSurf", IP_TCP, 50000, 443, false, BYTES("\xcc\x1c\x30\x41\x5b\xa4\x38\x66 more"), 0,
		L7_ULTRASURF, APP_HINT_ULTRASURF },
	{ "… with another byte", IP_TCP, 50000, 443, false,
		BYTES("\xcc\x1c\x30\x41\x5b\xa4\x38\x67 more"), 0, L7_UNKNOWN, 0 },
	{ "SSH", IP_TCP, 50000, 22, false, BYTES("SSH-2.0-x\r\n"), 0, L7_SSH, 0 },
	{ "HTTP/2 with prior knowledge", IP_TCP, 50000, 80, false,
		BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"), 0, L7_HTTP2, 0 },
	{ "WireGuard's initiation", IP_UDP, 50000, 51820, false, BYTES("\1\0\0\0abcd"), 148,
		L7_WIREGUARD, APP_HINT_WIREGUARD },
	{ "… of another length", IP_UDP, 50000, 51820, false, BYTES("\1\0\0\0abcd"), 149,
		L7_UNKNOWN, 0 },
	{ "a bare reset of OpenVPN", IP_UDP, 50000, 1194, false, BYTES("\x38sessions\0\0\0\0\0"), 0,
		L7_OPENVPN, APP_HINT_OPENVPN },
	{ "IKEv2", IP_UDP, 500, 500, false,
		BYTES("initiate\0\0\0\0\0\0\0\0\x21\x20\x22\x08\0\0\0\0\0\0\0\x40"), 64, L7_IPSEC,
		0 },
	{ "IKE behind the marker", IP_UDP, 4500, 4500, false,
		BYTES("\0\0\0\0initiate\0\0\0\0\0\0\0\0\x21\x20\x23\x08\0\0\0\1\0\0\0\x40"), 68,
		L7_IPSEC, 0 },
	{ "NTP", IP_UDP, 50000, 123, false, BYTES("\x23\0\x06\xec"), 48, L7_NTP, 0 },
	{ "NTP's look on another port", IP_UDP, 50000, 124, false, BYTES("\x23\0\x06\xec"), 48,
		L7_UNKNOWN, 0 },
	{ "SNMP", IP_UDP, 50000, 161, false, BYTES("\x30\x26\x02\x01\x01\x04\x06public"), 40,
		L7_SNMP, 0 },
	{ "SSDP", IP_UDP, 50000, 1900, false,
		BYTES("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"), 0, L7_SSDP, 0 },
	{ "RADIUS", IP_UDP, 50000, 1812, false, BYTES("\1\7\0\x20"), 32, L7_RADIUS, 0 },
	{ "syslog", IP_UDP, 50000, 514, false, BYTES("<34>1 2026-10-11T22:14:15Z host app"), 0,
		L7_SYSLOG, 0 },
	{ "syslog of an impossible priority", IP_UDP, 50000, 514, false,
		BYTES("<999>1 2026-10-11T22:14:15Z host"), 0, L7_UNKNOWN, 0 },
	{ "NetFlow 5", IP_UDP, 50000, 2055, false, BYTES("\0\5\0\2"), 120, L7_NETFLOW, 0 },
	{ "SIP over UDP", IP_UDP, 5060, 5060, false, BYTES("REGISTER sip:example.org SIP/2.0\r\n"),
		0, L7_SIP, 0 },
	{ "SIP over TCP", IP_TCP, 50000, 5060, true, BYTES("SIP/2.0 200 OK\r\n"), 0, L7_SIP, 0 },
	{ "a BitTorrent peer", IP_TCP, 50000, 6881, false,
		BYTES("\x13"
		      "BitTorrent protocol"),
		68, L7_BITTORRENT, 0 },
	{ "the distributed hash table", IP_UDP, 50000, 6881, false,
		BYTES("d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae"), 0, L7_BITTORRENT, 0 },
	{ "uTP", IP_UDP, 50000, 6881, false, BYTES("\x41\0\1\2\3\4\5\6\0\0\0\0\0\0\1\0\0\1\0\0"), 0,
		L7_BITTORRENT, 0 },
	{ "SMB 2", IP_TCP, 50000, 445, false, BYTES("\0\0\0\x6c\xfeSMB"), 112, L7_SMB, 0 },
	{ "RDP", IP_TCP, 50000, 3389, false,
		BYTES("\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0"), 0, L7_RDP, 0 },
	{ "an LDAP bind", IP_TCP, 50000, 389, false,
		BYTES("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0"), 0, L7_LDAP, 0 },
	{ "Kerberos", IP_TCP, 50000, 88, false, BYTES("\0\0\0\x20\x6a\x1e\x30\x1c"), 36,
		L7_KERBEROS, 0 },
	{ "MQTT", IP_TCP, 50000, 1883, false, BYTES("\x10\x10\0\4MQTT\4\2\0\x3c\0\4abcd"), 0,
		L7_MQTT, 0 },
	{ "Spotify in the local network", IP_UDP, 57621, 57621, false, BYTES("SpotUdp0abcdefgh"), 0,
		L7_APP_DISCOVERY, APP_HINT_SPOTIFY },
	{ "WhatsApp's Noise", IP_TCP, 50000, 443, false, BYTES("WA\6\3\0\0\x24\x12\x22\x0a\x20"),
		43, L7_WHATSAPP, APP_HINT_WHATSAPP },
	{ "… behind a routing header", IP_TCP, 50000, 443, false,
		BYTES("ED\0\1\0\0\2xyWA\6\3\0\0\x24\x12\x22\x0a\x20"), 52, L7_WHATSAPP,
		APP_HINT_WHATSAPP },
	{ "WATER is not WhatsApp", IP_TCP, 50000, 443, false, BYTES("WATER LEVEL LOW"), 0,
		L7_UNKNOWN, 0 },
	{ "WeChat's mmtls", IP_TCP, 50000, 8080, false, BYTES("\x19\xf1\x04\0\xa1\0\0\0"), 166,
		L7_MMTLS, APP_HINT_WECHAT },
	{ "Telegram's reflector", IP_UDP, 50000, 599, false,
		BYTES("peertagpeertagpe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		      "\xfe\0\0\0\1"),
		0, L7_MTPROTO, APP_HINT_TELEGRAM },
	{ "Discord asks for its address", IP_UDP, 50000, 50001, false,
		BYTES("\0\1\0\x46\0\0\x12\x34"), 74, L7_RTP, APP_HINT_DISCORD },
	{ "a phone's silence is not Telegram", IP_UDP, 50000, 50002, false,
		BYTES("\x80\0\0\1\0\0\0\0\1\2\3\4\xff\xfe\xff\x7e\xff\xff\xff\xff\xff\xff\xff\xff"
		      "\xff\xff\xff\xff"
		      "\xff\xff\xff\xff"),
		0, L7_UNKNOWN, 0 },
	{ "Discord keeps a way open", IP_UDP, 50000, 50004, false,
		BYTES("\x13\x37\xca\xfe\x0a\0\0\0"), 0, L7_RTP, APP_HINT_DISCORD },
	{ "Zoom's media", IP_UDP, 50000, 8801, false, BYTES("\1\0\2}FM5\xff\xfd\xa2\x34\x49"), 0,
		L7_RTP, APP_HINT_ZOOM },
	{ "Spotify's access point", IP_TCP, 50000, 4070, false,
		BYTES("\0\4\0\0\1\x49\x52\x0f\x50\2\xa0\1"), 0, L7_SPOTIFY, APP_HINT_SPOTIFY },
	{ "OpenVPN under tls-crypt", IP_UDP, 50000, 443, false,
		BYTES("\x38sessions\0\0\0\1\0\0\3\xe8"), 54, L7_OPENVPN, APP_HINT_OPENVPN },
	{ "WhatsApp between two phones", IP_UDP, 50000, 50002, false,
		BYTES("\0\1\0\x18\x21\x12\xa4\x42transactions\0\x08\0\x14"), 44, L7_STUN,
		APP_HINT_WHATSAPP },
	{ "MySQL's greeting", IP_TCP, 50000, 3306, true,
		BYTES("\x53\0\0\0\x0a"
		      "8.5.44-x\0"),
		87, L7_MYSQL, 0 },
	{ "MariaDB's greeting", IP_TCP, 50000, 3306, true,
		BYTES("\x53\0\0\0\x0a"
		      "10.6.1-MariaDB\0"),
		87, L7_MYSQL, 0 },
	{ "PostgreSQL", IP_TCP, 50000, 5432, false, BYTES("\0\0\0\x15\0\3\0\0user\0nobody\0\0"), 0,
		L7_POSTGRESQL, 0 },
	{ "MongoDB", IP_TCP, 50000, 27017, false, BYTES("\x20\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0"), 32,
		L7_MONGODB, 0 },
	{ "Redis", IP_TCP, 50000, 6379, false, BYTES("*1\r\n$4\r\nPING\r\n"), 0, L7_REDIS, 0 },
	{ "VNC", IP_TCP, 50000, 5900, true, BYTES("RFB 003.008\n"), 0, L7_VNC, 0 },
	{ "a call of NFS", IP_UDP, 50000, 2049, false,
		BYTES("\1\2\3\4\0\0\0\0\0\0\0\2\0\1\x86\xa3\0\0\0\3\0\0\0\1"), 40, L7_RPC, 0 },
	{ "CoAP", IP_UDP, 50000, 5683, false, BYTES("\x40\1\0\5\xbb.well-known"), 0, L7_COAP, 0 },
	{ "an answer of DNSCrypt", IP_UDP, 50000, 443, true, BYTES("r6fnvWj8abcdefgh"), 0,
		L7_DNSCRYPT, 0 },
	{ "DNSCrypt asks for a certificate", IP_UDP, 50000, 443, false,
		BYTES("\1\2\1\0\0\1\0\0\0\0\0\0\0012\x0d"
		      "dnscrypt-cert\7example\0\0\x10\0\1"),
		0, L7_DNSCRYPT, 0 },
	{ "DNS on a port of its own", IP_UDP, 50000, 5300, false,
		BYTES("\1\2\1\0\0\1\0\0\0\0\0\0\7example\3org\0\0\1\0\1"), 0, L7_DNS, 0 },
	{ "STUN", IP_UDP, 50000, 3478, false, BYTES("\0\1\0\0\x21\x12\xa4\x42transactions"), 0,
		L7_STUN, 0 },
	{ "WhatsApp's STUN", IP_UDP, 50000, 3478, false,
		BYTES("\0\3\0\x08\x21\x12\xa4\x42transactions\x40\0\0\4abcd"), 0, L7_STUN,
		APP_HINT_WHATSAPP },
	{ "Teams' TURN", IP_UDP, 50000, 3478, false,
		BYTES("\0\3\0\x08\x21\x12\xa4\x42transactions\x80\x08\0\4\0\0\0\6"), 0, L7_STUN,
		APP_HINT_TEAMS },
	{ "a realm of Telegram's", IP_UDP, 50000, 1400, true,
		BYTES("\1\x13\0\x10\x21\x12\xa4\x42transactions\0\x14\0\x0ctelegram.org"), 0,
		L7_STUN, APP_HINT_TELEGRAM },
	{ "STUN without its cookie elsewhere", IP_UDP, 50000, 50001, false,
		BYTES("\0\1\0\0\x21\x12\xa4\x43transactions"), 0, L7_UNKNOWN, 0 },
	{ "MTProto, abridged, asking for a key", IP_TCP, 50000, 443, false, BYTES("\xef\x0a"), 42,
		L7_MTPROTO, APP_HINT_TELEGRAM },
	{ "text that nobody knows", IP_TCP, 50000, 9000, false, BYTES("hello there, general\r\n"),
		0, L7_UNKNOWN, 0 },
	{ "XMPP", IP_TCP, 50000, 5222, false,
		BYTES("<?xml version='1.0'?><stream:stream to='example.org' "
		      "xmlns='jabber:client'>"),
		0, L7_XMPP, 0 },
};

static void test_samples(void)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *sample = samples + i;
		uint8_t bytes[512] = { 0 };
		size_t count = sample->padded > sample->count ? sample->padded : sample->count;

		memcpy(bytes, sample->bytes, sample->count);
		fixture_flow(
			&fixture, sample->transport, sample->source_port, sample->destination_port);
		fixture_send(&fixture, !sample->from_server, 0, bytes, count);
		fixture_end(&fixture);
		ok(fixture.l7.protocol == sample->protocol && fixture.l7.app_hint == sample->app,
			"%s: \"%s\", hint %u", sample->what, l7_protocol_name(fixture.l7.protocol),
			fixture.l7.app_hint);
	}
}

static void test_mtproto(void)
{
	uint8_t init[64], plain[64];
	unsigned false_claims = 0;
	uint32_t random = 99;

	for (unsigned round = 0; round < 2000; round++) {
		for (unsigned i = 0; i < 64; i++) {
			random = random * 1664525 + 1013904223;
			init[i] = (uint8_t)(random >> 16);
		}
		fixture_flow(&fixture, IP_TCP, 50000, 443);
		fixture_send(&fixture, true, 0, init, 64);
		false_claims += fixture.l7.protocol != L7_UNKNOWN;
	}
	is_int(false_claims, 0, "2,000 random first segments are nobody's");
	wire_decrypt_ctr(init + 8, init + 40, init, 64, plain);
	for (unsigned i = 56; i < 60; i++) {
		init[i] ^= plain[i] ^ 0xee;
	}
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, init, 64);
	is_int(fixture.l7.app_hint, APP_HINT_TELEGRAM, "an obfuscated start of MTProto is");
}

static void test_openvpn(void)
{
	uint8_t client[42] = "\x38"
			     "clientid",
		server[54] = "\x40"
			     "serverid";

	memset(client + 9, 0x5a, 20);
	memset(server + 9, 0xa5, 20);
	server[37] = 1;
	memcpy(server + 42, "clientid", 8);
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, client, sizeof(client));
	is_int(fixture.l7.protocol, L7_UNKNOWN, "an OpenVPN reset under an HMAC is a guess");
	fixture_send(&fixture, false, 0, server, sizeof(server));
	is_int(fixture.l7.protocol, L7_OPENVPN, "… until the server repeats the session");
	memcpy(server + 42, "otherone", 8);
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, client, sizeof(client));
	fixture_send(&fixture, false, 0, server, sizeof(server));
	is_int(fixture.l7.protocol, L7_UNKNOWN, "… and not another");
}

static void send_text(bool from_source, uint32_t *seq, const char *text)
{
	fixture_send(&fixture, from_source, *seq, text, strlen(text));
	*seq += (uint32_t)strlen(text);
}

static void test_call_sockets(void)
{
	struct call_sockets *calls = &fixture.calls;
	struct addr device;
	const uint64_t second_ns = 1000000000;

	addr_parse("192.0.2.1", &device);
	fixture_flow(&fixture, IP_UDP, 43000, 3478);
	fixture_send(&fixture, false, 0,
		"\1\x13\0\x10\x21\x12\xa4\x42transactions\0\x14\0\x0asignal.org\0\0", 36);
	is_int(fixture.l7.app_hint, APP_HINT_SIGNAL, "a relay's realm");
	is_int(call_sockets_find(calls, &device, 43000, 1000 * second_ns, 1010 * second_ns),
		APP_HINT_SIGNAL, "… names the socket that asked it");
	is_int(call_sockets_find(calls, &device, 43001, 1000 * second_ns, 1010 * second_ns),
		APP_HINT_NONE, "… not its neighbour");
	is_int(call_sockets_find(calls, &device, 43000, 1400 * second_ns, 1410 * second_ns),
		APP_HINT_NONE, "… and not for long");
}

static void test_starttls(void)
{
	static struct hello_builder message, hello;
	uint32_t up = 0, down = 0;

	put_client_hello(&message, "mail.example.org", 0, 100);
	put_records(&hello, &message, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 587);
	send_text(false, &down, "220 mail.example.org ESMTP\r\n");
	send_text(true, &up, "EHLO client.example.org\r\n");
	send_text(false, &down, "250-mail.example.org\r\n250 STARTTLS\r\n");
	is_int(fixture.l7.protocol, L7_SMTP, "a mail server's greeting");
	send_text(true, &up, "STARTTLS\r\n");
	send_text(false, &down, "220 go ahead\r\n");
	fixture_send(&fixture, true, up, hello.bytes, hello.count);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "mail.example.org",
		"… and the name behind STARTTLS");
	up = down = 0;
	fixture_flow(&fixture, IP_TCP, 50000, 143);
	send_text(false, &down, "* OK ready\r\n");
	send_text(true, &up, "a1 STARTTLS\r\n");
	fixture_send(&fixture, true, up, hello.bytes, hello.count);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "mail.example.org", "IMAP the same");
	up = down = 0;
	fixture_flow(&fixture, IP_TCP, 50000, 110);
	send_text(false, &down, "+OK\r\n");
	send_text(true, &up, "STLS\r\n");
	fixture_send(&fixture, true, up, hello.bytes, hello.count);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "mail.example.org", "POP3 the same");
	up = down = 0;
	fixture_flow(&fixture, IP_TCP, 50000, 21);
	send_text(false, &down, "220 welcome\r\n");
	send_text(true, &up, "USER nobody\r\n");
	is_int(fixture.l7.protocol, L7_FTP, "file transfer greets like mail");
	is_int(fixture.l7.name_count, 0, "… and its users stay unnamed");
}

static void test_socks(void)
{
	static struct hello_builder message, hello;

	put_client_hello(&message, "behind.example.org", 0, 100);
	put_records(&hello, &message, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 1080);
	fixture_send(&fixture, true, 0, "\5\1\0", 3);
	fixture_send(&fixture, false, 0, "\5\0", 2);
	fixture_send(&fixture, true, 3,
		"\5\1\0\3\x10"
		"host.example.org\1\xbb",
		23);
	is_text(fixture_name(&fixture, NAME_HTTP_HOST), "host.example.org",
		"the name asked of a SOCKS proxy");
	is_int(fixture.l7.protocol, L7_SOCKS, "… is SOCKS");
	fixture_send(&fixture, true, 26, hello.bytes, hello.count);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "behind.example.org",
		"… and the name said behind it");
	fixture_flow(&fixture, IP_TCP, 50000, 1080);
	fixture_send(&fixture, true, 0, "\4\1\0\x50\0\0\0\1\0four.example.org\0", 26);
	is_text(fixture_name(&fixture, NAME_HTTP_HOST), "four.example.org", "version 4a as well");
}

static void test_rtp(void)
{
	uint8_t packet[172] = { 0x80, 0, 0, 7, [8] = 1, 2, 3, 4 };

	fixture_flow(&fixture, IP_UDP, 50000, 50002);
	for (unsigned i = 0; i < 3; i++) {
		is_int(fixture.l7.protocol, L7_UNKNOWN, "%u packets are no proof of RTP", i);
		packet[3]++;
		fixture_send(&fixture, true, 0, packet, sizeof(packet));
	}
	is_int(fixture.l7.protocol, L7_RTP, "three in a row are");
}

static void test_dtls(void)
{
	static struct hello_builder message, record;

	/* The hello of TLS, with the cookie's length put in and DTLS' versions. */
	put_client_hello(&message, "dtls.example.org", 0, 40);
	record.count = 0;
	put_bytes(&record, "\x16\xfe\xff\0\0\0\0\0\0\0\0", 11);
	size_t length = open_length(&record, 2);
	put_number(&record, 1, 1);
	put_number(&record, 3, (uint32_t)(message.count - 4 + 1));
	put_number(&record, 2, 0);
	put_number(&record, 3, 0);
	put_number(&record, 3, (uint32_t)(message.count - 4 + 1));
	put_number(&record, 2, 0xfefd);
	put_bytes(&record, message.bytes + 6, 33);
	put_number(&record, 1, 0);
	put_bytes(&record, message.bytes + 39, message.count - 39);
	fill_length(&record, 2, length);
	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	fixture_send(&fixture, true, 0, record.bytes, record.count);
	is_int(fixture.l7.protocol, L7_DTLS, "a hello of DTLS");
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "dtls.example.org", "… with its name");
	ok(fixture.l7.ja4[0] == 'd', "… and its fingerprint: %s", fixture.l7.ja4);
}

static bool tor_shape(const char *name, const char *alpn)
{
	struct l7_info l7;

	l7_info_clear(&l7);
	l7_info_add_name(&l7, NAME_TLS_SNI, name, strlen(name));
	strcpy(l7.alpn, alpn);
	return tor_has_shape(&l7);
}

static void test_tor(void)
{
	ok(tor_shape("www.x7bkq2nfzd5t.com", ""), "a name like Tor's");
	ok(!tor_shape("www.x7bkq2nfzd5t.com", "h2"), "… with an ALPN is a browser's");
	ok(!tor_shape("www.exampleshop24.com", ""), "a word with a number behind it is not");
	ok(!tor_shape("www.longwordsonly.com", ""), "… nor words alone");
}

static bool tor_certificate(const char *name, const char *certificate)
{
	struct l7_info l7;

	l7_info_clear(&l7);
	l7_info_add_name(&l7, NAME_TLS_SNI, name, strlen(name));
	l7_info_add_name(&l7, NAME_CERT, certificate, strlen(certificate));
	return tor_has_certificate(&l7);
}

static void test_tor_certificate(void)
{
	ok(tor_certificate("www.longwordsonly.com", "www.otherwords.net"),
		"a made-up name that is answered with another is Tor's");
	ok(!tor_certificate("www.longwordsonly.com", "www.longwordsonly.com"),
		"a site's certificate is not");
	ok(!tor_certificate("www.longwordsonly.com", "www.other-words.net"),
		"… nor one that base32 cannot write");
	ok(!tor_certificate("shop.longwordsonly.com", "www.otherwords.net"),
		"… nor one behind another kind of name");
}

/* Frames of WhatsApp without the handshake that came before them. */
static size_t put_frames(uint8_t *out, const uint16_t *lengths, unsigned count)
{
	size_t at = 0;

	for (unsigned i = 0; i < count; i++) {
		out[at] = 0;
		out[at + 1] = (uint8_t)(lengths[i] >> 8);
		out[at + 2] = (uint8_t)lengths[i];
		memset(out + at + 3, 0xa7, lengths[i]);
		at += 3U + lengths[i];
	}
	return at;
}

static void test_whatsapp_midstream(void)
{
	static const uint16_t lengths[] = { 47, 545, 43 }, short_ones[] = { 47, 16, 43 };
	uint8_t bytes[1024];
	size_t count = put_frames(bytes, lengths, 3);

	fixture_flow(&fixture, IP_TCP, 50000, 5222);
	fixture_send(&fixture, true, 0, bytes, 50);
	is_int(fixture.l7.protocol, L7_UNKNOWN, "one frame is no proof of WhatsApp");
	fixture_send(&fixture, true, 50, bytes + 50, count - 50);
	is_int(fixture.l7.app_hint, APP_HINT_WHATSAPP, "… several in a row are");
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, bytes, count);
	is_int(fixture.l7.app_hint, APP_HINT_WHATSAPP, "… on TLS' port as well");
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, bytes, count - 1);
	is_int(fixture.l7.app_hint, APP_HINT_NONE, "… where they must end with the bytes");
	fixture_flow(&fixture, IP_TCP, 50000, 5223);
	fixture_send(&fixture, true, 0, bytes, count);
	is_int(fixture.l7.app_hint, APP_HINT_NONE, "… and nowhere else");
	count = put_frames(bytes, short_ones, 3);
	fixture_flow(&fixture, IP_TCP, 50000, 5222);
	fixture_send(&fixture, true, 0, bytes, count);
	is_int(fixture.l7.app_hint, APP_HINT_NONE, "… nor frames without room for a tag");
}

static void test_skype(void)
{
	char frame[] = "\x16\x97\x02vec1\x79\x2e\x01\x2b the contents";

	fixture_flow(&fixture, IP_UDP, 40000, 40001);
	fixture_send(&fixture, true, 0, frame, sizeof(frame) - 1);
	frame[6] = '2';
	fixture_send(&fixture, true, 0, frame, sizeof(frame) - 1);
	is_int(fixture.l7.app_hint, APP_HINT_NONE,
		"a frame sent again with other bytes in front is nobody's");
}

int main(void)
{
	fixture_init(&fixture);
	test_samples();
	test_mtproto();
	test_openvpn();
	test_call_sockets();
	test_starttls();
	test_socks();
	test_rtp();
	test_dtls();
	test_tor();
	test_tor_certificate();
	test_whatsapp_midstream();
	test_skype();
	fixture_flow(&fixture, IP_UDP, 1, 1);
	is_int((int64_t)reassembly_bytes(fixture.tables.reassembly), 0,
		"all memory was given back");
	fixture_deinit(&fixture);
	return done_testing();
}
