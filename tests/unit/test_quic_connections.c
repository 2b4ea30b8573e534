/* Several connections of QUIC over one socket: which of them was meant says the server's answer. */
#include "tests/traffic/quic_packet.h"
#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"

enum { IP_UDP = 17, INITIAL_FRAMES = 1150, INITIAL_BYTES = 1200 };

static struct fixture fixture;

/* The client of what is sent and answered is the initiator of the flow. */
static bool sent_by_source = true;

/* A connection as its client begins it. */
struct client {
	const char *name, *key, *own; /* own: its own connection ID; "" none */
};

static const struct client truth = { "true.example.com", "truekey1", "" };
static const struct client decoy = { "decoy.example.com", "decoyke2", "" };
static const struct client own_truth = { "true.example.com", "truekey1", "trueown" };
static const struct client own_decoy = { "decoy.example.com", "decoyke2", "decoyow" };
static const struct client shared_decoy = { "decoy.example.com", "decoyke2", "trueown" };
static const struct client keyed_decoy = { "decoy.example.com", "truekey1", "decoyow" };
static const struct client twin = { "decoy.example.com", "truekey1", "trueown" };
static const struct client like = { "fake.example.com", "truekey1", "trueown" };

static const struct client third = { "evil.example.com", "truekey1", "trueown" };

static struct quic_id id_of(const char *text)
{
	struct quic_id id = { .length = (uint8_t)strlen(text) };

	memcpy(id.bytes, text, id.length);
	return id;
}

static void begin(void)
{
	fixture_flow(&fixture, IP_UDP, 50000, 443);
}

/* Part of the hello, in an Initial to `destination`. */
static void send_part(
	const struct client *client, const char *destination, unsigned number, unsigned of)
{
	static struct hello_builder hello;
	struct quic_long header = { .version = QUIC_V1,
		.type = QUIC_LONG_INITIAL,
		.destination = id_of(destination),
		.source = id_of(client->own),
		.number = number };
	struct quic_id key = id_of(client->key);
	uint8_t frames[INITIAL_FRAMES] = { 0 }, packet[QUIC_PACKET_MAX];

	hello.count = 0;
	put_client_hello(&hello, client->name, 0, 300);
	size_t from = hello.count * number / of, until = hello.count * (number + 1) / of;
	quic_put_crypto(from, hello.bytes + from, until - from, frames);
	size_t count = quic_seal_initial(&header, &key, true, frames, sizeof(frames), packet);
	fixture_send(&fixture, sent_by_source, 0, packet, count);
}

static void send(const struct client *client)
{
	send_part(client, client->key, 0, 1);
}

static void answer(const struct client *client)
{
	struct quic_long header = { .version = QUIC_V1,
		.type = QUIC_LONG_INITIAL,
		.destination = id_of(client->own),
		.source = id_of("serverid") };
	struct quic_id key = id_of(client->key);
	uint8_t frames[INITIAL_FRAMES] = { 2, 0, 0, 0, 0 }, packet[QUIC_PACKET_MAX];

	size_t count = quic_seal_initial(&header, &key, false, frames, sizeof(frames), packet);
	fixture_send(&fixture, !sent_by_source, 0, packet, count);
}

static void expect_name(const char *name, const char *what)
{
	is_text(fixture_name(&fixture, NAME_QUIC_SNI), name, "%s", what);
	ok(fixture.l7.name_count == 1 && !fixture.l7.is_contested, "… and no other");
}

static void expect_both(const char *what)
{
	ok(fixture.l7.name_count == 2 && fixture.l7.is_contested, "%s: both names, and it says so",
		what);
}

