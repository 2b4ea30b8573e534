/* How a stream is cut says nothing about what it is: whole, a byte a segment, in threes, and with
 * the last byte first it must come out the same. */
#include "tests/unit/hello_builder.h"
#include "tests/unit/signature_samples.h"

enum { BYTES_MAX = 2048 };

static struct fixture fixture;

/* How the bytes are sent. */
struct cut {
	const char *what;
	size_t piece;
	bool is_backwards;
	bool pushes; /* with PSH, as the last segment of what a program wrote has it */
};

static const struct cut cuts[] = {
	{ "whole", BYTES_MAX, false, true },
	{ "a byte a segment", 1, false, true },
	{ "a byte a segment without PSH", 1, false, false },
	{ "three bytes a segment", 3, false, true },
	{ "the last byte first", 1, true, true },
	{ "the last byte first without PSH", 1, true, false },
	{ "the last three bytes first", 3, true, true },
};

enum { CUTS = sizeof(cuts) / sizeof(cuts[0]) };

static void send_cut(
	const struct cut *cut, bool from_source, uint16_t port, const uint8_t *bytes, size_t count)
{
	size_t pieces = (count + cut->piece - 1) / cut->piece;

	fixture_flow(&fixture, IP_TCP, 50000, port);
	fixture.tcp_flags = TCP_ACK | (cut->pushes ? TCP_PSH : 0);
	for (size_t i = 0; i < pieces; i++) {
		size_t at = (cut->is_backwards ? pieces - 1 - i : i) * cut->piece;
		size_t length = count - at < cut->piece ? count - at : cut->piece;
		fixture_send(&fixture, from_source, (uint32_t)at, bytes + at, length);
	}
	fixture_end(&fixture);
}

/* What was learnt, in one line. */
static void describe(char *line, size_t size)
{
	int length = snprintf(line, size, "%s %s %s", l7_protocol_name(fixture.l7.protocol),
		app_hint_id(fixture.l7.app_hint) ? app_hint_id(fixture.l7.app_hint) : "-",
		fixture.l7.ja4);

	for (unsigned i = 0; i < fixture.l7.name_count; i++) {
		length += snprintf(
			line + length, size - (size_t)length, " %s", l7_info_name(&fixture.l7, i));
	}
}

static void expect_same(const char *what, bool from_source, uint16_t port, const uint8_t *bytes,
	size_t count, enum l7_protocol protocol)
{
	char whole[512], line[512];

	send_cut(&cuts[0], from_source, port, bytes, count);
	describe(whole, sizeof(whole));
	is_int(fixture.l7.protocol, protocol, "%s", what);
	for (unsigned i = 1; i < CUTS; i++) {
		send_cut(&cuts[i], from_source, port, bytes, count);
		describe(line, sizeof(line));
		is_text(line, whole, "… %s", cuts[i].what);
	}
}

/* Every dissector of streams has a sample. */
static void test_samples(void)
{
	bool seen[L7_PROTOCOL_COUNT] = { [L7_TLS] = true };
	uint8_t bytes[BYTES_MAX];

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *sample = &samples[i];
		if (sample->transport == IP_TCP) {
			memset(bytes, 0, sizeof(bytes));
			memcpy(bytes, sample->bytes, sample->count);
			size_t count =
				sample->padded > sample->count ? sample->padded : sample->count;
			expect_same(sample->what, !sample->from_server, sample->destination_port,
				bytes, count, sample->protocol);
			seen[sample->protocol] = true;
		}
	}
	seen[L7_APP_DISCOVERY] = seen[L7_SPOTIFY]; /* one dissector */
	for (unsigned i = 0; i < DISSECTOR_COUNT; i++) {
		if (dissectors[i]->stream && dissectors[i]->protocol != L7_UNKNOWN) {
			ok(seen[dissectors[i]->protocol], "%s has a sample",
				l7_protocol_name(dissectors[i]->protocol));
		}
	}
}

static void test_hello(void)
{
	static struct hello_builder message, one_record, many_records;

	put_client_hello(&message, "www.example.com", 0, 900);
	put_records(&one_record, &message, 16384);
	put_records(&many_records, &message, 100);
	expect_same("a hello in one record", true, 443, one_record.bytes, one_record.count, L7_TLS);
	expect_same("a hello in many records", true, 443, many_records.bytes, many_records.count,
		L7_TLS);
}

int main(void)
{
	fixture_init(&fixture);
	test_samples();
	test_hello();
	fixture_flow(&fixture, IP_TCP, 1, 1);
	fixture_deinit(&fixture);
	return done_testing();
}
