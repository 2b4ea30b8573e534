#include "analyzer/classify/dissect/wire_crypto.h"

#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>

#include "analyzer/classify/dissect/quic_header.h"
#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"
#include "tests/unit/quic_vectors.h"

enum { IP_UDP = 17, INITIAL_BYTES = 1200 };

static struct fixture fixture;

static size_t from_hex(const char *hex, uint8_t *bytes)
{
	size_t count = strlen(hex) / 2;

	for (size_t i = 0; i < count; i++) {
		unsigned byte;
		sscanf(hex + 2 * i, "%2x", &byte);
		bytes[i] = (uint8_t)byte;
	}
	return count;
}

static void test_vector(const char *hex, uint32_t version, const char *source)
{
	uint8_t packet[INITIAL_BYTES + 16];
	size_t count = from_hex(hex, packet);

	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, packet, count);
	is_text(fixture_name(&fixture, NAME_QUIC_SNI), "example.com", "the client's Initial of %s",
		source);
	is_int(fixture.l7.quic_version, version, "… its version");
	is_int(fixture.l7.protocol, L7_QUIC, "… is QUIC");
	is_text(fixture.l7.alpn, "alpn", "… its ALPN");
	ok(strncmp(fixture.l7.ja4, "q13d0211an_", 11) == 0, "… its JA4: %s", fixture.l7.ja4);
	is_int(fixture.l7.exchange, L7_EXCHANGE_NONE, "… and nothing was said so far");
	packet[count - 1] ^= 1;
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, packet, count);
	is_text(fixture_name(&fixture, NAME_QUIC_SNI), "", "… a wrong tag gives nothing away");
}

/* The other side of RFC 9001, for packets that no appendix holds. */
static void expand(const uint8_t secret[32], const char *label, size_t bytes, uint8_t *out)
{
	struct hmac_sha256_ctx hmac;
	struct hello_builder info = { .count = 0 };

	put_number(&info, 2, (uint32_t)bytes);
	put_number(&info, 1, (uint32_t)strlen(label));
	put_bytes(&info, label, strlen(label));
	put_number(&info, 1, 0);
	hmac_sha256_set_key(&hmac, 32, secret);
	hkdf_expand(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
		(nettle_hash_digest_func *)hmac_sha256_digest, 32, info.count, info.bytes, bytes,
		out);
}

struct version {
	const char *name, *salt; /* in hex */
	uint32_t number;
	bool is_v2; /* labels and packet types of RFC 9369 */
};

static const struct version v1 = { "version 1", "38762cf7f55934b34d179ae6a4c80cadccbb7f0a", 1,
	false };

/* Seals frames, padded to a whole datagram less what is to follow, under the keys of key_cid. */
static void seal_as(const struct version *version, struct hello_builder *out,
	const char *destination, const char *key_cid, uint32_t number,
	const struct hello_builder *frames, size_t padded)
{
	struct hmac_sha256_ctx hmac;
	struct gcm_aes128_ctx gcm;
	struct aes128_ctx header_cipher;
	uint8_t salt[20] = { 0 }, secret[32], key[16], iv[12], mask[16], plain[2000] = { 0 };
	size_t start = out->count;

	from_hex(version->salt, salt);
	hmac_sha256_set_key(&hmac, sizeof(salt), salt);
	hmac_sha256_update(&hmac, strlen(key_cid), (const uint8_t *)key_cid);
	hmac_sha256_digest(&hmac, 32, secret);
	expand(secret, "tls13 client in", 32, secret);
	expand(secret, version->is_v2 ? "tls13 quicv2 key" : "tls13 quic key", 16, key);
	gcm_aes128_set_key(&gcm, key);
	expand(secret, version->is_v2 ? "tls13 quicv2 iv" : "tls13 quic iv", 12, iv);
	expand(secret, version->is_v2 ? "tls13 quicv2 hp" : "tls13 quic hp", 16, key);
	aes128_set_encrypt_key(&header_cipher, key);
	memcpy(plain, frames->bytes, frames->count);

	put_number(out, 1, version->is_v2 ? 0xd1 : 0xc1);
	put_number(out, 4, version->number);
	put_number(out, 1, (uint32_t)strlen(destination));
	put_bytes(out, destination, strlen(destination));
	put_number(out, 1, 0);
	put_number(out, 1, 0);
	put_number(out, 2, 0x4000 | (uint32_t)(2 + padded + 16));
	size_t number_at = out->count;
	put_number(out, 2, number);
	iv[10] ^= (uint8_t)(number >> 8);
	iv[11] ^= (uint8_t)number;
	gcm_aes128_set_iv(&gcm, 12, iv);
	gcm_aes128_update(&gcm, out->count - start, out->bytes + start);
	gcm_aes128_encrypt(&gcm, padded, out->bytes + out->count, plain);
	out->count += padded;
	gcm_aes128_digest(&gcm, 16, out->bytes + out->count);
	out->count += 16;
	aes128_encrypt(&header_cipher, 16, mask, out->bytes + number_at + 4);
	out->bytes[start] ^= mask[0] & 0x0f;
	out->bytes[number_at] ^= mask[1];
	out->bytes[number_at + 1] ^= mask[2];
}