static void test_decoys(const struct client *right, const struct client *wrong, const char *ids)
{
	static const char *const order[] = { "the decoy first", "the decoy last" };

	printf("# %s\n", ids);
	for (unsigned i = 0; i < 2; i++) {
		begin();
		send(i == 0 ? wrong : right);
		send(i == 0 ? right : wrong);
		expect_both("two connections, and no answer");
		answer(right);
		expect_name(right->name, order[i]);
	}
	begin();
	for (unsigned i = 0; i < 6; i++) {
		send(wrong);
	}
	send(right);
	answer(right);
	expect_name(right->name, "the same decoy six times");
	begin();
	send_part(wrong, wrong->key, 0, 2);
	send(right);
	answer(right);
	expect_name(right->name, "half a decoy");
	begin();
	send(wrong);
	send_part(right, right->key, 0, 2);
	send_part(right, right->key, 1, 2);
	answer(right);
	expect_name(right->name, "the true hello in two Initials");
	begin();
	send_part(right, right->key, 0, 2);
	send(wrong);
	send_part(right, right->key, 1, 2);
	answer(right);
	expect_name(right->name, "… the decoy between them");
	begin();
	send(right);
	answer(wrong);
	send(right);
	expect_name(right->name, "an answer to another connection is none of ours");
	begin();
	send(right);
	answer(right);
	send_part(right, "serverid", 1, 1);
	expect_name(right->name, "the client goes on under the server's name");
}

/* What the server says does not tell two hellos apart that are sent under the same numbers. */
static void test_twins(void)
{
	printf("# two hellos under the same numbers\n");
	for (unsigned i = 0; i < 2; i++) {
		begin();
		send(i == 0 ? &twin : &own_truth);
		send(i == 0 ? &own_truth : &twin);
		expect_both("no answer");
		answer(&own_truth);
		expect_both("the server answers one");
	}
	begin();
	send(&twin);
	send_part(&twin, twin.key, 0, 2);
	send_part(&own_truth, twin.key, 0, 2);
	send_part(&own_truth, twin.key, 1, 2);
	answer(&own_truth);
	expect_both("in two Initials");
	begin();
	send(&own_truth);
	send(&own_decoy);
	send(&twin);
	answer(&own_truth);
	expect_both("beside another connection");
	begin();
	send(&own_decoy);
	send(&keyed_decoy);
	send(&own_truth);
	answer(&own_truth);
	expect_name(own_truth.name, "behind two others");
	begin();
	send(&own_truth);
	send_part(&own_truth, own_truth.key, 0, 2);
	send_part(&own_truth, own_truth.key, 1, 2);
	expect_name(own_truth.name, "sent once more, in other pieces");
	answer(&own_truth);
	send(&twin);
	expect_name(own_truth.name, "what comes behind the answer is none of it");
}

/* Frames that are no hello. */
static void send_junk(const struct client *client)
{
	struct quic_long header = { .version = QUIC_V1,
		.type = QUIC_LONG_INITIAL,
		.destination = id_of(client->key),
		.source = id_of(client->own) };
	struct quic_id key = id_of(client->key);
	uint8_t frames[INITIAL_FRAMES] = { 0 }, packet[QUIC_PACKET_MAX];

	quic_put_crypto(0,
		(const uint8_t *)"\1\0\0\x28 no hello, and whole by what it says of its length", 44,
		frames);
	size_t count = quic_seal_initial(&header, &key, true, frames, sizeof(frames), packet);
	fixture_send(&fixture, true, 0, packet, count);
}

/* Pieces of hellos under the same numbers, in any order: 'd' and 't' are the first half of a
 * decoy's and of the true one, '.' is the second one of both, '?' is none. */
static void send_pieces(const struct client *wrong, const char *order)
{
	begin();
	for (; *order; order++) {
		if (*order == '?') {
			send_junk(&own_truth);
		} else {
			send_part(*order == 'd' ? wrong : &own_truth, own_truth.key, *order == '.',
				2);
		}
	}
	answer(&own_truth);
}

