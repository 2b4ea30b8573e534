#include "analyzer/classify/dissect/certificate.h"
#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"

enum { IP_TCP = 6 };

static struct fixture fixture;

static void make_hello(struct hello_builder *records, const char *name, int with_ech,
	size_t padding, size_t record_bytes)
{
	static struct hello_builder message;

	message.count = records->count = 0;
	put_client_hello(&message, name, with_ech, padding);
	put_records(records, &message, record_bytes);
}

/* Every second byte, then those between: a hole for each that is still to come. */
static void test_every_second_byte(void)
{
	static struct hello_builder hello;

	make_hello(&hello, "www.example.com", 0, 32, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	for (unsigned first = 2; first-- > 0;) {
		for (size_t at = first; at < hello.count; at += 2) {
			fixture_send(&fixture, true, (uint32_t)at, hello.bytes + at, 1);
		}
	}
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "www.example.com",
		"a hello byte by byte, every second one first");
}

static void test_one_segment(void)
{
	static struct hello_builder hello;

	make_hello(&hello, "WWW.Example.COM", 0, 32, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, hello.bytes, hello.count);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "www.example.com", "a name in one segment");
	is_int(fixture.l7.protocol, L7_TLS, "… is TLS");
	is_int(fixture.l7.tls_version, 0x0304, "… offers 1.3");
	is_text(fixture.l7.alpn, "h2", "… likes h2 best");
	is_int(fixture.l7.hidden, NAME_HIDDEN_NONE, "… hides nothing");
	ok(strncmp(fixture.l7.ja4, "t13d0205h2_", 11) == 0, "… JA4 counts without GREASE: %s",
		fixture.l7.ja4);
	is_int(fixture.l7.exchange, L7_EXCHANGE_NONE, "… and nothing was said so far");
	ok(!fixture.session.directions[1].is_done, "… but from the server");
}

/* A hello with a session's number and a protocol of those lengths. */
static void send_hello(unsigned session_bytes, unsigned alpn_bytes)
{
	static struct hello_builder message, records;
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	message.count = records.count = 0;
	put_number(&message, 1, 1);
	size_t start = open_length(&message, 3);
	put_number(&message, 2, 0x0303);
	put_bytes(&message, (const uint8_t[32]){ 7 }, 32);
	put_number(&message, 1, session_bytes);
	put_bytes(&message, (const uint8_t[64]){ 9 }, session_bytes);
	put_bytes(&message, "\0\2\x13\1\1\0", 6);
	size_t extensions = open_length(&message, 2);
	put_server_name(&message, "www.example.com");
	put_number(&message, 2, 16);
	put_number(&message, 2, alpn_bytes + 3);
	put_number(&message, 2, alpn_bytes + 1);
	put_number(&message, 1, alpn_bytes);
	put_bytes(&message, letters, alpn_bytes);
	fill_length(&message, 2, extensions);
	fill_length(&message, 3, start);
	put_records(&records, &message, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, records.bytes, records.count);
}

/* What a hello may hold at most, and one more. */
static void test_hello_bounds(void)
{
	send_hello(32, L7_INFO_ALPN_MAX - 1);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "www.example.com",
		"a session's number of 32 bytes, as TLS 1.3 has it");
	is_text(fixture.l7.alpn, "abcdefghijklmno", "a protocol's name that just fits");
	send_hello(0, L7_INFO_ALPN_MAX);
	is_text(fixture.l7.alpn, "", "… one that does not is left out");
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "www.example.com", "… and the name is not");
	send_hello(33, 2);
	is_int(fixture.l7.name_count, 0, "a session's number of 33 bytes is no hello");
}

static void test_server_hello(void)
{
	static struct hello_builder hello, message, records;

	make_hello(&hello, "www.example.com", 0, 32, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, hello.bytes, hello.count);
	message.count = records.count = 0;
	put_number(&message, 1, 2);
	size_t length = open_length(&message, 3);
	put_number(&message, 2, 0x0303);
	message.count += 32;
	put_number(&message, 1, 0);
	put_number(&message, 3, 0xc02f00);
	size_t extensions = open_length(&message, 2);
	put_extension(&message, 16, "\0\x09\x08http/1.1", 11);
	fill_length(&message, 2, extensions);
	fill_length(&message, 3, length);
	put_records(&records, &message, 16384);
	fixture_send(&fixture, false, 0, records.bytes, records.count);
	is_int(fixture.l7.tls_version, 0x0303, "the server chose 1.2");
	is_text(fixture.l7.alpn, "http/1.1", "… and HTTP/1.1");
	fixture_send(&fixture, false, records.count, "\x14\3\3\0\1\1", 6);
	is_int(fixture.l7.name_count, 1, "… and with a name known no certificate adds one");
}