static void seal(struct hello_builder *out, const char *destination, const char *key_cid,
	uint32_t number, const struct hello_builder *frames, size_t padded)
{
	seal_as(&v1, out, destination, key_cid, number, frames, padded);
}

static void put_crypto(
	struct hello_builder *frames, const struct hello_builder *hello, size_t from, size_t to)
{
	put_number(frames, 1, 6);
	put_number(frames, 4, 0x80000000 | (uint32_t)from);
	put_number(frames, 2, 0x4000 | (uint32_t)(to - from));
	put_bytes(frames, hello->bytes + from, to - from);
}

/* A post-quantum hello of about 1.7 KB over three Initials in two datagrams, its frames shuffled,
 * with PING, ACK and PADDING between, in both orders of the datagrams. */
static void test_many_initials(void)
{
	static struct hello_builder hello, frames, datagrams[2];

	hello.count = 0;
	put_client_hello(&hello, "quantum.example.net", 0, 1500);
	datagrams[0].count = datagrams[1].count = 0;
	frames.count = 0;
	put_crypto(&frames, &hello, 700, 1000);
	put_bytes(&frames, "\x01\x00\x00\x02\x05\x00\x00\x01", 8);
	put_crypto(&frames, &hello, 100, 500);
	seal(&datagrams[0], "firstcid", "firstcid", 0, &frames, 1120);
	frames.count = 0;
	put_crypto(&frames, &hello, 450, 720);
	put_crypto(&frames, &hello, 0, 120);
	seal(&datagrams[1], "firstcid", "firstcid", 1, &frames, 500);
	frames.count = 0;
	put_crypto(&frames, &hello, 1000, hello.count);
	seal(&datagrams[1], "firstcid", "firstcid", 2, &frames, 800);
	for (unsigned first = 0; first < 2; first++) {
		fixture_flow(&fixture, IP_UDP, 50000, 443);
		fixture_send(&fixture, true, 0, datagrams[first].bytes, datagrams[first].count);
		is_text(fixture_name(&fixture, NAME_QUIC_SNI), "",
			"one datagram of two is not enough");
		fixture_send(&fixture, true, 0, datagrams[!first].bytes, datagrams[!first].count);
		is_text(fixture_name(&fixture, NAME_QUIC_SNI), "quantum.example.net",
			"a hello over three Initials, datagram %u first", first + 1);
		ok(fixture.l7.ja4[0] != '\0', "… and its fingerprint");
	}
}

/* Every version that has been in use, by the salt that its own text gives. */
static void test_versions(void)
{
	static const char draft_22[] = "7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a",
			  draft_23[] = "c3eef712c72ebb5a11a7d2432bb46365bef9f502",
			  draft_29[] = "afbfec289993d24c9e9786f19c6111e04390a899";
	const struct version versions[] = {
		v1,
		{ "version 2", "0dede3def700a6db819381be6e269dcbf9bd2ed9", 0x6b3343cf, true },
		{ "version 2 as a draft", "a707c203a59b47184a1d62ca570406ea7ae3e5d3", 0x709a50c4,
			true },
		{ "draft 22", draft_22, 0xff000016, false },
		{ "draft 23", draft_23, 0xff000017, false },
		{ "draft 24", draft_23, 0xff000018, false },
		{ "draft 25", draft_23, 0xff000019, false },
		{ "draft 27", draft_23, 0xff00001b, false },
		{ "draft 28", draft_23, 0xff00001c, false },
		{ "draft 29", draft_29, 0xff00001d, false },
		{ "draft 32", draft_29, 0xff000020, false },
		{ "draft 33", v1.salt, 0xff000021, false },
		{ "draft 34", v1.salt, 0xff000022, false },
		{ "mvfst on draft 22", draft_22, 0xfaceb001, false },
		{ "mvfst on draft 27", draft_23, 0xfaceb002, false },
	};
	static struct hello_builder hello, frames, packet;

	hello.count = frames.count = 0;
	put_client_hello(&hello, "versions.example.net", 0, 400);
	put_crypto(&frames, &hello, 0, hello.count);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		packet.count = 0;
		seal_as(&versions[i], &packet, "firstcid", "firstcid", 0, &frames, 1150);
		fixture_flow(&fixture, IP_UDP, 50000, 443);
		fixture_send(&fixture, true, 0, packet.bytes, packet.count);
		is_text(fixture_name(&fixture, NAME_QUIC_SNI), "versions.example.net",
			"the hello of %s", versions[i].name);
		is_int(fixture.l7.quic_version, versions[i].number, "… and its number");
	}
}

