/* One line a signature: what it claims, and what looks like it and is not claimed. */
#include "analyzer/classify/dissect/tor.h"
#include "analyzer/classify/dissect/wire_crypto.h"
#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"
#include "tests/unit/signature_samples.h"

static struct fixture fixture;

static void test_samples(void)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *sample = samples + i;
		uint8_t bytes[512] = { 0 };
		size_t count = sample->padded > sample->count ? sample->padded : sample->count;

		memcpy(bytes, sample->bytes, sample->count);
		call_sockets_init(&fixture.calls); /* all of them come from one socket */
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
	const char realm[] = "\1\x13\0\x10\x21\x12\xa4\x42transactions\0\x14\0\x0asignal.org\0\0";

	addr_parse("192.0.2.1", &device);
	fixture_flow(&fixture, IP_UDP, 43000, 3478);
	fixture_send(&fixture, false, 0, realm, 36);
	is_int(fixture.l7.app_hint, APP_HINT_NONE, "a realm that nobody asked for is nobody's");
	is_int(call_sockets_find(calls, &device, 43000, 1000 * second_ns, 1010 * second_ns),
		APP_HINT_NONE, "… and names no socket");
	fixture_send(&fixture, true, 0, "\0\3\0\0\x21\x12\xa4\x42TRANSACTIONS", 20);
	fixture_send(&fixture, false, 0, realm, 36);
	is_int(fixture.l7.app_hint, APP_HINT_NONE, "… nor where another number was asked for");
	fixture_send(&fixture, true, 0, "\0\3\0\0\x21\x12\xa4\x42transactions", 20);
	fixture_send(&fixture, false, 0, realm, 36);
	is_int(fixture.l7.app_hint, APP_HINT_SIGNAL, "a relay's realm that was asked for");
	is_int(call_sockets_find(calls, &device, 43000, 1000 * second_ns, 1010 * second_ns),
		APP_HINT_SIGNAL, "… names the socket that asked it");
	is_int(call_sockets_find(calls, &device, 43001, 1000 * second_ns, 1010 * second_ns),
		APP_HINT_NONE, "… not its neighbour");
	is_int(call_sockets_find(calls, &device, 43000, 1400 * second_ns, 1410 * second_ns),
		APP_HINT_NONE, "… and not for long");
}

static enum app_hint teams_at_relay(void *whose, const struct addr *addr, uint16_t port)
{
	return addr_equal(addr, whose) && port == 3478 ? APP_HINT_TEAMS : APP_HINT_NONE;
}

/* Which app the flow of these ports shows, by a check with these user names. */
static enum app_hint check_between(
	uint16_t source_port, uint16_t destination_port, const char *names)
{
	uint8_t check[64] = "\0\1\0\x14\x21\x12\xa4\x42pairpairpair\0\6\0\x0d";

	memcpy(check + 24, names, 13);
	fixture_flow(&fixture, IP_UDP, source_port, destination_port);
	fixture_send(&fixture, true, 0, check, 40);
	return fixture.l7.app_hint;
}

