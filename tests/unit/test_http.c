#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"

enum { IP_TCP = 6 };

static struct fixture fixture;

static const char *host_of(const char *request)
{
	fixture_flow(&fixture, IP_TCP, 50000, 80);
	fixture_send(&fixture, true, 0, request, strlen(request));
	return fixture_name(&fixture, NAME_HTTP_HOST);
}

static void test_pieces(void)
{
	const char *request =
		"GET /a/path?with=query HTTP/1.1\r\nAccept: */*\r\nHost: parts.example.com\r\n\r\n";
	size_t count = strlen(request);
	unsigned failures = 0;

	for (size_t cut = 1; cut < count; cut++) {
		fixture_flow(&fixture, IP_TCP, 50000, 80);
		fixture_send(&fixture, true, 0, request, cut);
		fixture_send(&fixture, true, (uint32_t)cut, request + cut, count - cut);
		failures +=
			strcmp(fixture_name(&fixture, NAME_HTTP_HOST), "parts.example.com") != 0;
	}
	is_int(failures, 0, "a request cut in two at every place");
	failures = 0;
	for (size_t cut = 4; cut < count - 4; cut++) {
		fixture_flow(&fixture, IP_TCP, 50000, 80);
		fixture_send(&fixture, true, (uint32_t)cut, request + cut, count - cut);
		fixture_send(&fixture, true, 0, request, cut);
		failures +=
			strcmp(fixture_name(&fixture, NAME_HTTP_HOST), "parts.example.com") != 0;
	}
	is_int(failures, 0, "… and its second half first");
	ok(fixture.l7.text_length == strlen("parts.example.com") + 1, "no path is kept");
}

static void test_connect(void)
{
	static struct hello_builder message, hello;
	const char *request =
		"CONNECT inner.example.com:443 HTTP/1.1\r\nHost: proxy.example.com\r\n\r\n";
	const char *answer = "HTTP/1.1 200 Connection established\r\n\r\n";

	is_text(host_of(request), "inner.example.com", "the target of a CONNECT");
	put_client_hello(&message, "sni.example.com", 0, 64);
	put_records(&hello, &message, 16384);
	fixture_send(&fixture, false, 0, answer, strlen(answer));
	fixture_send(&fixture, true, (uint32_t)strlen(request), hello.bytes, hello.count);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "sni.example.com",
		"… and the name said inside it");
	is_int(fixture.l7.protocol, L7_TLS, "… which makes it TLS");
	ok(fixture.l7.through_proxy, "… through a proxy");
	is_int(fixture.l7.through_proxy, L7_PROXY_ASKED, "… that did not refuse");
	static const struct {
		const char *answer;
		enum l7_proxy wanted;
	} answers[] = { { "HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nblocked",
				L7_PROXY_REFUSED },
		{ "HTTP/1.0 451 Unavailable For Legal Reasons\r\n\r\n", L7_PROXY_REFUSED },
		{ "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", L7_PROXY_ASKED },
		{ "HTTP/1.1 502 Bad Gateway\r\n\r\n", L7_PROXY_ASKED } };
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		host_of(request);
		fixture_send(&fixture, false, 0, answers[i].answer, strlen(answers[i].answer));
		is_int(fixture.l7.through_proxy, answers[i].wanted, "%.12s", answers[i].answer);
	}
	static const char again[] = "CONNECT again.example.com:443 HTTP/1.1\r\n\r\n";
	bool is_asked_again = false;
	host_of(request);
	fixture_send(&fixture, false, 0, answers[2].answer, strlen(answers[2].answer));
	fixture_send(&fixture, true, (uint32_t)strlen(request), again, sizeof(again) - 1);
	for (unsigned i = 0; i < fixture.l7.name_count; i++) {
		is_asked_again |= strcmp(l7_info_name(&fixture.l7, i), "again.example.com") == 0;
	}
	ok(is_asked_again, "who is asked for a password may ask for another host");
	host_of("GET / HTTP/1.1\r\nHost: plain.example.com\r\n\r\n");
	ok(!fixture.l7.through_proxy, "a plain request is none");
}

/* The preface, SETTINGS, and HEADERS with the block of RFC 7541, C.4.1: www.example.com in
 * Huffman's code. */
#define HTTP2_OPENING                                                                              \
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"                                                         \
	"\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64"
static const char http2_packed[] = HTTP2_OPENING "\0\0\x11\1\5\0\0\0\1\x82\x86\x84\x41\x8c"
						 "\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