/* T050 and T051 put the hello of TLS into frames of Google's own: CRYPTO is 8, PING 7, and an
 * acknowledgement tells the lengths of its numbers in its first byte (net/third_party/quiche,
 * QuicFramer::ProcessFrameData() of 2019). */
static void test_google_frames(void)
{
	static const struct version versions[] = {
		{ "T050", "7ff579e5acd072915580304c43a2367c60488310", 0x54303530, false },
		{ "T051", "7a4edef4e7ccee5fa4506c19124fc8ccda6e033d", 0x54303531, false },
	};
	static const struct {
		const char *what, *bytes;
		size_t count;
	} before[] = {
		{ "alone", "", 0 },
		{ "behind padding and a ping", "\0\0\0\7", 4 },
		{ "behind an acknowledgement", "\x40\1\0\0\1\0", 6 },
		{ "… of two blocks, and two times of arrival",
			"\x65\0\1\0\0\1\0\1\2\0\1\2\1\0\0\0\0\1\0\0", 20 },
	};
	static struct hello_builder hello, frames, packet;

	hello.count = 0;
	put_client_hello(&hello, "versions.example.net", 0, 400);
	for (size_t i = 0; i < 2 * sizeof(before) / sizeof(before[0]); i++) {
		const struct version *version = &versions[i % 2];
		frames.count = packet.count = 0;
		put_bytes(&frames, before[i / 2].bytes, before[i / 2].count);
		size_t type_at = frames.count;
		put_crypto(&frames, &hello, 0, hello.count);
		frames.bytes[type_at] = 8;
		seal_as(version, &packet, "firstcid", "firstcid", 0, &frames, 1150);
		fixture_flow(&fixture, IP_UDP, 50000, 443);
		fixture_send(&fixture, true, 0, packet.bytes, packet.count);
		is_text(fixture_name(&fixture, NAME_QUIC_SNI), "versions.example.net",
			"the hello of %s, %s", version->name, before[i / 2].what);
		is_int(fixture.l7.quic_version, version->number, "… and its number");
	}
}

/* RFC 9368: the client asks for what the server does not speak, is told what it does, and begins
 * again on the same flow. */
static void test_negotiation(void)
{
	static const uint8_t answer[] = { 0x80, 0, 0, 0, 0, 8, 'c', 'l', 'i', 'e', 'n', 't', 'i',
		'd', 8, 'f', 'i', 'r', 's', 't', 'c', 'i', 'd', 0, 0, 0, 1, 0x6b, 0x33, 0x43,
		0xcf };
	static const struct version reserved = { "", "00", 0x1a2a3a4a, false },
				    unknown = { "", "00", 0xbabababa, false };
	static struct hello_builder hello, frames, packet;

	for (unsigned round = 0; round < 2; round++) {
		hello.count = frames.count = packet.count = 0;
		put_client_hello(&hello, "again.example.net", 0, 400);
		put_crypto(&frames, &hello, 0, hello.count);
		seal_as(round ? &unknown : &reserved, &packet, "firstcid", "firstcid", 0, &frames,
			1180);
		fixture_flow(&fixture, IP_UDP, 50000, 443);
		fixture_send(&fixture, true, 0, packet.bytes, packet.count);
		is_text(fixture_name(&fixture, NAME_QUIC_SNI), "",
			"a version that nobody knows names nobody");
		fixture_send(&fixture, false, 0, answer, sizeof(answer));
		is_int(fixture.l7.protocol, L7_QUIC, "… what the server answers is QUIC");
		packet.count = 0;
		seal(&packet, "otherone", "otherone", 0, &frames, 1150);
		fixture_send(&fixture, true, 0, packet.bytes, packet.count);
		is_text(fixture_name(&fixture, NAME_QUIC_SNI), "again.example.net",
			"… and the next hello is read");
		is_int(fixture.l7.quic_version, 1, "… with the version that it has");
	}
}

