/* HTTP/2 followed: hosts that are said once, and later by their place in the table. */
#include <string.h>

#include "analyzer/classify/http2_hosts.h"
#include "tests/tap.h"

enum { FLOW = 7, SEQ = 0xfffffff0 };

#define PREFACE  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\4\0\0\0\0\0"

/* A frame of headers whose fields follow: flags, stream, length up to 255. */
#define HEADERS(length, flags, stream) "\0\0" length "\1" flags "\0\0\0" stream

static struct http2_hosts hosts;
static uint32_t seq;
static struct http2_asked asked;

/* The last host that the bytes ask for. */
static const char *take(const char *bytes, size_t count)
{
	http2_hosts_take(&hosts, FLOW, seq, reader_over((const uint8_t *)bytes, count), &asked);
	seq += (uint32_t)count;
	return asked.count > 0 ? asked.requests[asked.count - 1].host : "";
}
#define TAKE(text) take(text, sizeof(text) - 1)

static const char *begin(void)
{
	seq = SEQ;
	TAKE(PREFACE SETTINGS);
	return TAKE(HEADERS("\x0f", "\5", "\1") "\x82\x41\x0c"
						"one.example.");
}

/* The second one says another host, the third and later ones the places of both. */
static const char second[] = HEADERS("\x0f", "\5", "\3") "\x82\x41\x0ctwo.example.";

static void test_places(void)
{
	is_text(begin(), "one.example.", "a host that is said");
	is_text(TAKE(second), "two.example.", "another one");
	is_text(TAKE(HEADERS("\2", "\5", "\5") "\x82\xbf"), "one.example.",
		"the first one's place");
	is_text(TAKE(HEADERS("\2", "\5", "\7") "\x82\xbe"), "two.example.", "and the last one's");
	is_text(TAKE(HEADERS("\5", "\5", "\x9") "\x7a\x03"
						"new"),
		"", "a field of another kind");
	is_text(TAKE(HEADERS("\2", "\5", "\xb") "\x82\xc0"), "one.example.",
		"moves the places of all before");
	is_text(TAKE(HEADERS("\x0f", "\5", "\xd") "\x82\x01\x0c"
						  "six.example."),
		"six.example.", "one that is not kept");
	is_text(TAKE(HEADERS("\2", "\5", "\xf") "\x82\xbf"), "two.example.", "moves none");
	is_text(TAKE(HEADERS("\x0e", "\5", "\x11") "\x82\x7e\x0b"
						   "new.example"),
		"", "a name from the table that is no host's");
	is_text(TAKE(HEADERS("\x0f", "\5", "\x13") "\x82\x7f\x01\x0b"
						   "new.example"),
		"new.example", "and one that is");
}

static void test_pieces(void)
{
	static const char later[] = "\0\1\0\0\1\0\0\0\3"; /* data of 256 bytes */
	char data[256];
	unsigned found = 0;

	begin();
	for (size_t i = 0; i < sizeof(second) - 1; i++) {
		found += take(second + i, 1)[0] != '\0';
	}
	is_int(found, 1, "a request byte by byte has one host");
	memset(data, 1, sizeof(data));
	take(later, sizeof(later) - 1);
	take(data, sizeof(data));
	is_text(TAKE(HEADERS("\2", "\5", "\5") "\x82\xbf"), "one.example.", "behind data");
	is_text(TAKE(HEADERS("\6", "\x08", "\7") "\3\x82\xbf\0\0\0"
						 "\0\0\0\x09\4\0\0\0\7"),
		"one.example.", "padded, and ended by a frame without any");
}

static void test_gaps(void)
{
	begin();
	seq -= 5;
	is_text(take(second, 5), "", "what came before");
	is_text(TAKE(second), "two.example.", "changes nothing");
	seq += 100;
	is_text(TAKE(HEADERS("\2", "\5", "\5") "\x82\xbf"), "", "behind a gap nothing is known");
	seq -= 100 + 11;
	is_text(TAKE(HEADERS("\2", "\5", "\5") "\x82\xbf"), "", "… for good");
	is_text(begin(), "one.example.", "until it begins again");
	TAKE(HEADERS("\2", "\5", "\5") "\x82\x41");
	is_text(TAKE(HEADERS("\2", "\5", "\7") "\x82\xbe"), "",
		"behind fields that are cut neither");
	begin();
	TAKE("\0\xff\xff\1\4\0\0\0\5");
	for (unsigned i = 0; i < 2 * HTTP2_BLOCK_MAX; i++) {
		TAKE("\x82");
	}
	is_text(TAKE("\x82\xbe"), "", "nor behind more than there is room for");
}

/* Several requests whose frames come together. */
static void test_together(void)
{
	begin();
	is_text(TAKE(HEADERS("\x0f", "\5", "\3") "\x82\x41\x0ctwo.example." HEADERS(
			"\2", "\5", "\5") "\x82\xbf"),
		"one.example.", "two requests at once: the last one's host");
	is_int(asked.count, 2, "… and how many");
	is_text(asked.requests[0].host, "two.example.", "… and the first one's");
	TAKE(HEADERS("\2", "\5", "\7") "\x82\xbe" HEADERS("\2", "\5", "\x9") "\x82\xbe");
	is_int(asked.count, 1, "who is asked for twice stands once");
	for (unsigned i = 0; i < 6; i++) {
		static const char letters[] = "abcdef";
		char bytes[] = HEADERS("\x0f", "\5", "\xb") "\x82\x01\x0cnnn.example.";
		static char all[6 * sizeof(bytes)];
		bytes[12] = letters[i];
		memcpy(all + i * (sizeof(bytes) - 1), bytes, sizeof(bytes) - 1);
		if (i == 5) {
			take(all, 6 * (sizeof(bytes) - 1));
		}
	}
	is_int(asked.count, HTTP2_ASKED_MAX, "of many the first ones");
	is_text(asked.requests[3].host, "dnn.example.", "… in their order");
}

int main(void)
{
	test_places();
	test_pieces();
	test_gaps();
	test_together();
	return done_testing();
}
