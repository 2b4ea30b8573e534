/* A beginning that was sent in several versions: false ones of another protocol or of the same, in
 * place of the whole or of pieces, and what the other end's answer leaves of them. */
#include "analyzer/classify/l7_info_store.h"
#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"

enum { IP_TCP = 6, SERVER_HELLO_BYTES = 47 };

static struct fixture fixture;
static struct hello_builder truth, decoy;
static uint8_t server_hello[SERVER_HELLO_BYTES] = { 0x16, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3,
	[SERVER_HELLO_BYTES - 3] = 0x13, 0x01 };

static const char request[] = "GET / HTTP/1.1\r\nHost: asked.example.com\r\n\r\n";
static const char response[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

static const struct {
	const char *what, *bytes;
	size_t count;
} others[] = {
#define OTHER(what, bytes)                                                                         \
	{                                                                                          \
		what, bytes, sizeof(bytes) - 1                                                     \
	}
	OTHER("SSH's banner", "SSH-2.0-OpenSSH_9.6\r\n"),
	OTHER("a request", "GET / HTTP/1.1\r\nHost: decoy.example.com\r\n\r\n"),
	OTHER("a CONNECT", "CONNECT decoy.example.com:443 HTTP/1.1\r\n\r\n"),
	OTHER("a greeting of mail", "220 mail.example.com ESMTP\r\n"),
	OTHER("a word of mail", "EHLO mail.example.com\r\n"),
	OTHER("SOCKS", "\5\1\0"),
	OTHER("a proxy's line", "PROXY TCP4 192.0.2.1 198.51.100.7 50000 443\r\n"),
	OTHER("HTTP/2's", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	OTHER("an alert of TLS", "\x15\3\3\0\2\1\0"),
	OTHER("a byte", "S"),
	OTHER("a byte of a hello", "\x16"),
	OTHER("zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
};

static void begin(void)
{
	fixture_flow(&fixture, IP_TCP, 50000, 443);
}

static void send(const void *bytes, size_t from, size_t until)
{
	fixture_send(&fixture, true, (uint32_t)from, (const uint8_t *)bytes + from, until - from);
}

static void answer(const void *bytes, size_t count, size_t step)
{
	for (size_t at = 0; at < count; at += step) {
		size_t left = count - at;
		fixture_send(&fixture, false, (uint32_t)at, (const uint8_t *)bytes + at,
			left < step ? left : step);
	}
}

static void expect_truth(const char *what, const char *how)
{
	answer(server_hello, sizeof(server_hello), sizeof(server_hello));
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "true.example.com", "%s %s", what, how);
	ok(fixture.l7.name_count == 1 && !fixture.l7.is_contested && fixture.l7.protocol == L7_TLS,
		"… of TLS, and no other name");
	const struct direction *client = &fixture.session.directions[0];
	ok(!client->versions && !client->said, "… of which nothing is kept");
}

static void test_other_protocols(void)
{
	size_t half = truth.count / 2;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		begin();
		send(others[i].bytes, 0, others[i].count);
		send(truth.bytes, 0, truth.count);
		expect_truth(others[i].what, "before a hello");
		begin();
		send(truth.bytes, 0, truth.count);
		send(others[i].bytes, 0, others[i].count);
		expect_truth(others[i].what, "behind a hello");
		begin();
		send(others[i].bytes, 0, others[i].count);
		send(truth.bytes, half, truth.count);
		send(truth.bytes, 0, half);
		expect_truth(others[i].what, "before a hello whose second half comes first");
	}
}

static void test_request(void)
{
	begin();
	send(decoy.bytes, 0, decoy.count);
	send(request, 0, sizeof(request) - 1);
	answer(response, sizeof(response) - 1, sizeof(response));
	is_text(l7_info_name(&fixture.l7, 0), "asked.example.com", "a hello before a request");
	ok(fixture.l7.name_count == 1 && !fixture.l7.is_contested && fixture.l7.protocol == L7_HTTP,
		"… which the server answers");
	begin();
	send(others[1].bytes, 0, others[1].count);
	send(request, 0, sizeof(request) - 1);
	answer(response, sizeof(response) - 1, sizeof(response));
	ok(fixture.l7.name_count == 2 && fixture.l7.is_contested,
		"two requests at one place, answered: both names, and it says so");
}

/* The connection belongs to what is inside once both have handed over. */
static void test_inside(void)
{
	static const char connect[] = "CONNECT asked.example.com:443 HTTP/1.1\r\n\r\n";
	static const char granted[] = "HTTP/1.1 200 OK\r\n\r\n";
	size_t at = sizeof(connect) - 1, answered = sizeof(granted) - 1;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		begin();
		send(connect, 0, at);
		answer(granted, answered, answered);
		fixture_send(&fixture, true, (uint32_t)at, others[i].bytes, others[i].count);
		fixture_send(&fixture, true, (uint32_t)at, truth.bytes, truth.count);
		fixture_send(
			&fixture, false, (uint32_t)answered, server_hello, sizeof(server_hello));
		is_text(fixture_name(&fixture, NAME_TLS_SNI), "true.example.com",
			"%s before a hello inside a tunnel", others[i].what);
		ok(fixture.l7.name_count == 2 && !fixture.l7.is_contested &&
				fixture.l7.through_proxy == L7_PROXY_ASKED,
			"… whose host is known as well");
	}
}

