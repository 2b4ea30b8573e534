/* What stands inside of QUIC Initials, which no fuzzer reaches by itself through their tags: the
 * input is frames, sealed here under the keys of its version. The first byte chooses the version;
 * then, for each datagram, one byte of flags (from the server, a new connection ID, the capture cut
 * short) and two of length. */
#include "base/reader.h"
#include "tests/fuzz/fuzz_stream.h"
#include "tests/traffic/quic_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

enum { IP_UDP = 17, FRAMES_MAX = 1300, DATAGRAMS_MAX = 16 };
enum { FLAG_SERVER = 1, FLAG_NEW_ID = 2, FLAG_CUT = 4, FLAG_PADDED = 8 };

static const uint32_t versions[] = { QUIC_V1, QUIC_V2, QUIC_DRAFT | 29, QUIC_DRAFT | 27,
	QUIC_DRAFT | 22, QUIC_DRAFT | 34 };

static void send_packet(struct fixture *fixture, struct quic_long *header, uint8_t flags,
	const uint8_t *bytes, size_t count)
{
	uint8_t frames[FRAMES_MAX] = { 0 }, packet[FRAMES_MAX + 100];

	count = count < FRAMES_MAX ? count : FRAMES_MAX;
	memcpy(frames, bytes, count);
	/* Header protection takes a sample of what must therefore be there (RFC 9001, 5.4.2). */
	size_t least = flags & FLAG_PADDED ? 1160 : 4;
	count = count < least ? least : count;
	header->destination.bytes[0] ^= flags & FLAG_NEW_ID ? 0xff : 0;
	count = quic_seal_initial(
		header, &header->destination, !(flags & FLAG_SERVER), frames, count, packet);
	header->number++;
	fixture_send(fixture, !(flags & FLAG_SERVER), 0, packet,
		flags & FLAG_CUT ? count * 2 / 3 : count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static struct fixture fixture;
	struct reader in = reader_over(bytes, count);
	struct quic_long header = { .version = versions[reader_u8(&in) % 6],
		.type = QUIC_LONG_INITIAL,
		.destination = { { 1, 2, 3, 4, 5, 6, 7, 8 }, 8 },
		.source = { { 9, 10, 11, 12, 13, 14, 15, 16 }, 8 } };

	if (!fixture.tables.store) {
		fixture_init(&fixture);
	}
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	for (unsigned i = 0; i < DATAGRAMS_MAX && reader_left(&in) > 3; i++) {
		uint8_t flags = reader_u8(&in);
		size_t length = reader_u16(&in);
		length = length < reader_left(&in) ? length : reader_left(&in);
		send_packet(&fixture, &header, flags, reader_bytes(&in, length), length);
	}
	fixture_end(&fixture);
	fuzz_check_l7_info(&fixture.l7);
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	if (reassembly_bytes(fixture.tables.reassembly) != 0) {
		abort();
	}
	return 0;
}