/* The same in the clear (C.3.1), behind priority and with padding. */
static const char http2_plain[] = HTTP2_OPENING "\0\0\x1d\1\x2d\0\0\0\1\3\0\0\0\0\xff"
						"\x82\x86\x84\x41\x0fwww.example.com\0\0\0";
/* A name of its own for the field, never to be indexed (C.2.3's form). */
static const char http2_named[] = HTTP2_OPENING "\0\0\x1d\1\5\0\0\0\1\x82"
						"\x10\x0a:authority\x0fwww.example.com";
/* A code of more than eight bits ('!'), which no host has. */
static const char http2_long_code[] = HTTP2_OPENING "\0\0\4\1\5\0\0\0\1\x41\x82\xfe\x3f";
static const char http2_cut_block[] = HTTP2_OPENING "\0\0\3\1\5\0\0\0\1\x41\x0fw";
static const char http2_no_authority[] = HTTP2_OPENING "\0\0\3\1\5\0\0\0\1\x82\x86\x84";

static const char *authority_of(const char *bytes, size_t count)
{
	fixture_flow(&fixture, IP_TCP, 50000, 8080);
	fixture_send(&fixture, true, 0, bytes, count);
	return fixture_name(&fixture, NAME_HTTP_HOST);
}

/* A head in pieces, with what it asks for behind its host; then TLS on the same connection. */
static void test_upgrade_in_pieces(void)
{
	static const char *const pieces[] = { "OPTIONS * HTTP/1.1\r\nHost: asked.example\r\n",
		"Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n\r\n" };
	static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0\r\n\r\n";
	static struct hello_builder message, hello;
	uint32_t at = 0;

	fixture_flow(&fixture, IP_TCP, 50000, 631);
	for (unsigned i = 0; i < 2; i++) {
		fixture_send(&fixture, true, at, pieces[i], strlen(pieces[i]));
		at += (uint32_t)strlen(pieces[i]);
	}
	fixture_send(&fixture, false, 0, answer, sizeof(answer) - 1);
	message.count = hello.count = 0;
	put_client_hello(&message, "inside.example.com", 0, 32);
	put_records(&hello, &message, 16384);
	fixture_send(&fixture, true, at, hello.bytes, hello.count);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "inside.example.com",
		"TLS that a later piece of the head asked for is read");
}

static void test_empty_lines(void)
{
	is_text(host_of("\n\r\n\nGET / HTTP/1.1\nHost: lines.example.com\n\n"), "lines.example.com",
		"empty lines before a request, however they end");
}

static void test_http2(void)
{
	is_text(authority_of(http2_packed, sizeof(http2_packed) - 1), "www.example.com",
		"HTTP/2: a packed authority");
	is_int(fixture.l7.protocol, L7_HTTP2, "… is HTTP/2");
	ok(fixture_is_read(&fixture, true), "… and enough is known");
	fixture_send(&fixture, false, 0, "\0\0\0\4\0\0\0\0\0", 9);
	ok(l7_feed_is_over(&fixture.session), "… once it is answered");
	is_text(authority_of(http2_plain, sizeof(http2_plain) - 1), "www.example.com",
		"… in the clear, with priority and padding");
	is_text(authority_of(http2_named, sizeof(http2_named) - 1), "www.example.com",
		"… with its field's name spelled out");
	is_text(authority_of(http2_long_code, sizeof(http2_long_code) - 1), "",
		"what no host's name holds is none");
	is_text(authority_of(http2_cut_block, sizeof(http2_cut_block) - 1), "",
		"a block that ends inside a string names nobody");
	is_text(authority_of(http2_no_authority, sizeof(http2_no_authority) - 1), "",
		"nor does one without a host");
	is_int(fixture.l7.protocol, L7_HTTP2, "… and is HTTP/2 all the same");
}

/* A request of a connection whose preface was missed: settings acknowledged, and HEADERS. */
#define HTTP2_LATER "\0\0\0\4\1\0\0\0\0"
static const char http2_later[] = HTTP2_LATER "\0\0\x14\1\5\0\0\0\5\x82\x86\x84"
					      "\1\x0fwww.example.com";
static const char http2_servers_stream[] = HTTP2_LATER "\0\0\x14\1\5\0\0\0\2\x82\x86\x84"
						       "\1\x0fwww.example.com";
static const char http2_no_frame[] = "\0\0\1\4\1\0\0\0\0\0\0\0\x14\1\5\0\0\0\5\x82"
				     "\x86\x84\1\x0fwww.example.com";