static void test_answer_in_pieces(void)
{
	begin();
	send(others[0].bytes, 0, others[0].count);
	send(truth.bytes, 0, truth.count);
	answer(server_hello, sizeof(server_hello), 1);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "true.example.com",
		"an answer of a byte a segment tells as well");
	ok(!fixture.l7.is_contested && fixture.l7.server_hello, "… and is read");
}

/* The other end says this at its beginning, and acknowledges so much. */
static void reply(uint32_t ack, const void *bytes, size_t count)
{
	fixture_segment(&fixture, false, TCP_ACK | TCP_PSH, 0, ack, bytes, count);
}

static void expect_both(const char *what)
{
	ok(fixture.l7.name_count == 2 && fixture.l7.is_contested, "%s: both names, and it says so",
		what);
}

static void test_false_answers(void)
{
	uint32_t all = (uint32_t)truth.count;

	begin();
	send(request, 0, sizeof(request) - 1);
	send(truth.bytes, 0, truth.count);
	reply(0, response, sizeof(response) - 1);
	reply(all, server_hello, sizeof(server_hello));
	expect_both("an answer to nothing before one to all");
	begin();
	send(request, 0, sizeof(request) - 1);
	send(truth.bytes, 0, truth.count);
	reply(all, response, sizeof(response) - 1);
	ok(!fixture.l7.is_contested && fixture.l7.protocol == L7_HTTP, "an answer decides …");
	reply(all, response, sizeof(response) - 1);
	ok(!fixture.l7.is_contested, "… also where it comes again");
	reply(all, server_hello, sizeof(server_hello));
	expect_both("… until another one comes");
	begin();
	send(truth.bytes, 0, truth.count);
	send(request, 0, sizeof(request) - 1);
	reply(all, server_hello, sizeof(server_hello));
	reply(all, response, sizeof(response) - 1);
	expect_both("a hello's answer before a request's");
}

/* A hello whose session is that one, and its answer. */
static void put_session(struct hello_builder *out, const char *name, uint8_t session)
{
	enum { SESSION_AT = 4 + 2 + 32 };
	struct hello_builder message = { .count = 0 }, with = { .count = 0 };

	put_client_hello(&message, name, 0, 100);
	put_bytes(&with, message.bytes, SESSION_AT);
	put_number(&with, 1, 1);
	put_number(&with, 1, session);
	put_bytes(&with, message.bytes + SESSION_AT + 1, message.count - SESSION_AT - 1);
	with.bytes[3]++;
	out->count = 0;
	put_records(out, &with, 16384);
}