static void send_record(bool from_source, uint8_t type, unsigned length)
{
	static uint8_t bytes[20000];
	uint32_t *next = &fixture.next_seq[!from_source];

	bytes[0] = type;
	bytes[1] = 3;
	bytes[2] = 3;
	bytes[3] = (uint8_t)(length >> 8);
	bytes[4] = (uint8_t)length;
	for (size_t at = 0, count = 5 + length; at < count; at += 1400) {
		size_t part = count - at < 1400 ? count - at : 1400;
		fixture_send(&fixture, from_source, *next, bytes + at, part);
	}
}

/* In TLS 1.3 the end of the handshake looks like what follows it. */
static void test_exchange(void)
{
	static struct hello_builder hello;

	make_hello(&hello, "www.example.com", 0, 32, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, hello.bytes, hello.count);
	fixture_send(&fixture, false, 0,
		"\x16\3\3\0\x32\2\0\0\x2e\3\3"
		"0123456789abcdef0123456789abcdef"
		"\0\x13\1\0\0\6\0\x2b\0\2\3\4",
		55);
	send_record(false, 20, 1);
	send_record(false, 23, 3000);
	send_record(true, 20, 1);
	send_record(true, 23, 53);
	is_int(fixture.l7.exchange, L7_EXCHANGE_NONE, "a handshake alone is no exchange");
	send_record(true, 23, 19);
	send_record(false, 23, 250);
	is_int(fixture.l7.exchange, L7_EXCHANGE_NONE, "… nor is an alert of the client");
	send_record(true, 23, 34);
	send_record(false, 23, 250);
	is_int(fixture.l7.exchange, L7_EXCHANGE_NONE, "… nor small change of up to 34 bytes");
	send_record(true, 23, 300);
	is_int(fixture.l7.exchange, L7_EXCHANGE_NONE, "… nor a request alone");
	send_record(false, 23, 4000);
	is_int(fixture.l7.exchange, L7_EXCHANGE_ONE, "… but with the answer it is one");
	send_record(true, 23, 26);
	is_int(fixture.l7.exchange, L7_EXCHANGE_ONE, "… which settings acknowledged do not change");
	send_record(true, 23, 80);
	is_int(fixture.l7.exchange, L7_EXCHANGE_MORE, "… but more words do");
	ok(l7_feed_is_over(&fixture.session), "… and nothing more is wanted");
}