/* A connection that moves to another port is another flow: its first packets have short headers,
 * and nothing in them is anybody's name. */
static void test_migration(void)
{
	static struct hello_builder hello, frames, packet;
	uint8_t moved[64] = { 0x41, 's', 'e', 'r', 'v', 'e', 'r', 'i', 'd', 7, 7, 7 };

	hello.count = frames.count = packet.count = 0;
	put_client_hello(&hello, "moves.example.net", 0, 400);
	put_crypto(&frames, &hello, 0, hello.count);
	seal(&packet, "firstcid", "firstcid", 0, &frames, 1150);
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, packet.bytes, packet.count);
	is_text(fixture_name(&fixture, NAME_QUIC_SNI), "moves.example.net",
		"a connection before it moves");
	fixture_flow(&fixture, IP_UDP, 50001, 443);
	for (unsigned i = 0; i < 16; i++) {
		fixture_send(&fixture, i % 2 == 0, 0, moved, sizeof(moved));
	}
	is_text(fixture_name(&fixture, NAME_QUIC_SNI), "", "… and after it has no hello");
	ok(fixture.l7.app_hint == APP_HINT_NONE && l7_feed_is_over(&fixture.session),
		"… claims nothing, and is left alone");
}

static void test_keys(void)
{
	static struct hello_builder hello, frames, first, second;

	hello.count = frames.count = first.count = second.count = 0;
	put_client_hello(&hello, "late.example.net", 0, 600);
	put_crypto(&frames, &hello, 0, 300);
	seal(&first, "original", "original", 0, &frames, 1150);
	frames.count = 0;
	put_crypto(&frames, &hello, 300, hello.count);
	seal(&second, "renamed!", "original", 1, &frames, 1150);
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, first.bytes, first.count);
	fixture_send(&fixture, true, 0, second.bytes, second.count);
	is_text(fixture_name(&fixture, NAME_QUIC_SNI), "late.example.net",
		"the first connection ID stays the key when the server gives another");

	second.count = 0;
	static const uint8_t retry[] = { 0xf0, 0, 0, 0, 1, 0, 8, 'r', 'e', 't', 'r', 'y', 'c', 'i',
		'd', 't', 'o', 'k', 'e', 'n', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		16 };
	frames.count = 0;
	put_crypto(&frames, &hello, 0, hello.count);
	seal(&second, "retrycid", "retrycid", 1, &frames, 1150);
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, first.bytes, first.count);
	fixture_send(&fixture, false, 0, retry, sizeof(retry));
	fixture_send(&fixture, true, 0, second.bytes, second.count);
	is_text(fixture_name(&fixture, NAME_QUIC_SNI), "late.example.net",
		"after a Retry the new one is");
}

static void test_cut(void)
{
	static struct hello_builder hello, frames, packet;

	hello.count = frames.count = packet.count = 0;
	put_client_hello(&hello, "snapped.example.net", 0, 600);
	put_crypto(&frames, &hello, 0, hello.count);
	seal(&packet, "original", "original", 0, &frames, 1150);
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, packet.bytes, 400);
	is_text(fixture_name(&fixture, NAME_QUIC_SNI), "", "a hello that the capture cut waits");
	is_int(fixture.l7.protocol, L7_QUIC, "… as QUIC");
}

static void test_gquic(void)
{
	struct hello_builder packet = { .count = 0 };

	put_number(&packet, 1, 0x0d | 0x10);
	put_bytes(&packet, "8bytecid", 8);
	put_bytes(&packet, "Q043", 4);
	put_number(&packet, 2, 1);
	packet.count += 12;
	put_bytes(&packet, "\xa0\x01\x00\x04", 4);
	put_bytes(&packet, "CHLO\x02\0\0\0", 8);
	put_bytes(&packet, "PAD\0\x04\0\0\0", 8);
	put_bytes(&packet, "SNI\0\x17\0\0\0", 8);
	put_bytes(&packet, "----g.quic.example.net.", 23);
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, packet.bytes, packet.count);
	is_text(fixture_name(&fixture, NAME_QUIC_SNI), "g.quic.example.net",
		"gQUIC's client hello in the clear");
	is_int(fixture.l7.quic_version, 0x51303433, "… its version");
	fixture_send(&fixture, true, 0,
		"\x0c"
		"8bytecid\2 sealed",
		16);
	fixture_send(&fixture, false, 0, "\0\1 the server's have no ID", 24);
	ok(!fixture.l7.is_contested, "… which goes on under its ID");
	fixture_send(&fixture, true, 0,
		"\x0c"
		"othercid\3 sealed",
		16);
	ok(fixture.l7.is_contested && fixture.l7.name_count == 1,
		"words of the client under another ID: it is in doubt");
}