static void answer_session(uint32_t ack, uint8_t session)
{
	uint8_t bytes[] = { 0x16, 3, 3, 0, 51, 2, 0, 0, 47, 3, 3, session, [43] = 1, session, 0x13,
		0x01, 0, 0, 6, 0, 43, 0, 2, 3, 4 };

	reply(ack, bytes, sizeof(bytes));
}

/* Behind an acknowledgement of the first something else comes in its place. */
static void test_false_acknowledgements(void)
{
	static struct hello_builder first, second;

	for (unsigned taken = 1; taken <= 3; taken++) {
		put_session(&first, "first.example.com", taken == 3 ? 2 : 1);
		put_session(&second, "second.example.com", 2);
		begin();
		send(first.bytes, 0, first.count);
		fixture.acked[0] = (uint32_t)first.count;
		send(second.bytes, 0, second.count);
		answer_session((uint32_t)second.count, (uint8_t)(taken == 1 ? 1 : 2));
		if (taken == 1) {
			is_text(fixture_name(&fixture, NAME_TLS_SNI), "first.example.com",
				"a hello behind the acknowledgement of another, which is answered");
			ok(fixture.l7.name_count == 1 && !fixture.l7.is_contested, "… is nothing");
		} else {
			expect_both(taken == 2 ? "one that is answered instead"
					       : "one that may be answered as well");
		}
	}
	begin();
	send(request, 0, sizeof(request) - 1);
	fixture.acked[0] = sizeof(request) - 1;
	send(truth.bytes, 0, truth.count);
	expect_truth("a hello", "behind the acknowledgement of a request");
}

/* Behind an answer to a false beginning the true one comes, and is answered in its place. */
static void test_answers_before_hello(void)
{
	static const uint8_t alert[] = { 0x15, 3, 3, 0, 2, 2, 40 };
	static struct hello_builder first, second;
	uint32_t all;

	put_session(&first, "first.example.com", 1);
	put_session(&second, "second.example.com", 2);
	all = (uint32_t)first.count;
	for (unsigned i = 0; i < 4; i++) {
		begin();
		send(first.bytes, 0, first.count);
		if (i == 0) {
			answer_session(all, 1);
		} else if (i == 1) {
			reply(all, "x", 1);
		} else if (i == 2) {
			reply(all, response, sizeof(response) - 1);
		} else {
			reply(all, alert, sizeof(alert));
		}
		send(second.bytes, 0, second.count);
		answer_session((uint32_t)second.count, 2);
		expect_both("two hellos and two answers, in turns");
	}
	begin();
	send(first.bytes, 0, first.count);
	answer_session(all, 1);
	send(second.bytes, 0, second.count);
	answer_session(all, 1);
	fixture_end(&fixture);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "first.example.com",
		"a hello behind an answer that is said once more");
	ok(fixture.l7.name_count == 1 && !fixture.l7.is_contested, "… is nothing");
	begin();
	send(others[11].bytes, 0, others[11].count);
	reply((uint32_t)others[11].count, response, sizeof(response) - 1);
	send(truth.bytes, 0, truth.count);
	reply((uint32_t)truth.count, server_hello, sizeof(server_hello));
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "true.example.com",
		"a hello behind an answer to zeros");
}

static void test_banners(void)
{
	begin();
	reply(0, others[0].bytes, others[0].count);
	send(truth.bytes, 0, truth.count);
	reply((uint32_t)truth.count, server_hello, sizeof(server_hello));
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "true.example.com",
		"a hello behind a banner, and its answer in place of that");
	ok(fixture.l7.is_contested && fixture.l7.server_hello, "… are in doubt, and read");
	begin();
	send(others[0].bytes, 0, others[0].count);
	reply(0, others[0].bytes, others[0].count);
	send(truth.bytes, 0, truth.count);
	fixture_segment(&fixture, false, TCP_ACK, (uint32_t)others[0].count, (uint32_t)truth.count,
		"\0\0\0\x14", 4);
	ok(fixture.l7.protocol == L7_SSH && !fixture.l7.is_contested,
		"a hello behind two banners that fit together is none");
	begin();
	send(truth.bytes, 0, truth.count);
	reply((uint32_t)truth.count, response, sizeof(response) - 1);
	reply((uint32_t)truth.count, server_hello, sizeof(server_hello));
	ok(fixture.l7.server_hello && !fixture.l7.is_contested,
		"an answer that nobody understands gives way to one that is");
}