static void test_http2_later(void)
{
	is_text(authority_of(http2_later, sizeof(http2_later) - 1), "www.example.com",
		"HTTP/2 without its beginning: a request that spells out its host");
	is_int(fixture.l7.protocol, L7_HTTP2, "… is HTTP/2");
	is_text(authority_of(http2_servers_stream, sizeof(http2_servers_stream) - 1), "",
		"a client asks on streams of odd numbers");
	is_text(authority_of(http2_no_frame, sizeof(http2_no_frame) - 1), "",
		"settings of one byte are none");
	is_int(fixture.l7.protocol, L7_UNKNOWN, "… and nobody's");
}

static void test_http2_pieces(void)
{
	static const char answer[] = "\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0";
	size_t count = sizeof(http2_packed) - 1;
	unsigned failures = 0;

	for (size_t cut = 4; cut < count; cut++) {
		fixture_flow(&fixture, IP_TCP, 50000, 8080);
		fixture_send(&fixture, true, 0, http2_packed, cut);
		fixture_send(&fixture, false, 0, answer, sizeof(answer) - 1);
		fixture_send(&fixture, true, (uint32_t)cut, http2_packed + cut, count - cut);
		failures += strcmp(fixture_name(&fixture, NAME_HTTP_HOST), "www.example.com") != 0;
	}
	is_int(failures, 0, "HTTP/2 cut in two at every place, with the server's settings between");
}

/* A proxy is asked for datagrams (RFC 9298). */
static void test_datagrams(void)
{
	static const char request[] =
		"GET /.well-known/masque/udp/inner.example.com/443/ HTTP/1.1\r\n"
		"Host: proxy.example.com\r\nConnection: Upgrade\r\n"
		"Upgrade: connect-udp\r\nCapsule-Protocol: ?1\r\n\r\n";
	static const char refusal[] = "HTTP/1.1 403 Forbidden\r\n\r\n";
	size_t count = sizeof(request) - 1;
	unsigned failures = 0;

	for (size_t cut = 1; cut <= count; cut++) {
		fixture_flow(&fixture, IP_TCP, 50000, 80);
		fixture_send(&fixture, true, 0, request, cut);
		fixture_send(&fixture, true, (uint32_t)cut, request + cut, count - cut);
		failures +=
			strcmp(fixture_name(&fixture, NAME_HTTP_HOST), "inner.example.com") != 0 ||
			fixture.l7.name_count != 1 || fixture.l7.through_proxy != L7_PROXY_ASKED;
	}
	is_int(failures, 0, "the host whom a proxy is to send datagrams to, cut at every place");
	fixture_send(&fixture, false, 0, refusal, sizeof(refusal) - 1);
	is_int(fixture.l7.through_proxy, L7_PROXY_REFUSED, "… and the proxy says no");
	is_text(host_of("GET /.well-known/masque/udp/inner.example.com/443/ HTTP/1.1\r\n"
			"Host: page.example.com\r\n\r\n"),
		"page.example.com", "a page of that path is none of it");
	is_text(host_of("GET /.well-known/masque/ip/inner.example.com/17/ HTTP/1.1\r\n"
			"Host: proxy.example.com\r\nUpgrade: connect-ip\r\n\r\n"),
		"inner.example.com", "packets to a host (RFC 9484)");
	is_int(fixture.l7.through_proxy, L7_PROXY_ASKED, "… through a proxy");
	is_text(host_of("GET /.well-known/masque/ip/*/*/ HTTP/1.1\r\n"
			"Host: proxy.example.com\r\nUpgrade: connect-ip\r\n\r\n"),
		"proxy.example.com", "to all there is: the proxy alone has a name");
	is_int(fixture.l7.through_proxy, L7_PROXY_ASKED, "… and is one");
	is_text(host_of("GET /.well-known/masque/ip/2001%3Adb8%3A%3A%2F32/*/ HTTP/1.1\r\n"
			"Host: proxy.example.com\r\nUpgrade: connect-ip\r\n\r\n"),
		"proxy.example.com", "nor has a network");
	is_text(host_of("GET /.well-known/masque/ip/inner.example.com/17/ HTTP/1.1\r\n"
			"Host: page.example.com\r\nUpgrade: connect-udp\r\n\r\n"),
		"page.example.com", "a path of one kind with the word of another is neither");
	is_text(host_of("GET /.well-known/masque/udp/inner.example.com HTTP/1.1\r\n"
			"Host: proxy.example.com\r\nUpgrade: connect-udp\r\n\r\n"),
		"proxy.example.com", "nor a path without its end");
}