static void test_half_decoys(void)
{
	static const char *const orders[] = { "dt.", "d.t", "td.", "t.d", ".dt", ".td" };

	printf("# half a decoy under the same numbers\n");
	for (unsigned i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		send_pieces(&like, orders[i]);
		expect_both(orders[i]);
		send_pieces(&twin, orders[i]);
		expect_name(own_truth.name, "… where it makes no hello");
	}
	send_pieces(&like, "dtd.");
	ok(fixture.l7.is_contested, "of three versions the flow says at least that they were");
	static const struct client *const versions[] = { &like, &own_truth, &third };
	for (unsigned i = 0; i < 3; i++) {
		begin();
		for (unsigned j = 0; j < 3; j++) {
			send_part(versions[(i + j) % 3], own_truth.key, 0, 2);
		}
		send_part(&own_truth, own_truth.key, 1, 2);
		answer(&own_truth);
		ok(fixture.l7.name_count == 3 && fixture.l7.is_contested,
			"three versions of a piece: all three names, and it says so");
	}
	send_pieces(&like, "?t.");
	expect_name(own_truth.name, "what is no hello before it hides none");
	begin();
	send_junk(&own_decoy);
	send(&own_truth);
	answer(&own_truth);
	expect_name(own_truth.name, "… nor in another connection");
	begin();
	send(&own_decoy);
	send_part(&own_truth, own_truth.key, 0, 2);
	send_part(&like, own_truth.key, 0, 2);
	send_part(&own_truth, own_truth.key, 1, 2);
	answer(&own_truth);
	ok(fixture.l7.is_contested, "half a decoy beside another connection: the flow says so");
}

/* Each end begins a connection, and the server answers one: that one's client is the client. */
static void test_both_ends(void)
{
	printf("# hellos of both ends\n");
	for (unsigned order = 0; order < 2; order++) {
		begin();
		for (unsigned i = 0; i < 2; i++) {
			sent_by_source = i == order;
			send(sent_by_source ? &own_truth : &own_decoy);
		}
		sent_by_source = true;
		answer(&own_truth);
		expect_name(own_truth.name, "the source's is answered");
		begin();
		for (unsigned i = 0; i < 2; i++) {
			sent_by_source = i == order;
			send(sent_by_source ? &own_decoy : &own_truth);
		}
		sent_by_source = false;
		answer(&own_truth);
		sent_by_source = true;
		expect_name(own_truth.name, "the destination's is answered");
	}
	begin();
	send(&own_truth);
	sent_by_source = false;
	send(&keyed_decoy);
	send(&twin);
	sent_by_source = true;
	answer(&own_truth);
	expect_name(own_truth.name, "the other end's has the same connection IDs");
}

static void test_retry(void)
{
	struct quic_long header = { .version = QUIC_V1,
		.type = QUIC_LONG_RETRY,
		.source = id_of("retryid1"),
		.token = (const uint8_t *)"token",
		.token_bytes = 5 };
	struct quic_id key = id_of(truth.key);
	struct client again = { truth.name, "retryid1", "" };
	uint8_t packet[QUIC_PACKET_MAX];

	begin();
	send(&truth);
	fixture_send(&fixture, false, 0, packet, quic_put_retry(&header, &key, packet));
	send(&again);
	answer(&again);
	expect_name(truth.name, "a Retry is no second connection");
	begin();
	send(&decoy);
	fixture_send(&fixture, false, 0, packet, quic_put_retry(&header, &key, packet));
	send(&again);
	answer(&again);
	expect_name(truth.name, "the hello behind a Retry is the one that is answered");
	begin();
	send(&truth);
	fixture_send(&fixture, false, 0, packet, quic_put_retry(&header, &key, packet));
	again.name = decoy.name;
	send(&again);
	answer(&truth);
	expect_name(truth.name, "… unless the Retry was none of the server's");
}

static void test_junk(void)
{
	uint8_t junk[200];

	begin();
	for (unsigned i = 0; i < 20; i++) {
		memset(junk, (int)(i * 7), sizeof(junk));
		fixture_send(&fixture, true, 0, junk, 64 + i);
	}
	send(&truth);
	expect_name(truth.name, "behind twenty datagrams that mean nothing");
	begin();
	fixture_send(&fixture, true, 0, "\7\7\7\7", 4);
	fixture_send(&fixture, false, 0, "\7\7\7\7", 4);
	memset(junk, 7, sizeof(junk));
	for (unsigned i = 0; i < 20; i++) {
		fixture_send(&fixture, true, 0, junk, 64 + i);
	}
	ok(fixture.session.directions[0].is_done, "… but not where somebody answers them");
}

/* Initials of random bytes, which open under no key: with an ID of their own each, or with that of
 * the true one. */