static void test_no_answer(void)
{
	begin();
	send(others[0].bytes, 0, others[0].count);
	send(truth.bytes, 0, truth.count);
	fixture_end(&fixture);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "true.example.com",
		"without an answer the hello's name shows");
	ok(fixture.l7.is_contested, "… and that it is not sure");
}

static void test_many(void)
{
	for (unsigned i = 0; i < 60; i++) {
		if (i == 0) {
			begin();
		}
		decoy.bytes[decoy.count - 1] = (uint8_t)i;
		send(decoy.bytes, 0, decoy.count);
	}
	send(truth.bytes, 0, truth.count);
	answer(server_hello, sizeof(server_hello), sizeof(server_hello));
	ok(fixture.l7.is_contested && fixture.l7.name_count == 2,
		"more versions than there is room for: both names, and it says so");
	is_text(l7_info_name(&fixture.l7, 1), "true.example.com", "… the last one too");
}

enum { SMALL_PIECE_BYTES = 16 };

static bool shows(const char *name)
{
	bool shown = false;

	for (unsigned i = 0; i < fixture.l7.name_count; i++) {
		shown |= strcmp(l7_info_name(&fixture.l7, i), name) == 0;
	}
	return shown;
}

static void send_piece(const struct hello_builder *hello, size_t at)
{
	size_t end = at + SMALL_PIECE_BYTES;

	send(hello->bytes, at, end < truth.count ? end : truth.count);
}

/* More ways to put the pieces together than anybody tries. */
static void test_small_pieces(void)
{
	static struct hello_builder same, message;

	message.count = 0;
	put_client_hello(&message, "lies.example.com", 0, 100);
	put_records(&same, &message, 16384);
	for (unsigned order = 0; order < 2; order++) {
		begin();
		for (size_t at = 0; at < truth.count; at += SMALL_PIECE_BYTES) {
			send_piece(order ? &truth : &same, at);
			send_piece(order ? &same : &truth, at);
		}
		answer(server_hello, sizeof(server_hello), sizeof(server_hello));
		ok(shows("true.example.com"), "two hellos in small pieces, in turns: one name");
		ok(shows("lies.example.com"), "… the other");
		ok(fixture.l7.is_contested, "… and that it is not sure");
	}
}

/* More pieces than are kept, before or behind the true one of each place. */
static void test_noise(void)
{
	static const unsigned sizes[] = { 1, 3, 16, 50, 100 };
	uint8_t noise[100];

	for (unsigned i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t step = sizes[i / 2], left;
		begin();
		for (size_t at = 0; at < truth.count; at += left) {
			left = truth.count - at < step ? truth.count - at : step;
			for (unsigned j = 0; j < 21; j++) {
				bool is_true = j == (i % 2 ? 0 : 20);
				memset(noise, (int)(at + j), left);
				fixture_send(&fixture, true, (uint32_t)at,
					is_true ? truth.bytes + at : noise, left);
			}
		}
		answer(server_hello, sizeof(server_hello), sizeof(server_hello));
		is_text(fixture_name(&fixture, NAME_TLS_SNI), "true.example.com",
			"noise %s each piece of %zu bytes", i % 2 ? "behind" : "before", step);
		ok(fixture.l7.is_contested, "… and that not all was looked at");
		const struct direction *client = &fixture.session.directions[0];
		ok(!client->first && !client->latest, "… of which nothing is kept");
	}
}