/* A conversation of records of many lengths in segments of many lengths, out of one number. */
static void converse(uint32_t seed, bool reads_all, struct l7_session *session, struct l7_info *l7)
{
	static const uint16_t lengths[] = { 1, 2, 19, 34, 35, 300, 1400, 4000, 16000 };
	static const uint8_t types[] = { 20, 21, 22, 23, 23, 23, 23, 99 };
	static uint8_t bytes[20000];
	static struct hello_builder hello;

	make_hello(&hello, "www.example.com", 0, 32, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture.reads_all = reads_all;
	fixture_send(&fixture, true, 0, hello.bytes, hello.count);
	for (unsigned i = 0, records = 2 + seed % 16; i < records; i++) {
		seed = seed * 1664525 + 1013904223;
		uint16_t length = lengths[(seed >> 8) % 9];
		bool from_source = seed >> 30 & 1;
		memcpy(bytes, (uint8_t[]){ types[(seed >> 16) % (i < 10 ? 7 : 8)], 3, 3 }, 3);
		bytes[3] = (uint8_t)(length >> 8);
		bytes[4] = (uint8_t)length;
		unsigned most = 1 + (seed >> 4) % 1400;
		for (unsigned at = 0, part; at < 5U + length; at += part) {
			part = 5U + length - at < most ? 5U + length - at : most;
			fixture_send(&fixture, from_source, fixture.next_seq[!from_source],
				bytes + at, part);
		}
	}
	fixture.reads_all = false;
	*session = fixture.session;
	*l7 = fixture.l7;
}

static void test_passing(void)
{
	static struct l7_session read, passed;
	static struct l7_info read_l7, passed_l7;
	unsigned different = 0, followed = 0;

	for (uint32_t seed = 1; seed <= 300; seed++) {
		converse(seed, true, &read, &read_l7);
		converse(seed, false, &passed, &passed_l7);
		different += memcmp(&read, &passed, sizeof(read)) != 0 ||
			     memcmp(&read_l7, &passed_l7, l7_info_used_bytes(&read_l7)) != 0;
		followed += !l7_feed_is_over(&read);
	}
	is_int(different, 0, "what is passed over leaves what reading it leaves");
	ok(followed > 50 && followed < 250, "… of conversations that end, and of some that go on");
}

/* The hello in pieces, in every order that the shuffles of a small generator give. */
static void test_pieces(void)
{
	static struct hello_builder hello;
	uint32_t random = 1, failures = 0, rounds = 300;

	make_hello(&hello, "split.example.org", 0, 1400, 300);
	for (uint32_t round = 0; round < rounds; round++) {
		size_t starts[16], count = 0;
		for (size_t at = 0; at < hello.count && count < 7;) {
			starts[count++] = at;
			random = random * 1664525 + 1013904223;
			at += 60 + (random >> 16) % 500;
		}
		starts[count] = hello.count;
		size_t order[16] = { 0 };
		for (size_t i = 0; i < count; i++) {
			order[i] = i;
		}
		/* The first two stay near the front: a start that comes after two unknown pieces is
		 * given up. */
		for (size_t i = count - 1; i > 0; i--) {
			random = random * 1664525 + 1013904223;
			size_t with = (random >> 16) % (i + 1);
			size_t held = order[i];
			order[i] = order[with];
			order[with] = held;
		}
		for (size_t i = 2; i < count; i++) {
			if (order[i] == 0) {
				order[i] = order[1];
				order[1] = 0;
			}
		}
		fixture_flow(&fixture, IP_TCP, 50000, 443);
		for (size_t i = 0; i < count; i++) {
			size_t from = starts[order[i]], to = starts[order[i] + 1];
			size_t extra = to < hello.count && i % 2 ? 1 : 0; /* some overlap */
			fixture_send(&fixture, true, (uint32_t)from, hello.bytes + from,
				to + extra - from);
		}
		failures +=
			strcmp(fixture_name(&fixture, NAME_TLS_SNI), "split.example.org") != 0 ||
			fixture.l7.ja4[0] == '\0';
	}
	is_int(failures, 0, "%u orders of a hello in seven pieces and six records", rounds);
	ok(fixture.reassembled > 0, "… counted as reassembled");
	is_int((int64_t)reassembly_overlaps_changed(fixture.tables.reassembly), 0,
		"… overlaps with the same content are no change");
}

static void test_changed_overlap(void)
{
	static struct hello_builder hello;
	static uint8_t other[300];

	make_hello(&hello, "first.example.org", 0, 900, 16384);
	memset(other, 'x', sizeof(other));
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, hello.bytes, 400);
	fixture_send(&fixture, true, 0, other, sizeof(other));
	fixture_send(&fixture, true, 400, hello.bytes + 400, hello.count - 400);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "first.example.org",
		"retransmitted with other content: the first wins");
	is_int((int64_t)reassembly_overlaps_changed(fixture.tables.reassembly), 1,
		"… and it is counted");
}

/* What servers bear of a first record, so does who watches. */
static void test_odd_records(void)
{
	static struct hello_builder hello, odd;
	static const uint8_t empty[] = { 22, 3, 1, 0, 0 };

	make_hello(&hello, "odd.example.org", 0, 100, 16384);
	hello.bytes[2] = 9;
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, hello.bytes, hello.count);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "odd.example.org",
		"a version that never was");
	put_bytes(&odd, empty, sizeof(empty));
	put_bytes(&odd, hello.bytes, hello.count);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, odd.bytes, odd.count);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "odd.example.org", "an empty record first");
	is_int(fixture.l7.exchange, L7_EXCHANGE_NONE, "… behind which it is followed");
}

static void test_cut(void)
{
	static struct hello_builder hello;

	make_hello(&hello, "cut.example.org", 0, 1400, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, hello.bytes, 200);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "", "half a hello waits for the rest");
	fixture_end(&fixture);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "cut.example.org",
		"… at the end it is read as it is");
	is_text(fixture.l7.ja4, "", "… without a fingerprint of half a hello");
}

static void test_hidden(void)
{
	static struct hello_builder hello;

	make_hello(&hello, NULL, 0, 32, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, hello.bytes, hello.count);
	is_int(fixture.l7.hidden, NAME_HIDDEN_NO_SNI, "no name in the hello");

	make_hello(&hello, "plain.example.org", 1, 32, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, hello.bytes, hello.count);
	is_int(fixture.l7.hidden, NAME_HIDDEN_NONE, "an ECH extension alone is GREASE");
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "plain.example.org",
		"… and the name is the name");

	make_hello(&hello, "cloudflare-ech.com", 1, 32, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, hello.bytes, hello.count);
	is_int(fixture.l7.hidden, NAME_HIDDEN_ECH, "a public name hides the real one");
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "", "… and is not the name");
	is_text(fixture_name(&fixture, NAME_ECH_OUTER), "cloudflare-ech.com",
		"… but the outer one");

	ech_names_learn(&fixture.ech, "public.example.net", 18);
	make_hello(&hello, "public.example.net", 1, 32, 16384);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, hello.bytes, hello.count);
	is_int(fixture.l7.hidden, NAME_HIDDEN_ECH, "a public name learnt from DNS does so too");
}

