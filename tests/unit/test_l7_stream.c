/* Which bytes of a TCP direction count: false hellos by their numbers, bytes in a SYN, padding, and
 * what comes twice with different content. */
#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"

enum { IP_TCP = 6, DATA = TCP_ACK | TCP_PSH };

static struct fixture fixture;
static struct hello_builder truth, decoy, long_truth, long_twin;

static void begin(void)
{
	fixture_flow(&fixture, IP_TCP, 50000, 443);
}

static void send(const struct hello_builder *hello, uint32_t seq)
{
	fixture_send(&fixture, true, seq, hello->bytes, hello->count);
}

static void send_part(const struct hello_builder *hello, size_t from, size_t until)
{
	fixture_send(&fixture, true, (uint32_t)from, hello->bytes + from, until - from);
}

static void expect_truth(const char *what)
{
	is_text(fixture_name(&fixture, NAME_TLS_SNI), "true.example.com", "%s", what);
	ok(fixture.l7.name_count == 1 && !fixture.l7.is_contested, "… and no other name");
}

static void expect_two(const char *name, const char *what)
{
	bool has_truth = false, has_other = false;

	fixture_end(&fixture);
	for (unsigned i = 0; i < fixture.l7.name_count; i++) {
		has_truth |= strcmp(l7_info_name(&fixture.l7, i), "true.example.com") == 0;
		has_other |= strcmp(l7_info_name(&fixture.l7, i), name) == 0;
	}
	ok(has_truth && has_other && fixture.l7.is_contested, "%s: both names, and it says so",
		what);
}

static void expect_both(const char *what)
{
	expect_two("decoy.example.com", what);
}

static void test_numbers(void)
{
	begin();
	send(&decoy, 660000);
	send(&truth, 0);
	expect_truth("a hello beyond the window is passed over");
	begin();
	fixture_segment(&fixture, true, DATA, 0U - 10000, 0, decoy.bytes, decoy.count);
	send(&truth, 0);
	expect_truth("a hello left of the window is passed over");
	begin();
	static uint8_t mixed[400];
	memcpy(mixed + 300, truth.bytes, 100);
	fixture_segment(&fixture, true, DATA, 0U - 300, 0, mixed, sizeof(mixed));
	send_part(&truth, 100, truth.count);
	expect_truth("what lies left of the window is trimmed");
	begin();
	fixture_segment(&fixture, true, TCP_PSH, 0, 0, decoy.bytes, decoy.count);
	send(&truth, 0);
	expect_truth("a segment that acknowledges nothing is not taken");
	begin();
	fixture_segment(&fixture, true, DATA | TCP_RST, 0, 0, decoy.bytes, decoy.count);
	send(&truth, 0);
	expect_truth("nor is what a reset carries");
	begin();
	fixture_segment(&fixture, true, DATA, 0, 0U - 66000, decoy.bytes, decoy.count);
	send(&truth, 0);
	expect_truth("nor what acknowledges bytes before the first");
	begin();
	fixture_segment(&fixture, true, DATA, 0, 1000000, decoy.bytes, decoy.count);
	send(&truth, 0);
	expect_truth("nor what acknowledges bytes never sent");
	begin();
	fixture_segment(&fixture, true, DATA, 0, 0U - 66000, truth.bytes, truth.count);
	fixture_send(&fixture, false, 0, "x", 1);
	fixture_segment(&fixture, false, DATA, 1, (uint32_t)truth.count, "x", 1);
	expect_truth("… but where the other end takes it, it counts");
	begin();
	for (unsigned i = 0; i < 11; i++) {
		send(&decoy, 660000 + i * 1000);
	}
	send(&truth, 0);
	expect_truth("eleven of them change nothing");
}

/* The answer's beginning was lost, and what follows is more than is kept. */
static void test_answer_beyond(void)
{
	enum { FAR = 40000, PIECES = 40 };
	static const uint8_t piece[100];

	begin();
	fixture_segment(&fixture, false, TCP_SYN | TCP_ACK, 0U - 1, 0, truth.bytes, 0);
	send(&truth, 0);
	for (uint32_t i = 0; i < PIECES; i++) {
		fixture_send(
			&fixture, false, FAR + i * (uint32_t)sizeof(piece), piece, sizeof(piece));
	}
	expect_truth("an answer that is lost tells nothing");
}