/* Two true pieces and a false one in place of each, in every order. */
static void test_orders(void)
{
	static const uint8_t zeros[600];
	size_t cut = truth.count / 2, failures = 0;

	for (unsigned order = 0; order < 24; order++) {
		unsigned left[4] = { 0, 1, 2, 3 }, rest = order;
		begin();
		for (unsigned count = 4; count > 0; count--) {
			unsigned pick = rest % count, piece = left[pick];
			rest /= count;
			left[pick] = left[count - 1];
			const uint8_t *bytes = piece < 2 ? truth.bytes : zeros;
			send(bytes, piece % 2 ? cut : 0, piece % 2 ? truth.count : cut);
		}
		answer(server_hello, sizeof(server_hello), sizeof(server_hello));
		bool is_true =
			strcmp(fixture_name(&fixture, NAME_TLS_SNI), "true.example.com") == 0 &&
			fixture.l7.name_count == 1 && !fixture.l7.is_contested;
		failures += !is_true;
	}
	is_int((int64_t)failures, 0, "two pieces and two false ones, in 24 orders");
}

static uint32_t random_below(uint32_t limit)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % limit;
}

/* A piece of anything, of any length, near the place where it belongs. */
static void send_random(void)
{
	static const uint8_t zeros[3000];
	uint32_t which = random_below(5 + sizeof(others) / sizeof(others[0]));
	const uint8_t *bytes = which < 3    ? truth.bytes
			       : which == 3 ? decoy.bytes
			       : which == 4 ? zeros
					    : (const uint8_t *)others[which - 5].bytes;
	size_t count = which < 3    ? truth.count
		       : which == 3 ? decoy.count
		       : which == 4 ? sizeof(zeros)
				    : others[which - 5].count;
	uint32_t from = random_below(2) * random_below((uint32_t)count);
	uint32_t length = 1 + random_below((uint32_t)count - from);
	uint32_t at = from + (random_below(8) == 0 ? random_below(3) : 0);
	uint8_t flags = TCP_ACK | (random_below(20) == 0 ? TCP_URG : TCP_PSH);

	fixture.tcp_urgent = (uint16_t)random_below(40);
	fixture_segment(&fixture, true, flags, at, fixture.next_seq[1], bytes + from, length);
}

static void reply_random(void)
{
	unsigned which = random_below(5);
	const uint8_t *bytes = which == 0   ? server_hello
			       : which == 1 ? (const uint8_t *)response
					    : (const uint8_t *)others[which].bytes;
	size_t count = which == 0   ? sizeof(server_hello)
		       : which == 1 ? sizeof(response) - 1
				    : others[which].count;

	fixture_segment(&fixture, false, TCP_ACK, random_below(3) * random_below(60),
		random_below(2) * random_below(700), bytes, count);
}

static void test_random(void)
{
	size_t kept = 0;

	for (unsigned round = 0; round < 2000; round++) {
		unsigned count = 1 + random_below(round % 20 == 0 ? 300 : 30);
		begin();
		for (unsigned i = 0; i < count; i++) {
			send_random();
			if (random_below(10) == 0) {
				reply_random();
			}
		}
		if (random_below(4) > 0) {
			answer(server_hello, sizeof(server_hello), 1 + random_below(60));
		}
		fixture_end(&fixture);
		begin();
		kept += reassembly_bytes(fixture.tables.reassembly);
	}
	is_int((int64_t)kept, 0, "pieces of anything come to an end, and nothing is kept of them");
}

int main(void)
{
	static struct hello_builder message;

	put_client_hello(&message, "true.example.com", 0, 100);
	put_records(&truth, &message, 16384);
	message.count = 0;
	put_client_hello(&message, "decoy.example.com", 0, 700);
	put_records(&decoy, &message, 16384);
	fixture_init(&fixture);
	test_other_protocols();
	test_request();
	test_inside();
	test_answer_in_pieces();
	test_false_answers();
	test_false_acknowledgements();
	test_answers_before_hello();
	test_banners();
	test_no_answer();
	test_many();
	test_small_pieces();
	test_noise();
	test_orders();
	test_random();
	begin();
	ok(reassembly_bytes(fixture.tables.reassembly) == 0, "nothing is kept behind a flow");
	struct l7_info_store_stats stats;
	l7_info_store_read_stats(fixture.tables.store, &stats);
	is_int(stats.sets, 0, "… nor whom it might have named");
	fixture_deinit(&fixture);
	return done_testing();
}