static void send_largest(unsigned length)
{
	static uint8_t record[20000];

	memcpy(record, "\x17\3\3", 3);
	record[3] = (uint8_t)(length >> 8);
	record[4] = (uint8_t)length;
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, record, length + 5);
}

/* The greeting of a client that may speak SSL 2, with a challenge of that length. */
static bool is_old_hello(uint8_t challenge_bytes)
{
	uint8_t hello[64] = { 0x80, (uint8_t)(12 + challenge_bytes), 1, 3, 1, 0, 3, 0, 0, 0,
		challenge_bytes, 0, 0, 10 };

	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, hello, 14U + challenge_bytes);
	return fixture.l7.protocol == L7_TLS;
}

static void test_old_hello(void)
{
	ok(is_old_hello(16) && is_old_hello(32), "a greeting of SSL 2");
	ok(!is_old_hello(15) && !is_old_hello(33), "… with a challenge of another length is none");
}

static void test_midstream(void)
{
	uint8_t data[105] = { 23, 3, 3, 0, 100 };

	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, data, sizeof(data));
	is_int(fixture.l7.protocol, L7_TLS, "records without a hello are TLS as well");
	ok(!l7_feed_is_over(&fixture.session),
		"… until they are answered a hello may come instead");
	fixture_send(&fixture, false, 0, data, sizeof(data));
	ok(l7_feed_is_over(&fixture.session), "… then nothing more is to be learnt");
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture.is_midstream = true;
	fixture_send(&fixture, true, 5000, data, sizeof(data));
	ok(l7_feed_is_over(&fixture.session), "… nor in the middle of a stream");
	data[4] = 101;
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	fixture_send(&fixture, true, 0, data, sizeof(data));
	is_int(fixture.l7.protocol, L7_UNKNOWN, "a record that only might fit is not claimed");
	for (unsigned from_source = 0; from_source < 2; from_source++) {
		fixture_flow(&fixture, IP_TCP, 50000, 443);
		fixture_send(&fixture, from_source, 0, "\x15\3\3\0\2\1\0", 7);
		is_int(fixture.l7.protocol, L7_TLS, "an alert alone is TLS");
		ok(fixture.l7.server_hello == !from_source, "… and an answer from the %s",
			from_source ? "client is none" : "server");
	}
	send_largest(16384 + 2048);
	is_int(fixture.l7.protocol, L7_TLS, "the largest record there may be");
	send_largest(16384 + 2048 + 1);
	is_int(fixture.l7.protocol, L7_UNKNOWN, "… and one byte more is none");
}

/* SEQUENCE and friends by hand: a certificate with the common name cn.example.org and two
 * alternative names. */
static size_t der(uint8_t *out, uint8_t tag, const void *contents, size_t count)
{
	uint8_t copy[512];

	memcpy(copy, contents, count);
	out[0] = tag;
	out[1] = 0x82;
	out[2] = (uint8_t)(count >> 8);
	out[3] = (uint8_t)count;
	memcpy(out + 4, copy, count);
	return count + 4;
}

/* A server's certificate over DTLS, in fragments of 90 bytes of which the last comes first. */
static void test_dtls_certificate(const uint8_t *message, size_t count)
{
	enum { PIECE = 90, IP_UDP = 17 };
	size_t pieces = (count + PIECE - 1) / PIECE;

	fixture_flow(&fixture, IP_UDP, 50000, 4433);
	fixture_answer_dtls(&fixture);
	for (size_t i = pieces; i-- > 0;) {
		static struct hello_builder record;
		size_t at = i * PIECE, length = count - at < PIECE ? count - at : PIECE;
		record.count = 0;
		put_bytes(&record, "\x16\xfe\xfd\0\0\0\0\0\0\0", 10);
		put_number(&record, 1, (uint32_t)i);
		put_number(&record, 2, (uint32_t)length + 12);
		put_number(&record, 1, 11);
		put_number(&record, 3, (uint32_t)count);
		put_number(&record, 2, 1);
		put_number(&record, 3, (uint32_t)at);
		put_number(&record, 3, (uint32_t)length);
		put_bytes(&record, message + at, length);
		is_text(fixture_name(&fixture, NAME_CERT), "", "fragment %zu of DTLS", i);
		fixture_send(&fixture, false, 0, record.bytes, record.count);
	}
	is_text(fixture_name(&fixture, NAME_CERT), "wild.example.org",
		"the certificate of a server of DTLS, in fragments");
}