static void test_syn_data(void)
{
	static const uint8_t zeros[16];

	begin();
	fixture_segment(&fixture, true, TCP_SYN, 0, 0, zeros, sizeof(zeros));
	fixture.next_seq[0] = 0;
	send(&truth, 0);
	expect_truth("bytes in a SYN that were not taken");
	begin();
	fixture_segment(&fixture, true, TCP_SYN, 0, 0, decoy.bytes, decoy.count);
	fixture.next_seq[0] = 0;
	send(&truth, 0);
	expect_truth("… a whole hello");
	begin();
	fixture_segment(&fixture, true, TCP_SYN, 0, 0, truth.bytes, 100);
	ok(fixture.l7.name_count == 0, "bytes in a SYN are not read at once");
	send_part(&truth, 100, truth.count);
	expect_truth("… and count where the stream goes on behind them");
	begin();
	fixture_segment(&fixture, true, TCP_SYN, 0, 0, truth.bytes, truth.count);
	fixture_segment(&fixture, false, DATA, 0, (uint32_t)truth.count, "\x16\3\3", 3);
	expect_truth("… or where they were acknowledged");
	begin();
	fixture_segment(&fixture, true, TCP_SYN, 0, 0, decoy.bytes, decoy.count);
	fixture_end(&fixture);
	ok(fixture.l7.name_count == 0, "… but not where nobody answered");
}

static void test_padding(void)
{
	begin();
	fixture.tcp_flags = TCP_ACK;
	fixture_send(&fixture, true, 0, "\0\0\0\0\0\0", 6);
	fixture.next_seq[0] = 0;
	send(&truth, 0);
	expect_truth("zeros that pad a frame are no bytes of the stream");
}

/* Sends these bytes of the truth, with a byte of nothing behind so many of them. */
static void send_urgent(size_t from, size_t until, size_t before, uint16_t pointer, uint32_t seq)
{
	uint8_t bytes[600];

	memcpy(bytes, truth.bytes + from, before);
	bytes[before] = 'x';
	memcpy(bytes + before + 1, truth.bytes + from + before, until - from - before);
	fixture.tcp_urgent = pointer;
	fixture_segment(&fixture, true, DATA | TCP_URG, seq, 0, bytes, until - from + 1);
	fixture.tcp_urgent = 0;
}

static void send_behind(size_t from, uint32_t seq)
{
	fixture_send(&fixture, true, seq, truth.bytes + from, truth.count - from);
}

/* An urgent byte is none of the hello's, wherever it stands. */
static void test_urgent(void)
{
	begin();
	send_urgent(0, 40, 40, 41, 0);
	send_behind(40, 41);
	expect_truth("an urgent byte at the end of a segment is left out");
	begin();
	send_urgent(0, 40, 20, 21, 0);
	send_behind(40, 41);
	expect_truth("… in its middle");
	begin();
	send_part(&truth, 0, 40);
	send_urgent(40, 60, 0, 0, 40);
	send_urgent(60, 80, 7, 8, 61);
	send_behind(80, 82);
	expect_truth("… at its start, and another one");
	begin();
	send_urgent(0, 40, 20, 21, 0);
	send_urgent(0, 40, 20, 21, 0);
	send_behind(40, 41);
	expect_truth("… once, however often it is sent");
	begin();
	send_urgent(0, 1, 1, 2, 0);
	for (size_t i = 1; i < truth.count; i++) {
		fixture_send(&fixture, true, (uint32_t)i + 1, truth.bytes + i, 1);
	}
	expect_truth("… among pieces of a byte");
	begin();
	send_behind(40, 41);
	send_urgent(0, 40, 20, 21, 0);
	expect_truth("… in a segment that comes after what follows it");
	begin();
	send_behind(0, 1);
	fixture.tcp_urgent = 1;
	fixture_segment(&fixture, true, DATA | TCP_URG, 0, 0, "x", 1);
	fixture.tcp_urgent = 0;
	expect_truth("… alone, and after all others");
	begin();
	fixture.tcp_urgent = 900;
	fixture_segment(&fixture, true, DATA | TCP_URG, 0, 0, truth.bytes, truth.count);
	expect_truth("one that is still to come takes nothing away");
	begin();
	fixture.tcp_urgent = 40;
	send(&truth, 0);
	expect_truth("a pointer without its flag is none");
}