/* A call knows itself by its relay's address, by its socket, and by the user names of its ends. */
static void test_calls_beside_each_other(void)
{
	struct addr relay;
	struct call_servers servers = { teams_at_relay, &relay };

	addr_parse("198.51.100.7", &relay);
	is_int(check_between(44000, 3478, "abcdef:ghijkl"), APP_HINT_NONE, "a check is anybody's");
	fixture.tables.servers = &servers;
	is_int(check_between(44000, 3478, "abcdef:ghijkl"), APP_HINT_TEAMS,
		"one to an app's own relay is the app's");
	fixture.tables.servers = NULL;
	is_int(check_between(44000, 50000, "mnopqr:stuvwx"), APP_HINT_TEAMS,
		"… so is what else comes from that socket");
	is_int(check_between(45000, 50001, "ghijkl:abcdef"), APP_HINT_TEAMS,
		"… and what another socket says between the same two, whoever asks");
	is_int(check_between(46000, 50002, "abcdef:stuvwx"), APP_HINT_NONE,
		"… but not between one of them and somebody else");
	is_int(check_between(46001, 50002, "abcdefghijkl:"), APP_HINT_NONE,
		"one user name alone is no pair");
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

/* Reserved bytes that hold a number: the response must name the initiation. */
static void test_marked_wireguard(void)
{
	uint8_t initiation[148] = "\1\xab\xcd\xef"
				  "abcd",
		response[92] = "\2\xab\xcd\xef"
			       "efghabcd";

	fixture_flow(&fixture, IP_UDP, 50000, 2408);
	fixture_send(&fixture, true, 0, initiation, sizeof(initiation));
	fixture_send(&fixture, false, 0, response, sizeof(response));
	is_int(fixture.l7.app_hint, APP_HINT_WIREGUARD, "WireGuard with a client's number");
	response[8]++;
	fixture_flow(&fixture, IP_UDP, 50000, 2408);
	fixture_send(&fixture, true, 0, initiation, sizeof(initiation));
	fixture_send(&fixture, false, 0, response, sizeof(response));
	is_int(fixture.l7.app_hint, APP_HINT_WIREGUARD, "… the same number is enough");
	response[1]++;
	fixture_flow(&fixture, IP_UDP, 50000, 2408);
	fixture_send(&fixture, true, 0, initiation, sizeof(initiation));
	fixture_send(&fixture, false, 0, response, sizeof(response));
	is_int(fixture.l7.app_hint, APP_HINT_NONE, "… not where nothing joins the two");
	response[1]--;
	memset(initiation + 4, 0, 4);
	fixture_flow(&fixture, IP_UDP, 50000, 2408);
	fixture_send(&fixture, true, 0, initiation, sizeof(initiation));
	fixture_send(&fixture, false, 0, response, sizeof(response));
	is_int(fixture.l7.app_hint, APP_HINT_NONE, "… nor where nobody's number asks");
}

/* Data alone: their counter goes on, in blocks of sixteen. */
static void send_data(const uint8_t counters[2], size_t bytes)
{
	uint8_t data[64] = "\4\0\0\0recv";

	fixture_flow(&fixture, IP_UDP, 50000, 2408);
	for (unsigned i = 0; i < 2; i++) {
		data[8] = counters[i];
		fixture_send(&fixture, true, 0, data, bytes);
	}
}

static void test_wireguard_data(void)
{
	send_data((const uint8_t[]){ 7, 8 }, 48);
	is_int(fixture.l7.app_hint, APP_HINT_WIREGUARD, "data of WireGuard whose counter goes on");
	send_data((const uint8_t[]){ 7, 8 }, 49);
	is_int(fixture.l7.app_hint, APP_HINT_NONE, "… not of another length");
	send_data((const uint8_t[]){ 7, 7 }, 48);
	is_int(fixture.l7.app_hint, APP_HINT_NONE, "… not where it stands still");
	send_data((const uint8_t[]){ 7, 71 }, 48);
	is_int(fixture.l7.app_hint, APP_HINT_NONE, "… nor where it leaps");
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

/* The hello of TLS, with the cookie's length put in and DTLS' versions: its bytes from..until. */
static void put_dtls_hello(
	struct hello_builder *record, const char *name, size_t from, size_t until)
{
	static struct hello_builder message, hello;

	message.count = hello.count = record->count = 0;
	put_client_hello(&message, name, 0, 40);
	put_number(&hello, 2, 0xfefd);
	put_bytes(&hello, message.bytes + 6, 33);
	put_number(&hello, 1, 0);
	put_bytes(&hello, message.bytes + 39, message.count - 39);
	until = until < hello.count ? until : hello.count;
	put_bytes(record, "\x16\xfe\xff\0\0\0\0\0\0\0\0", 11);
	size_t length = open_length(record, 2);
	put_number(record, 1, 1);
	put_number(record, 3, (uint32_t)hello.count);
	put_number(record, 2, 0);
	put_number(record, 3, (uint32_t)from);
	put_number(record, 3, (uint32_t)(until - from));
	put_bytes(record, hello.bytes + from, until - from);
	fill_length(record, 2, length);
}

static void send_dtls_hello(const char *name, size_t from, size_t until)
{
	static struct hello_builder record;

	put_dtls_hello(&record, name, from, until);
	fixture_send(&fixture, true, 0, record.bytes, record.count);
}

static void test_dtls(void)
{
	static struct hello_builder record;

	put_dtls_hello(&record, "dtls.example.org", 0, SIZE_MAX);
	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	fixture_send(&fixture, true, 0, record.bytes, record.count);
	is_int(fixture.l7.protocol, L7_DTLS, "a hello of DTLS");
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "dtls.example.org", "… with its name");
	ok(fixture.l7.ja4[0] == 'd', "… and its fingerprint: %s", fixture.l7.ja4);
	record.bytes[4] = 1; /* the epoch: it would be sealed */
	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	fixture_send(&fixture, true, 0, record.bytes, record.count);
	is_int(fixture.l7.name_count, 0, "… which has none once keys are in use");
}

/* Which of several hellos the server took nobody else knows. */
static void test_dtls_decoys(void)
{
	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	send_dtls_hello("decoy.example.org", 0, SIZE_MAX);
	send_dtls_hello("dtls.example.org", 0, SIZE_MAX);
	fixture_answer_dtls(&fixture);
	is_int(fixture.l7.name_count, 2, "a decoy before a hello of DTLS: both names");
	ok(fixture.l7.is_contested && fixture.l7.server_hello, "… and it says so");
	send_dtls_hello("later.example.org", 0, SIZE_MAX);
	is_int(fixture.l7.name_count, 2, "… but none behind the server's answer");

	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	send_dtls_hello("dtls.example.org", 0, SIZE_MAX);
	send_dtls_hello("dtls.example.org", 0, 60);
	send_dtls_hello("dtls.example.org", 60, SIZE_MAX);
	fixture_answer_dtls(&fixture);
	ok(fixture.l7.name_count == 1 && !fixture.l7.is_contested,
		"the same once more, in fragments, contests nothing");

	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	fixture_answer_dtls(&fixture);
	send_dtls_hello("dtls.example.org", 0, SIZE_MAX);
	ok(fixture.l7.name_count == 1 && !fixture.l7.is_contested, "nor one behind its answer");

	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	send_dtls_hello("fake.example.org", 0, 100);
	send_dtls_hello("dtls.example.org", 0, 100);
	send_dtls_hello("dtls.example.org", 100, SIZE_MAX);
	ok(fixture.l7.is_contested, "half a decoy: the flow says so");
}

/* A record under keys: of that epoch and number. */
static void send_dtls_sealed(bool from_source, uint8_t epoch, uint8_t number)
{
	uint8_t record[60] = { 23, 0xfe, 0xfd, 0, epoch, [10] = number, [12] = 47 };

	fixture_send(&fixture, from_source, 0, record, sizeof(record));
}

static void expect_dtls_doubt(bool is_doubtful, const char *what)
{
	ok(fixture.l7.name_count == 1 && fixture.l7.is_contested == is_doubtful, "%s: %s", what,
		is_doubtful ? "in doubt" : "no doubt");
}

/* Whoever goes on under other keys was there before the hello. */
static void test_dtls_doubts(void)
{
	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	send_dtls_hello("dtls.example.org", 0, SIZE_MAX);
	send_dtls_sealed(true, 1, 80);
	expect_dtls_doubt(false, "a hello of DTLS of which no answer is seen");
	fixture_send(&fixture, false, 0, "\x15\xfe\xfd\0\0\0\0\0\0\0\0\0\2\2\x28", 15);
	expect_dtls_doubt(false, "… that the server refuses");
	send_dtls_sealed(false, 1, 90);
	expect_dtls_doubt(true, "… whose server says something else");
	fixture_answer_dtls(&fixture);
	expect_dtls_doubt(false, "… that is answered after all");
	send_dtls_sealed(true, 1, 0);
	send_dtls_sealed(true, 1, 40);
	expect_dtls_doubt(false, "… whose client goes on under new keys");
	send_dtls_sealed(true, 1, 130);
	expect_dtls_doubt(true, "… and under those of before");

	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	send_dtls_hello("dtls.example.org", 0, SIZE_MAX);
	fixture_answer_dtls(&fixture);
	send_dtls_sealed(true, 1, 80);
	expect_dtls_doubt(true, "an answered hello whose client goes on under other keys");
	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	send_dtls_hello("dtls.example.org", 0, SIZE_MAX);
	fixture_answer_dtls(&fixture);
	send_dtls_sealed(true, 2, 0);
	expect_dtls_doubt(true, "… under those of a later epoch");
	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	send_dtls_hello("dtls.example.org", 0, SIZE_MAX);
	fixture_answer_dtls(&fixture);
	fixture_send(&fixture, true, 0, "\x2e\x12\x34\0\x20 sealed as version 1.3 does", 32);
	fixture_send(&fixture, true, 0, "\x2f\x12\x34\0\x20 sealed as version 1.3 does", 32);
	expect_dtls_doubt(false, "version 1.3, whose handshake goes on");
	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	send_dtls_hello("dtls.example.org", 0, SIZE_MAX);
	fixture_answer_dtls(&fixture);
	fixture_send(&fixture, true, 0, "\x2f\x12\x34\0\x20 sealed as version 1.3 does", 32);
	expect_dtls_doubt(true, "… whose handshake was over before");
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
	ok(tor_shape("www.x7bkq2nf.com", "") && !tor_shape("www.x7bkq2n.com", ""),
		"… of eight letters at least");
	ok(tor_shape("www.x7bkq2nfzd5tx7bkq2nfzd5tc.com", "") &&
			!tor_shape("www.x7bkq2nfzd5tx7bkq2nfzd5tcd.com", ""),
		"… and 25 at most");
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
	test_calls_beside_each_other();
	test_starttls();
	test_socks();
	test_marked_wireguard();
	test_wireguard_data();
	test_rtp();
	test_dtls();
	test_dtls_decoys();
	test_dtls_doubts();
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