static void test_certificate(void)
{
	uint8_t names[128], extension[256], tbs[512], attribute[64], message[600] = { 0 };
	size_t count = der(names, 0x82, "*.wild.example.org", 18);
	count += der(names + count, 0x82, "san.example.org", 15);
	count += der(names + count, 0x82, "not a name", 10);
	count = der(names, 0x30, names, count);

	size_t at = der(extension, 0x06, "\x55\x1d\x11", 3);
	at += der(extension + at, 0x04, names, count);
	at = der(extension, 0x30, extension, at);
	at = der(extension, 0x30, extension, at);

	size_t name_bytes = der(attribute, 0x06, "\x55\x04\x03", 3);
	name_bytes += der(attribute + name_bytes, 0x0c, "cn.example.org", 14);
	name_bytes = der(attribute, 0x30, attribute, name_bytes);
	name_bytes = der(attribute, 0x31, attribute, name_bytes);

	size_t end = der(tbs, 0xa0, "\x02\x01\x02", 3);
	end += der(tbs + end, 0x02, "\x01", 1); /* serial number */
	end += der(tbs + end, 0x30, "", 0);     /* signature */
	end += der(tbs + end, 0x30, "", 0);     /* issuer */
	end += der(tbs + end, 0x30, "", 0);     /* validity */
	end += der(tbs + end, 0x30, attribute, name_bytes);
	end += der(tbs + end, 0x30, "", 0); /* public key */
	end += der(tbs + end, 0xa3, extension, at);
	end = der(tbs, 0x30, tbs, end);
	end = der(tbs, 0x30, tbs, end);
	message[2] = message[5] = 0;
	message[4] = (uint8_t)(end >> 8);
	message[5] = (uint8_t)end;
	memcpy(message + 6, tbs, end);

	static struct hello_builder hello, certificate, records;
	hello.count = certificate.count = records.count = 0;
	put_number(&hello, 4, 0x02000026);
	put_number(&hello, 2, 0x0303);
	hello.count += 32;
	put_number(&hello, 4, 0x00c02f00);
	put_number(&certificate, 1, 11);
	put_number(&certificate, 3, (uint32_t)(end + 6));
	put_bytes(&certificate, message, end + 6);
	put_records(&records, &hello, 16384);
	put_records(&records, &certificate, 100);
	fixture_flow(&fixture, IP_TCP, 50000, 443);
	for (size_t place = 0; place < records.count; place += 150) {
		size_t length = records.count - place < 150 ? records.count - place : 150;
		fixture_send(&fixture, false, (uint32_t)place, records.bytes + place, length);
	}
	is_text(fixture_name(&fixture, NAME_CERT), "wild.example.org",
		"a server seen alone: the certificate in records of its own");

	test_dtls_certificate(message, end + 6);

	l7_info_clear(&fixture.l7);
	certificate_read(reader_over(message, end + 6), true, &fixture.l7);
	is_int(fixture.l7.name_count, 2, "a certificate's alternative names that are names");
	is_text(l7_info_name(&fixture.l7, 0), "wild.example.org", "… what stands under a wildcard");
	is_text(l7_info_name(&fixture.l7, 1), "san.example.org", "… and not the common name");
	unsigned most = 0;
	for (size_t cut = 0; cut < end + 6; cut++) {
		l7_info_clear(&fixture.l7);
		certificate_read(reader_over(message, cut), true, &fixture.l7);
		most = fixture.l7.name_count > most ? fixture.l7.name_count : most;
	}
	ok(most <= 2, "a certificate cut anywhere is read without a step past its end");
}

int main(void)
{
	fixture_init(&fixture);
	test_one_segment();
	test_every_second_byte();
	test_hello_bounds();
	test_server_hello();
	test_exchange();
	test_passing();
	test_pieces();
	test_changed_overlap();
	test_odd_records();
	test_cut();
	test_hidden();
	test_midstream();
	test_old_hello();
	test_certificate();
	fixture_flow(&fixture, IP_TCP, 1, 1);
	is_int((int64_t)reassembly_bytes(fixture.tables.reassembly), 0,
		"all memory was given back");
	fixture_deinit(&fixture);
	return done_testing();
}
