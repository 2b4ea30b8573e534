/* One protocol and then another: what servers and proxies speak before TLS, whether they grant it
 * or refuse at first, and the hello behind it. */
#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"

enum { IP_TCP = 6, TURNS_MAX = 12 };

static struct fixture fixture;
static struct hello_builder hello, server_hello;

/* What one side says; the last turn has no bytes. */
struct turn {
	bool from_client;
	const char *bytes;
	size_t count;
};

#define C(text)                                                                                    \
	{                                                                                          \
		true, text, sizeof(text) - 1                                                       \
	}
#define S(text)                                                                                    \
	{                                                                                          \
		false, text, sizeof(text) - 1                                                      \
	}

static const struct talk {
	const char *what;
	uint16_t port;
	struct turn turns[TURNS_MAX];
} talks[] = {
	{ "MySQL", 3306,
		{ S("\x4a\0\0\0\x0a"
		    "8.0.36\0\x0b\0\0\0abcdefgh\0\xff\xff\xff\2\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0"
		    "abcdefghijkl\0caching_sha2_password\0"),
			C("\x20\0\0\1\x85\xae\xff\x19\0\0\0\1\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			  "\0\0"
			  "\0\0\0\0") } },
	{ "MySQL without its greeting", 3306,
		{ C("\x20\0\0\1\x85\xae\xff\x19\0\0\0\1\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		    "\0\0"
		    "\0") } },
	{ "PostgreSQL", 5432, { C("\0\0\0\x08\4\xd2\x16\x2f"), S("S") } },
	{ "PostgreSQL behind a refusal of GSSAPI", 5432,
		{ C("\0\0\0\x08\4\xd2\x16\x30"), S("N"), C("\0\0\0\x08\4\xd2\x16\x2f"), S("S") } },
	{ "PostgreSQL the other way round", 5432,
		{ C("\0\0\0\x08\4\xd2\x16\x2f"), S("N"), C("\0\0\0\x08\4\xd2\x16\x30"), S("N"),
			C("\0\0\0\x08\4\xd2\x16\x2f"), S("S") } },
	{ "RDP", 3389,
		{ C("\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0"),
			S("\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\x1f\x08\0\2\0\0\0") } },
	{ "RDP with a cookie", 3389,
		{ C("\3\0\0\x29\x24\xe0\0\0\0\0\0Cookie: mstshash=abc\r\n\1\0\x08\0\3\0\0\0"),
			S("\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\x1f\x08\0\2\0\0\0") } },
	{ "LDAP", 389,
		{ C("\x30\x1d\2\1\1\x77\x18\x80\x16"
		    "1.3.6.1.4.1.1466.20037"),
			S("\x30\x0c\2\1\1\x78\7\x0a\1\0\4\0\4\0") } },
	{ "LDAP behind a bind", 389,
		{ C("\x30\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0"),
			S("\x30\x0c\2\1\1\x61\7\x0a\1\0\4\0\4\0"),
			C("\x30\x1d\2\1\2\x77\x18\x80\x16"
			  "1.3.6.1.4.1.1466.20037"),
			S("\x30\x0c\2\1\2\x78\7\x0a\1\0\4\0\4\0") } },
	{ "SMTP", 25,
		{ S("220 mx.example.org ESMTP\r\n"), C("EHLO client.example.org\r\n"),
			S("250-mx.example.org\r\n250-STARTTLS\r\n250 HELP\r\n"), C("STARTTLS\r\n"),
			S("220 ready\r\n") } },
	{ "SMTP, refused at first", 587,
		{ S("220 mx.example.org ESMTP\r\n"), C("EHLO client.example.org\r\n"),
			S("250-mx.example.org\r\n250 STARTTLS\r\n"), C("STARTTLS\r\n"),
			S("454 not now\r\n"), C("NOOP\r\n"), S("250 fine\r\n"), C("STARTTLS\r\n"),
			S("220 ready\r\n") } },
	{ "IMAP", 143,
		{ S("* OK [CAPABILITY IMAP4rev1 STARTTLS] here\r\n"), C("a CAPABILITY\r\n"),
			S("* CAPABILITY IMAP4rev1 STARTTLS\r\na OK done\r\n"), C("b STARTTLS\r\n"),
			S("b OK begin\r\n") } },
	{ "POP3, which lists what it can", 110,
		{ S("+OK here\r\n"), C("CAPA\r\n"), S("+OK list\r\nTOP\r\nSTLS\r\nUIDL\r\n.\r\n"),
			C("STLS\r\n"), S("+OK begin\r\n") } },
	{ "FTP", 21,
		{ S("220 files.example.org FTP\r\n"), C("FEAT\r\n"),
			S("211-Features\r\n AUTH TLS\r\n211 End\r\n"), C("AUTH TLS\r\n"),
			S("234 go on\r\n") } },
	{ "chat", 6667,
		{ S(":irc.example.org NOTICE * :*** Looking up your name\r\n"),
			C("CAP LS 302\r\nNICK ann\r\n"), S(":irc.example.org CAP * LS :tls\r\n"),
			C("STARTTLS\r\n"),
			S(":irc.example.org 670 ann :STARTTLS successful\r\n") } },
	{ "news", 119, { S("200 news.example.org\r\n"), C("STARTTLS\r\n"), S("382 begin\r\n") } },
	{ "VNC with VeNCrypt", 5900,
		{ S("RFB 003.008\n"), C("RFB 003.008\n"), S("\2\2\x13"), C("\x13"), S("\0\2"),
			C("\0\2"), S("\0\2\0\0\1\4\0\0\1\2"), C("\0\0\1\4"), S("\1") } },
	{ "VNC with TLS", 5901,
		{ S("RFB 003.007\n"), C("RFB 003.007\n"), S("\1\x12"), C("\x12") } },
	{ "a block device", 10809,
		{ S("NBDMAGICIHAVEOPT\0\3"), C("\0\0\0\3IHAVEOPT\0\0\0\5\0\0\0\0"),
			S("\0\3\xe8\x89\4\x55\x65\xa9\0\0\0\5\0\0\0\1\0\0\0\0") } },
	{ "a block device that refuses another option first", 10809,
		{ S("NBDMAGICIHAVEOPT\0\3"), C("\0\0\0\3IHAVEOPT\0\0\0\x08\0\0\0\0"),
			S("\0\3\xe8\x89\4\x55\x65\xa9\0\0\0\x08\x80\0\0\1\0\0\0\2no"),
			C("IHAVEOPT\0\0\0\5\0\0\0\0"),
			S("\0\3\xe8\x89\4\x55\x65\xa9\0\0\0\5\0\0\0\1\0\0\0\0") } },
	{ "XMPP", 5222,
		{ C("<?xml version='1.0'?><stream:stream to='example.org'>"),
			S("<?xml version='1.0'?><stream:stream from='example.org'><stream:features>"
			  "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
			  "</stream:features>"),
			C("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
			S("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") } },
	{ "a proxy's CONNECT", 3128,
		{ C("CONNECT 203.0.113.9:443 HTTP/1.1\r\nHost: 203.0.113.9\r\n\r\n"),
			S("HTTP/1.1 200 Connection established\r\n\r\n") } },
	{ "a CONNECT that wants a password first", 3128,
		{ C("CONNECT 203.0.113.9:443 HTTP/1.1\r\nHost: 203.0.113.9\r\n\r\n"),
			S("HTTP/1.1 407 Who are you\r\nContent-Length: 4\r\n\r\nwho?"),
			C("CONNECT 203.0.113.9:443 HTTP/1.1\r\nHost: 203.0.113.9\r\n"
			  "Proxy-Authorization: Basic YTpi\r\n\r\n"),
			S("HTTP/1.1 200 Connection established\r\n\r\n") } },
	{ "a proxy's line", 443, { C("PROXY TCP6 2001:db8::9 2001:db8::1 40000 443\r\n") } },
	{ "a proxy's line that knows nothing", 443, { C("PROXY UNKNOWN\r\n") } },
	{ "a proxy's block", 443,
		{ C("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\x09\xc6\x33\x64\1\x9c\x40\1"
		    "\xbb") } },
	{ "a proxy's line before SMTP", 25,
		{ C("PROXY TCP4 192.0.2.9 198.51.100.1 40000 25\r\n"),
			S("220 mx.example.org ESMTP\r\n"), C("EHLO client.example.org\r\n"),
			S("250 STARTTLS\r\n"), C("STARTTLS\r\n"), S("220 ready\r\n") } },
	{ "SOCKS 5", 1080,
		{ C("\5\1\0"), S("\5\0"), C("\5\1\0\1\xcb\0\x71\x09\1\xbb"),
			S("\5\0\0\1\0\0\0\0\0\0") } },
	{ "SOCKS 5 with a password", 1080,
		{ C("\5\2\0\2"), S("\5\2"), C("\1\1a\1b"), S("\1\0"),
			C("\5\1\0\1\xcb\0\x71\x09\1\xbb"), S("\5\0\0\1\0\0\0\0\0\0") } },
	{ "SOCKS 5 in one go", 1080,
		{ C("\5\1\0\5\1\0\1\xcb\0\x71\x09\1\xbb"), S("\5\0\5\0\0\1\0\0\0\0\0\0") } },
	{ "SOCKS 5 whose greeting was missed", 1080,
		{ C("\5\1\0\1\xcb\0\x71\x09\1\xbb"), S("\5\0\0\1\0\0\0\0\0\0") } },
	{ "SOCKS 4", 1080, { C("\4\1\1\xbb\xcb\0\x71\x09\0"), S("\0\x5a\0\0\0\0\0\0") } },
	{ "SOCKS to a mail server", 1080,
		{ C("\5\1\0"), S("\5\0"), C("\5\1\0\1\xcb\0\x71\x09\0\x19"),
			S("\5\0\0\1\0\0\0\0\0\0"), S("220 mx.example.org ESMTP\r\n"),
			C("EHLO client.example.org\r\n"), S("250 STARTTLS\r\n"), C("STARTTLS\r\n"),
			S("220 ready\r\n") } },
};

/* The client's bytes in pieces of that size; the server's whole. */
static void play(const struct talk *talk, bool client_is_source, size_t piece)
{
	uint32_t seq[2] = { 0, 0 };

	fixture_flow(&fixture, IP_TCP, client_is_source ? 50000 : talk->port,
		client_is_source ? talk->port : 50000);
	for (unsigned i = 0; i < TURNS_MAX && talk->turns[i].count > 0; i++) {
		const struct turn *turn = &talk->turns[i];
		bool from_source = turn->from_client == client_is_source;
		uint32_t *at = &seq[!turn->from_client];
		size_t step = turn->from_client ? piece : turn->count;
		for (size_t sent = 0; sent < turn->count; sent += step) {
			size_t count = turn->count - sent < step ? turn->count - sent : step;
			fixture_send(&fixture, from_source, *at, turn->bytes + sent, count);
			*at += (uint32_t)count;
		}
	}
	fixture_send(&fixture, client_is_source, seq[0], hello.bytes, hello.count);
	fixture_send(&fixture, !client_is_source, seq[1], server_hello.bytes, server_hello.count);
	fixture_end(&fixture);
}

static void expect_name(const char *what)
{
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "behind.example.org", "%s", what);
	ok(fixture.l7.protocol == L7_TLS && !fixture.l7.is_contested, "… is TLS");
	is_text(fixture.l7.alpn, "h2", "… and the server's hello is read");
}