/* Q050 protects the same message as an Initial is protected. */
static void test_gquic_initial(void)
{
	static const struct version q050 = { "Q050", "504574efd066fe2f9d945cfcdbd3a7f0d3b56b45",
		0x51303530, false };
	static struct hello_builder frames, packet;

	frames.count = packet.count = 0;
	put_bytes(&frames, "\x08\x00\x40\x3a", 4);
	put_bytes(&frames, "CHLO\x02\0\0\0", 8);
	put_bytes(&frames, "PAD\0\x04\0\0\0", 8);
	put_bytes(&frames, "SNI\0\x17\0\0\0", 8);
	put_bytes(&frames, "----g.quic.example.net.", 23);
	seal_as(&q050, &packet, "firstcid", "firstcid", 0, &frames, 1150);
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, packet.bytes, packet.count);
	is_text(fixture_name(&fixture, NAME_QUIC_SNI), "g.quic.example.net", "… and in an Initial");
	is_int(fixture.l7.quic_version, 0x51303530, "… its version");
}

static void test_others(void)
{
	uint8_t noise[1250];

	for (unsigned i = 0; i < sizeof(noise); i++) {
		noise[i] = (uint8_t)(i * 37 + 11);
	}
	noise[0] = 0xc3;
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, noise, sizeof(noise));
	is_int(fixture.l7.protocol, L7_UNKNOWN, "noise with the right first bit is not QUIC");
	noise[0] = 0x43;
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, noise, sizeof(noise));
	is_int(fixture.l7.protocol, L7_UNKNOWN, "neither is a short header alone");
}

/* The first of two Initials, or the only one, in a flow of its own; the keys follow from number. */
static void send_initial(uint32_t number, const struct hello_builder *hello, bool is_whole)
{
	static struct hello_builder frames, datagram;
	char cid[9];

	snprintf(cid, sizeof(cid), "%08x", number);
	frames.count = datagram.count = 0;
	put_crypto(&frames, hello, 0, is_whole ? hello->count : hello->count / 2);
	seal(&datagram, cid, cid, 0, &frames, 1150);
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	fixture_send(&fixture, true, 0, datagram.bytes, datagram.count);
}

static unsigned count_named(unsigned flows, const struct hello_builder *hello)
{
	unsigned named = 0;

	for (uint32_t number = 0; number < flows; number++) {
		send_initial(number, hello, true);
		named += fixture_name(&fixture, NAME_QUIC_SNI)[0] != '\0';
	}
	return named;
}

/* Initials that bring nothing are opened up to a bound, then a few of them; hellos that end make it
 * good again. */
static void test_flood(void)
{
	enum { FEW = QUIC_PACE_SAMPLE * 30 };
	static struct hello_builder hello;
	struct quic_pace *pace = &fixture.tables.pace;

	hello.count = 0;
	put_client_hello(&hello, "flood.example.net", 0, 200);
	*pace = (struct quic_pace){ 0 };
	for (uint32_t number = 0; number < QUIC_PACE_FRUITLESS_MAX; number++) {
		send_initial(number, &hello, false);
	}
	is_int((int64_t)pace->passed_over, 0, "up to the bound all Initials are opened");
	for (uint32_t number = 0; number < FEW; number++) {
		send_initial(number, &hello, false);
	}
	is_int((int64_t)pace->passed_over, FEW - FEW / QUIC_PACE_SAMPLE,
		"beyond it only a few, and the others are counted");
	is_int(fixture.l7.protocol, L7_QUIC, "one that is passed over is QUIC all the same");
	ok(l7_feed_is_over(&fixture.session), "and nothing is kept of it");
	count_named(FEW, &hello);
	is_int(count_named(FEW, &hello), FEW, "when hellos end again all are opened");
	*pace = (struct quic_pace){ 0 };
}

int main(void)
{
	fixture_init(&fixture);
	test_vector(rfc9001_initial, 1, "RFC 9001");
	test_vector(rfc9369_initial, 0x6b3343cf, "RFC 9369");
	test_versions();
	test_google_frames();
	test_negotiation();
	test_migration();
	test_many_initials();
	test_flood();
	test_keys();
	test_cut();
	test_gquic();
	test_gquic_initial();
	test_others();
	fixture_flow(&fixture, IP_UDP, 1, 1);
	is_int((int64_t)reassembly_bytes(fixture.tables.reassembly), 0,
		"all memory was given back");
	fixture_deinit(&fixture);
	return done_testing();
}