static void test_product(void)
{
	host_of("GET / HTTP/1.1\r\nUser-Agent: AnyDesk/9.0 (Windows)\r\nHost: a.example\r\n\r\n");
	is_text(fixture.l7.product, "AnyDesk/9.0 (Windows)", "how the client calls itself");
	is_text(host_of("GET / HTTP/1.1\r\nHost: a.example\r\nuser-agent:  Windows-Update-Agent/"
			"10.0.10011.16384 Client-Protocol/2.51\r\n\r\n"),
		"a.example", "behind the host, too");
	is_text(fixture.l7.product, "Windows-Update-Agent/10.0.10011", "its beginning alone");
	host_of("GET / HTTP/1.1\r\nUser-Agent: abcdefghijklmnopqrstuvwxyz012345\r\n\r\n");
	is_text(fixture.l7.product, "abcdefghijklmnopqrstuvwxyz01234",
		"… also of one byte too many");
	is_text(host_of("GET / HTTP/1.1\r\nHost: a.example\r\nUser-Ag"), "a.example",
		"which is not waited for");
	is_text(fixture.l7.product, "", "where it comes later");
}

int main(void)
{
	fixture_init(&fixture);
	is_text(host_of("GET / HTTP/1.1\r\nUser-Agent: x\r\nHOST:  Www.Example.com:8080 \r\n\r\n"),
		"www.example.com", "case, blanks and port of a Host header");
	is_int(fixture.l7.protocol, L7_HTTP, "… is HTTP");
	is_text(host_of("GET / HTTP/1.1\r\nHost: www.example.com/path\r\n\r\n"), "",
		"a host with a path is none");
	is_text(host_of("GET / HTTP/1.1\r\nUser-Agent: x\r\nHOST:  Www.Example.com:8080 \r\n\r\n"),
		"www.example.com", "… and the next one is read");
	ok(fixture_is_read(&fixture, true), "… and enough is known");
	is_text(host_of("GET http://user:word@absolute.example.com:81/p?q HTTP/1.1\r\nHost: "
			"other\r\n\r\n"),
		"absolute.example.com", "an absolute target goes before the header");
	ok(fixture.l7.through_proxy, "… and is asked of a proxy");
	is_text(host_of("POST / HTTP/1.0\r\n\r\n"), "", "no Host at all");
	is_int(fixture.l7.protocol, L7_HTTP, "… is HTTP all the same");
	is_text(host_of("GET / HTTP/1.1\r\nHost: 192.0.2.7:80\r\n\r\n"), "",
		"an address is not a name");
	is_text(host_of("GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n"), "", "… of either family");
	is_text(host_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), "", "a name with a blank is none");
	is_text(host_of("OPTIONS HTTP/1.1\r\nHost: bare.example.com\r\n\r\n"), "bare.example.com",
		"a request without a target");
	is_text(host_of("X-METHOD /p HTTP/1.1\r\nHost: any.example.com\r\n\r\n"), "any.example.com",
		"a method of any name");
	is_text(host_of("ABCDEFGHIJKLMNOPQRSTUVWX /p HTTP/1.1\r\nHost: long.example.com\r\n\r\n"),
		"long.example.com", "… of up to 24 letters");
	is_text(host_of("ABCDEFGHIJKLMNOPQRSTUVWXY /p HTTP/1.1\r\nHost: long.example.com\r\n\r\n"),
		"", "… and no more");
	is_text(host_of("GET me a coffee\r\nHost: no.example.com\r\n\r\n"), "",
		"a line without a version");
	is_int(fixture.l7.protocol, L7_UNKNOWN, "… is not HTTP");
	is_text(host_of("OPTIONS\nHost: old.example.com\n\n"), "old.example.com",
		"a method alone, with a host behind it");
	is_text(host_of("GET /p\r\nHost: old.example.com\r\n\r\n"), "old.example.com",
		"… and a target without a version");
	test_product();
	test_datagrams();
	test_pieces();
	test_connect();
	test_upgrade_in_pieces();
	test_empty_lines();
	test_http2();
	test_http2_later();
	test_http2_pieces();
	fixture_flow(&fixture, IP_TCP, 1, 1);
	is_int((int64_t)reassembly_bytes(fixture.tables.reassembly), 0,
		"all memory was given back");
	fixture_deinit(&fixture);
	return done_testing();
}