static void put_server_hello(void)
{
	struct hello_builder message = { .count = 0 };
	static const uint8_t body[] = { 3, 3 };

	put_number(&message, 1, 2);
	size_t length = message.count;
	put_number(&message, 3, 0);
	put_bytes(&message, body, sizeof(body));
	for (unsigned i = 0; i < 32; i++) {
		put_number(&message, 1, i);
	}
	put_number(&message, 1, 0);
	put_number(&message, 2, 0xc02f);
	put_number(&message, 1, 0);
	put_number(&message, 2, 9);
	put_bytes(&message, "\0\x10\0\5\0\3\2h2", 9);
	message.bytes[length + 2] = (uint8_t)(message.count - length - 3);
	put_records(&server_hello, &message, 16384);
}

/* SQL Server wraps TLS in packets of its own. */
static void test_tds(size_t contents_max)
{
	static struct hello_builder wrapped;
	static const char prelogin[] =
		"\x12\1\0\x1a\0\0\0\0\0\0\x0b\0\6\1\0\x11\0\1\xff\x11\0\0\1\0\0\0";
	uint32_t client = sizeof(prelogin) - 1;

	wrapped.count = 0;
	for (size_t at = 0; at < hello.count; at += contents_max) {
		size_t count = hello.count - at < contents_max ? hello.count - at : contents_max;
		put_number(&wrapped, 2, at + count < hello.count ? 0x1200 : 0x1201);
		put_number(&wrapped, 2, (unsigned)count + 8);
		put_number(&wrapped, 4, 0x00000100);
		put_bytes(&wrapped, hello.bytes + at, count);
	}
	fixture_flow(&fixture, IP_TCP, 50000, 1433);
	fixture_send(&fixture, true, 0, prelogin, client);
	is_int(fixture.l7.protocol, L7_TDS, "SQL Server, before TLS");
	fixture_send(&fixture, false, 0,
		"\4\1\0\x1a\0\0\1\0\0\0\x0b\0\6\1\0\x11\0\1\xff\x0f\0\7\xd0\0\0\1", 26);
	fixture_send(&fixture, true, client, wrapped.bytes, 60);
	fixture_send(&fixture, true, client + 60, wrapped.bytes + 60, wrapped.count - 60);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "behind.example.org",
		"… the hello, in packets of %zu bytes", contents_max);
}

int main(void)
{
	static struct hello_builder message;

	put_client_hello(&message, "behind.example.org", 0, 100);
	put_records(&hello, &message, 16384);
	put_server_hello();
	fixture_init(&fixture);
	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
		play(&talks[i], true, SIZE_MAX / 2);
		expect_name(talks[i].what);
		play(&talks[i], false, SIZE_MAX / 2);
		expect_name("… begun by the other end");
		bool greeting_was_missed = strstr(talks[i].what, "missed") != NULL;
		play(&talks[i], true, greeting_was_missed ? SIZE_MAX / 2 : 1);
		expect_name("… a byte a segment");
	}
	test_tds(4088);
	test_tds(120);
	fixture_flow(&fixture, IP_TCP, 1, 1);
	ok(reassembly_bytes(fixture.tables.reassembly) == 0, "nothing is kept behind a flow");
	fixture_deinit(&fixture);
	return done_testing();
}
