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
	ok(fixture.clues.text_length == strlen("parts.example.com") + 1, "no path is kept");
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
	is_int(fixture.clues.protocol, L7_TLS, "… which makes it TLS");
}

int main(void)
{
	fixture_init(&fixture);
	is_text(host_of("GET / HTTP/1.1\r\nUser-Agent: x\r\nHOST:  Www.Example.com:8080 \r\n\r\n"),
		"www.example.com", "case, blanks and port of a Host header");
	is_int(fixture.clues.protocol, L7_HTTP, "… is HTTP");
	ok(fixture.progress.directions[0].is_done, "… and enough is known");
	is_text(host_of("GET http://user:word@absolute.example.com:81/p?q HTTP/1.1\r\nHost: "
			"other\r\n\r\n"),
		"absolute.example.com", "an absolute target goes before the header");
	is_text(host_of("POST / HTTP/1.0\r\n\r\n"), "", "no Host at all");
	is_int(fixture.clues.protocol, L7_HTTP, "… is HTTP all the same");
	is_text(host_of("GET / HTTP/1.1\r\nHost: 192.0.2.7:80\r\n\r\n"), "",
		"an address is not a name");
	is_text(host_of("GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n"), "", "… of either family");
	is_text(host_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), "", "a name with a blank is none");
	is_text(host_of("OPTIONS HTTP/1.1\r\nHost: bare.example.com\r\n\r\n"), "bare.example.com",
		"a request without a target");
	is_text(host_of("X-METHOD /p HTTP/1.1\r\nHost: any.example.com\r\n\r\n"), "any.example.com",
		"a method of any name");
	is_text(host_of("GET me a coffee\r\nHost: no.example.com\r\n\r\n"), "",
		"a line without a version");
	is_int(fixture.clues.protocol, L7_UNKNOWN, "… is not HTTP");
	test_pieces();
	test_connect();
	fixture_flow(&fixture, IP_TCP, 1, 1);
	is_int((int64_t)reassembly_bytes(fixture.tables.reassembly), 0,
		"all memory was given back");
	fixture_deinit(&fixture);
	return done_testing();
}