static void test_rivals(void)
{
	static const uint8_t zeros[700];
	size_t half = truth.count / 2;

	begin();
	send(&truth, 0);
	send(&truth, 0);
	expect_truth("a hello sent again is the same");
	begin();
	send_part(&long_truth, 0, 700);
	send_part(&long_truth, 0, 700);
	send_part(&long_truth, 700, long_truth.count);
	expect_truth("… the first half of one as well");
	begin();
	send(&decoy, 0);
	send(&truth, 0);
	expect_both("another hello at the same place");
	begin();
	send(&truth, 0);
	send(&decoy, 0);
	expect_both("… the other way round");
	begin();
	send(&decoy, 0);
	send_part(&truth, 0, half);
	send_part(&truth, half, truth.count);
	expect_both("… the true one in two pieces");
	begin();
	send_part(&truth, 0, half);
	send(&decoy, 0);
	send_part(&truth, half, truth.count);
	expect_both("… the decoy between them");
	begin();
	send_part(&truth, half, truth.count);
	send(&decoy, 0);
	send_part(&truth, 0, half);
	expect_both("… the second one first");
	for (size_t count = 100; count <= sizeof(zeros); count += 600) {
		begin();
		fixture_send(&fixture, true, 0, zeros, count);
		send(&truth, 0);
		fixture_end(&fixture);
		is_text(fixture_name(&fixture, NAME_TLS_SNI), "true.example.com",
			"%zu zeros at the place of a hello", count);
		ok(fixture.l7.is_contested, "… which says so");
	}
	begin();
	send(&truth, 0);
	fixture_send(&fixture, false, 0, "\x15\3\3\0\2\2\x28", 7);
	send(&decoy, 0);
	expect_truth("behind an answer no other start is looked at");
}

/* The one piece that tells them apart comes once more, with the other name, when the hello was
 * whole. */
static void test_piece_again(void)
{
	size_t cut = 0, middle = long_truth.count - 100;

	while (long_truth.bytes[cut] == long_twin.bytes[cut]) {
		cut++;
	}
	begin();
	send_part(&long_twin, 0, cut);
	send_part(&long_twin, cut, long_twin.count);
	send_part(&long_truth, cut, long_truth.count);
	expect_two("twin.example.com", "the second piece once more");
	begin();
	send_part(&long_twin, 0, cut);
	send_part(&long_twin, cut, middle);
	send_part(&long_twin, middle, long_twin.count);
	for (size_t at = cut; at < long_truth.count; at += 7) {
		size_t left = long_truth.count - at;
		send_part(&long_truth, at, at + (left < 7 ? left : 7));
	}
	expect_two("twin.example.com", "… in small pieces");
	begin();
	send_part(&long_truth, 0, cut);
	send_part(&long_truth, cut, long_truth.count);
	send_part(&long_truth, cut, long_truth.count);
	expect_truth("… the same is nobody else's");
	fixture_segment(&fixture, true, DATA, (uint32_t)cut, 1000000, long_twin.bytes + cut, 400);
	expect_truth("… nor is what acknowledges bytes never sent");
	fixture_send(&fixture, false, 0, "\x15\3\3\0\2\2\x28", 7);
	ok(reassembly_bytes(fixture.tables.reassembly) == 0, "behind an answer nothing is kept");
	send_part(&long_twin, cut, long_twin.count);
	expect_truth("… and no other piece is looked at");
}

int main(void)
{
	static struct hello_builder message;

	put_client_hello(&message, "true.example.com", 0, 100);
	put_records(&truth, &message, 16384);
	message.count = 0;
	put_client_hello(&message, "decoy.example.com", 0, 300);
	put_records(&decoy, &message, 16384);
	message.count = 0;
	put_client_hello(&message, "true.example.com", 0, 1300);
	put_records(&long_truth, &message, 16384);
	message.count = 0;
	put_client_hello(&message, "twin.example.com", 0, 1300);
	put_records(&long_twin, &message, 16384);
	fixture_init(&fixture);
	test_numbers();
	test_answer_beyond();
	test_syn_data();
	test_padding();
	test_urgent();
	test_rivals();
	test_piece_again();
	begin();
	ok(reassembly_bytes(fixture.tables.reassembly) == 0, "nothing is kept behind a flow");
	fixture_deinit(&fixture);
	return done_testing();
}
