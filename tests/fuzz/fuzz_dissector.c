/* Every dissector by itself: the first byte is its place in the table, the second the transport,
 * the third one of the ports that matter to it; the rest is the flow (fuzz_stream.h).
 *
 * DISSECTOR=NAME in the environment keeps a run to one of them, whatever the first byte says, so
 * that each is a target of its own (run.sh). */
#include <strings.h>

#include "tests/fuzz/fuzz_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static const char *const names[DISSECTOR_COUNT] = {
#define X(name) [DISSECTOR_##name] = #name,
	DISSECTORS(X)
#undef X
};

/* Ports that open a dissector, or that it believes more on. */
static const uint16_t ports[] = { 53, 21, 22, 25, 67, 80, 88, 110, 111, 123, 135, 137, 138, 139,
	143, 161, 389, 443, 445, 500, 514, 546, 599, 853, 1080, 1194, 1400, 1812, 1883, 1900, 2055,
	3306, 3389, 3478, 4500, 5060, 5222, 5242, 5353, 5355, 5432, 5683, 5900, 6379, 6881, 8000,
	8801, 9001, 17500, 19305, 27017, 51820, 57621 };

static unsigned find_asked(void)
{
	const char *asked = getenv("DISSECTOR");

	for (unsigned i = 0; asked && i < DISSECTOR_COUNT; i++) {
		if (strcasecmp(names[i], asked) == 0) {
			return i;
		}
	}
	if (asked) {
		fprintf(stderr, "there is no dissector \"%s\"\n", asked);
		exit(2);
	}
	return DISSECTOR_COUNT;
}

/* What a dissector claims in a flow that is nobody's yet begins as it says: it would not be asked
 * about anything else. */
static void check_begins(
	unsigned index, uint8_t protocol, uint16_t port, const uint8_t *bytes, size_t count)
{
	static struct fixture fixture;

	if (!fixture.tables.store) {
		fixture_init(&fixture);
	}
	fixture_flow(&fixture, protocol, 50000, port);
	const struct dissector_choices *choices = &fixture.tables.choices;
	uint64_t asked = protocol == 6 ? choices->streams[bytes[0]] : choices->datagrams[bytes[0]];
	for (unsigned way = 0; way < 4; way++) {
		struct dissection dissection = { .in = reader_over(bytes, count),
			.time_ns = fixture.time_ns,
			.sender_port = 50000,
			.receiver_port = port,
			.from_source = way & 1,
			.is_last = way & 2,
			.wire_bytes = (uint32_t)count,
			.state = &fixture.session.states[0],
			.tables = &fixture.tables,
			.l7 = &fixture.l7 };
		enum dissect_result (*read)(struct dissection *) =
			protocol == 6 ? dissectors[index]->stream : dissectors[index]->datagram;
		bool is_claimed = read && read(&dissection) != DISSECT_OTHER;
		if (is_claimed && !(asked >> index & 1)) {
			fprintf(stderr, "%s would not be asked about what begins with 0x%02x\n",
				names[index], bytes[0]);
			abort();
		}
		fixture_flow(&fixture, protocol, 50000, port);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static unsigned asked = DISSECTOR_COUNT + 1;

	if (asked > DISSECTOR_COUNT) {
		asked = find_asked();
	}
	if (count > 3) {
		unsigned first = asked < DISSECTOR_COUNT ? asked : bytes[0] % DISSECTOR_COUNT;
		uint16_t port = ports[bytes[2] % (sizeof(ports) / sizeof(ports[0]))];
		uint8_t protocol = bytes[1] & 1 ? 6 : 17;
		if (!dissectors[first]->is_inner) {
			check_begins(first, protocol, port, bytes + 3, count - 3);
		}
		fuzz_flow_first(first, protocol, port, bytes + 3, count - 3);
	}
	return 0;
}
