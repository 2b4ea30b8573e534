/* What is kept of payload that nobody knows, and for how long it is looked at. */
#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"

enum { IP_TCP = 6, UNKNOWN_BYTES = 700 };

static struct fixture fixture;
static struct hello_builder hello;
static uint8_t unknown[UNKNOWN_BYTES];

static uint64_t kept_bytes(void)
{
	return reassembly_bytes(fixture.tables.reassembly);
}

static bool is_done(void)
{
	return fixture_is_read(&fixture, true);
}

static void begin(bool handshake_seen)
{
	fixture_flow(&fixture, IP_TCP, 50000, 4000);
	fixture.is_midstream = !handshake_seen;
}

static void test_true_start(void)
{
	begin(true);
	fixture_send(&fixture, true, 0, unknown, UNKNOWN_BYTES);
	ok(is_done() && kept_bytes() == 0,
		"a start that nobody knows: given up at once, nothing is kept");
	ok(!fixture.session.directions[1].is_done, "… the other direction may still say more");

	begin(true);
	fixture_send(&fixture, true, 0, unknown, 40);
	ok(!is_done() && kept_bytes() > 0 && kept_bytes() <= 256,
		"a short start is kept, in a small piece of memory: what follows may tell");
	fixture_send(&fixture, true, 40, unknown + 40, UNKNOWN_BYTES - 40);
	ok(is_done() && kept_bytes() >= UNKNOWN_BYTES, "… until it is long enough to be known by "
						       "nobody: a piece of it may come otherwise");
	fixture_send(&fixture, false, 0, unknown, 40);
	ok(kept_bytes() <= 256, "… and behind an answer nothing is kept of it");
}

static void test_gap(void)
{
	size_t cut = hello.count - UNKNOWN_BYTES;

	begin(true);
	fixture_send(&fixture, true, (uint32_t)cut, hello.bytes + cut, UNKNOWN_BYTES);
	ok(!is_done() && kept_bytes() >= UNKNOWN_BYTES,
		"behind a gap: kept, its start may be on its way");
	fixture_send(&fixture, true, 0, hello.bytes, cut);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "www.example.com", "… which it was");
}

static void test_middle(void)
{
	begin(false);
	fixture_send(&fixture, true, 5000, unknown, UNKNOWN_BYTES);
	ok(!is_done() && kept_bytes() == 0, "in the middle of a stream: nothing is kept");
	fixture_send(&fixture, true, 5000 + UNKNOWN_BYTES, hello.bytes, hello.count);
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "www.example.com",
		"… and the next segment is looked at by itself");

	begin(false);
	for (uint32_t i = 0; i < 3; i++) {
		ok(!is_done(), "segment %u in the middle is looked at", i + 1);
		fixture_send(&fixture, true, 5000 + i * UNKNOWN_BYTES, unknown, UNKNOWN_BYTES);
	}
	ok(is_done() && kept_bytes() == 0, "… a fourth one is not");
}

int main(void)
{
	static struct hello_builder message;

	put_client_hello(&message, "www.example.com", 0, 900);
	put_records(&hello, &message, 16384);
	memset(unknown, 0x07, sizeof(unknown));
	fixture_init(&fixture);
	test_true_start();
	test_gap();
	test_middle();
	fixture_flow(&fixture, IP_TCP, 1, 1);
	fixture_deinit(&fixture);
	return done_testing();
}
