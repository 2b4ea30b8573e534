#include "analyzer/record/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/tap.h"

static const char *hex(const uint8_t *digest, size_t count)
{
	static char text[2 * DIGEST_SHA256_BYTES + 1];

	digest_hex(digest, count, text);
	return text;
}

static void test_digests(void)
{
	uint8_t digest[DIGEST_SHA256_BYTES];

	digest_sha1("abc", 3, digest);
	is_text(hex(digest, DIGEST_SHA1_BYTES), "a9993e364706816aba3e25717850c26c9cd0d89d",
		"SHA-1 (FIPS 180-4)");
	digest_sha256("abc", 3, digest);
	is_text(hex(digest, sizeof(digest)),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"SHA-256 (FIPS 180-4)");

	struct digest_sha256 *state = digest_sha256_create();
	for (unsigned message = 0; message < 2; message++) {
		digest_sha256_update(state, "a", 1);
		digest_sha256_update(state, "bc", 2);
		digest_sha256_finish(state, digest);
		is_text(hex(digest, sizeof(digest)),
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			"SHA-256 in pieces, message %u", message + 1);
	}
	digest_sha256_destroy(state);
}

static void test_hmac(void)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	struct hmac_key *key = hmac_key_create("Jefe", 4);

	for (unsigned time = 0; time < 2; time++) {
		hmac_sha256(key, "what do ya want for nothing?", 28, digest);
		is_text(hex(digest, sizeof(digest)),
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
			"HMAC-SHA-256 (RFC 4231, case 2), use %u of the key", time + 1);
	}
	hmac_key_destroy(key);
	hmac_key_destroy(NULL);
}

/* "dd" among a mapping's flags: no core file takes it in. */
static bool is_left_out_of_cores(const void *at)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	uintptr_t from, to;
	bool is_here = false, is_left_out = false;
	char line[512];

	while (smaps && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2) {
			is_here = from <= (uintptr_t)at && (uintptr_t)at < to;
		} else if (is_here && strncmp(line, "VmFlags:", 8) == 0) {
			is_left_out = strstr(line, " dd") != NULL;
		}
	}
	if (smaps) {
		fclose(smaps);
	}
	return is_left_out;
}

static void test_core(void)
{
	static const char ordinary[] = "nothing of it is secret";
	struct hmac_key *key = hmac_key_create("Jefe", 4);

	ok(is_left_out_of_cores(key), "no core file holds a key that is prepared");
	ok(!is_left_out_of_cores(ordinary), "… as it holds what is no secret");
	hmac_key_destroy(key);
}

static void test_text_forms(void)
{
	static const char *const base64[] = { "", "Zg==", "Zm8=", "Zm9v",
		"Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	static const char *const base32[] = { "", "my", "mzxq", "mzxw6", "mzxw6yq", "mzxw6ytb",
		"mzxw6ytboi" };
	char text[16];
	uint8_t bytes[3];

	for (size_t count = 0; count <= 6; count++) {
		is_int((int64_t)digest_base64((const uint8_t *)"foobar", count, text),
			(int64_t)strlen(base64[count]), "base64 of %zu bytes (RFC 4648): length",
			count);
		is_text(text, base64[count], "… text");
		is_int((int64_t)digest_base32((const uint8_t *)"foobar", count, text),
			(int64_t)strlen(base32[count]), "base32 of %zu bytes (RFC 4648): length",
			count);
		is_text(text, base32[count], "… text");
	}
	ok(digest_parse_hex("00fFa5", 6, bytes, 3) && bytes[0] == 0 && bytes[1] == 0xff &&
			bytes[2] == 0xa5,
		"hexadecimal is read in both cases");
	ok(!digest_parse_hex("00fFa", 5, bytes, 3), "… not a digit too few");
	ok(!digest_parse_hex("00fFg5", 6, bytes, 3), "… not another letter");
}

int main(void)
{
	test_digests();
	test_hmac();
	test_core();
	test_text_forms();
	return done_testing();
}
