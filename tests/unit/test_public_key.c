#include "analyzer/record/public_key.h"

#include <string.h>

#include "analyzer/record/digest.h"
#include "tests/tap.h"

static void hex(const char *text, uint8_t *bytes, size_t count)
{
	if (!digest_parse_hex(text, strlen(text), bytes, count)) {
		printf("# not hexadecimal: %s\n", text);
	}
}

/* RFC 8032 section 7.1, tests 1 and 3. */
static void test_signatures(void)
{
	static const struct {
		const char *secret, *public_key, *message, *signature;
	} cases[] = {
		{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590"
			"a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
		{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
			"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d"
			"16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t secret[32], wanted_key[32], key[32], message[2], wanted[64], made[64];
		size_t count = strlen(cases[i].message) / 2;

		hex(cases[i].secret, secret, 32);
		hex(cases[i].public_key, wanted_key, 32);
		hex(cases[i].message, message, count);
		hex(cases[i].signature, wanted, 64);
		signature_public_key(secret, key);
		ok(memcmp(key, wanted_key, 32) == 0, "RFC 8032 case %u: the public key", i);
		signature_make(secret, message, count, made);
		ok(memcmp(made, wanted, 64) == 0, "… the signature");
		ok(signature_holds(key, message, count, made), "… holds");
		made[5] ^= 1;
		ok(!signature_holds(key, message, count, made), "… not with a bit changed");
	}
}

static void test_boxes(void)
{
	static const char message[] = "a month's key: thirty-two bytes.";
	uint8_t secret[32], other[32], key[32], box[sizeof(message) + BOX_EXTRA_BYTES];
	uint8_t inner[sizeof(message) + 2 * BOX_EXTRA_BYTES], opened[sizeof(box)];

	/* Bob of RFC 7748 section 6.1. */
	hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", secret, 32);
	memset(other, 7, sizeof(other));
	box_public_key(secret, key);
	hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", opened, 32);
	ok(memcmp(key, opened, 32) == 0, "RFC 7748: the public key");
	ok(box_seal(key, message, sizeof(message), box), "a box is sealed");
	ok(box_open(secret, box, sizeof(box), opened) &&
			memcmp(opened, message, sizeof(message)) == 0,
		"its holder opens it");
	ok(!box_open(other, box, sizeof(box), opened), "another key does not");
	unsigned opens = 0;
	for (size_t bit = 0; bit < 8 * sizeof(box); bit++) {
		box[bit / 8] ^= (uint8_t)(1u << bit % 8);
		opens += box_open(secret, box, sizeof(box), opened);
		box[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	is_int(opens, 0, "nor does it open with any bit changed");
	ok(!box_open(secret, box, BOX_EXTRA_BYTES - 1, opened), "too short is no box");

	uint8_t outer_key[32];
	box_public_key(other, outer_key);
	ok(box_seal(outer_key, box, sizeof(box), inner), "a box in a box");
	ok(!box_open(secret, inner, sizeof(inner), opened), "the inner holder cannot begin");
	ok(box_open(other, inner, sizeof(inner), opened) && memcmp(opened, box, sizeof(box)) == 0,
		"the outer one finds the inner box");

	static const uint8_t zero_point[32];
	ok(!box_seal(zero_point, message, sizeof(message), box),
		"a key that makes every secret the same is refused");
}

int main(void)
{
	test_signatures();
	test_boxes();
	return done_testing();
}