static void send_unopened(unsigned count, bool has_own_id)
{
	uint8_t packet[INITIAL_BYTES];

	for (unsigned i = 0; i < count; i++) {
		memset(packet, (int)(i * 7 + 1), sizeof(packet));
		memcpy(packet, "\xc3\0\0\0\1\x08", 6);
		if (!has_own_id) {
			memcpy(packet + 6, truth.key, 8);
		}
		memcpy(packet + 14, "\0\0\x44\x9e", 4);
		fixture_send(&fixture, true, 0, packet, sizeof(packet));
	}
}

static void test_unopened(void)
{
	printf("# Initials that open under no key\n");
	for (unsigned has_own_id = 0; has_own_id < 2; has_own_id++) {
		begin();
		send_unopened(20, has_own_id);
		send(&truth);
		answer(&truth);
		expect_name(truth.name, "twenty before the hello");
	}
	begin();
	send_unopened(50, true);
	send(&truth);
	answer(&truth);
	ok(fixture.l7.name_count == 0 && fixture.l7.is_contested,
		"behind fifty no hello is looked for, and the flow says so");
}

/* A packet with a short header, to that connection ID. */
static void say(bool from_client, const char *id)
{
	uint8_t packet[100] = { 0x40 };

	memcpy(packet + 1, id, strlen(id));
	fixture_send(&fixture, from_client == sent_by_source, 0, packet, sizeof(packet));
}

static void expect_doubt(bool is_doubtful, const char *what)
{
	is_text(fixture_name(&fixture, NAME_QUIC_SNI), own_truth.name, "%s", what);
	is_int(fixture.l7.is_contested, is_doubtful,
		is_doubtful ? "… is in doubt" : "… is in no doubt");
}

/* Words that go to somebody else are none of the hello's connection. */
static void test_doubts(void)
{
	printf("# hellos that are not answered\n");
	begin();
	send(&own_truth);
	say(true, "serverid");
	expect_doubt(false, "a hello of which no answer is seen");
	say(false, "elsewher");
	expect_doubt(true, "one whose server speaks to somebody else");
	answer(&own_truth);
	expect_doubt(false, "one that is answered after all");
	say(false, "elsewher");
	expect_doubt(false, "one whose server goes on to another ID");

	begin();
	send(&own_truth);
	say(false, own_truth.own);
	expect_doubt(false, "a hello whose server speaks to its client");
	ok(fixture.l7.is_quic_answered, "… which is an answer");
	say(false, "elsewher");
	expect_doubt(false, "… as good as another");

	begin();
	send(&truth);
	say(false, "whoknows");
	expect_doubt(true, "a hello without an ID, whose server says something");
	answer(&truth);
	expect_doubt(false, "one that is answered after all");

	begin();
	answer(&truth);
	send(&truth);
	say(false, "whoknows");
	expect_doubt(false, "one whose answer came first");

	begin();
	send(&own_truth);
	answer(&own_decoy);
	expect_doubt(false, "a hello beside the answer to another");
	ok(!fixture.l7.is_quic_answered, "… which answers nothing");

	begin();
	say(true, "serverid");
	say(true, "serverid");
	send(&own_truth);
	say(true, "serverid");
	expect_doubt(true, "a hello between words to one ID");
	begin();
	say(true, "elsewher");
	send(&own_truth);
	say(true, "serverid");
	say(true, "serverid");
	expect_doubt(false, "a hello before words to another ID");
}

int main(void)
{
	fixture_init(&fixture);
	test_decoys(&truth, &decoy, "clients without a connection ID of their own");
	test_decoys(&own_truth, &own_decoy, "clients with one");
	test_decoys(&own_truth, &shared_decoy, "clients that give both the same");
	test_decoys(&own_truth, &keyed_decoy, "clients that give the server the same");
	test_twins();
	test_half_decoys();
	test_both_ends();
	test_retry();
	test_junk();
	test_unopened();
	test_doubts();
	begin();
	ok(reassembly_bytes(fixture.tables.reassembly) == 0, "nothing is kept behind a flow");
	fixture_deinit(&fixture);
	return done_testing();
}
