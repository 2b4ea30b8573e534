#include "analyzer/classify/dissect/ja4.h"

#include "tests/tap.h"

/* The worked example of the published description: Chrome over TCP. */
static struct client_hello published_example(void)
{
	static const uint16_t ciphers[] = { 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
		0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035 };
	static const uint16_t extensions[] = { 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017,
		0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015 };
	static const uint16_t signatures[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501,
		0x0806, 0x0601 };
	struct client_hello hello = { .legacy_version = 0x0303,
		.best_version = 0x0304,
		.cipher_count = 15,
		.extension_count = 16,
		.signature_count = 8,
		.has_server_name = true,
		.alpn = "h2",
		.alpn_length = 2,
		.is_whole = true };

	memcpy(hello.ciphers, ciphers, sizeof(ciphers));
	memcpy(hello.extensions, extensions, sizeof(extensions));
	memcpy(hello.signatures, signatures, sizeof(signatures));
	return hello;
}

int main(void)
{
	struct client_hello hello = published_example();
	static struct ja4_cache cache;
	char text[L7_INFO_JA4_MAX];

	ja4_of_hello(&cache, &hello, JA4_TCP, text);
	is_text(text, "t13d1516h2_8daaf6152771_e5627efa2ab1", "the published example");
	ja4_of_hello(&cache, &hello, JA4_TCP, text);
	is_text(text, "t13d1516h2_8daaf6152771_e5627efa2ab1", "… seen again");
	ja4_of_hello(&cache, &hello, JA4_QUIC, text);
	ok(strncmp(text, "q13d1516h2_", 11) == 0, "over QUIC");
	hello.signature_count = 0;
	ja4_of_hello(&cache, &hello, JA4_TCP, text);
	ok(strncmp(text, "t13d1516h2_8daaf6152771_", 24) == 0 &&
			strcmp(text + 24, "e5627efa2ab1") != 0,
		"signature algorithms count");
	hello.best_version = 0;
	hello.alpn = NULL;
	hello.has_server_name = false;
	ja4_of_hello(&cache, &hello, JA4_TCP, text);
	ok(strncmp(text, "t12i151600_", 11) == 0, "TLS 1.2 to an address, without ALPN: %s", text);
	hello.alpn = "\xab\xcd";
	hello.alpn_length = 2;
	ja4_of_hello(&cache, &hello, JA4_TCP, text);
	ok(strncmp(text, "t12i1516ad_", 11) == 0,
		"an ALPN that is no text shows in hexadecimal: %s", text);
	hello.cipher_count = hello.extension_count = 0;
	hello.alpn = NULL;
	ja4_of_hello(&cache, &hello, JA4_DTLS, text);
	is_text(text, "d12i000000_000000000000_000000000000", "empty lists have no hash");
	hello.is_whole = false;
	ja4_of_hello(&cache, &hello, JA4_TCP, text);
	is_text(text, "", "half a hello has no fingerprint");
	return done_testing();
}
