/* Who began a conversation whose beginning was missed, as its bytes tell. */
#include "analyzer/classify/dissect/dissector.h"

#include <stdio.h>

#include "tests/tap.h"

static const char *const answers[] = { "unknown", "the sender", "the receiver" };

struct case_of {
	const char *name, *hex;
	unsigned began;      /* enum dissect_began */
	uint32_t wire_bytes; /* 0: as many as are there */
	uint16_t sender_port, receiver_port;
	bool is_stream;
};

static void test_case(const struct dissector_choices *choices, const struct case_of *of)
{
	uint8_t bytes[256];
	size_t count = 0;

	for (const char *at = of->hex; *at; at++) {
		unsigned value;
		if (*at != ' ' && sscanf(at, "%2x", &value) == 1) {
			bytes[count++] = (uint8_t)value;
			at++;
		}
	}
	struct dissection dissection = {
		.in = reader_over(bytes, count),
		.wire_bytes = of->wire_bytes ? of->wire_bytes : (uint32_t)count,
		.sender_port = of->sender_port,
		.receiver_port = of->receiver_port,
	};
	is_text(answers[dissectors_who_began(choices, &dissection, of->is_stream)],
		answers[of->began], "%s", of->name);
}

int main(void)
{
	enum {
		NOBODY = DISSECT_BEGAN_UNKNOWN,
		SENDER = DISSECT_BEGAN_SENDER,
		RECEIVER = DISSECT_BEGAN_RECEIVER
	};
	static const struct case_of cases[] = {
		{ "ClientHello", "16 0301 00f8 01 0000f4 0303", SENDER, 0, 51000, 50443, true },
		{ "ServerHello", "16 0303 007a 02 000076 0303", RECEIVER, 0, 50443, 51000, true },
		{ "TLS data", "17 0303 0040 a1b2c3d4e5f6", NOBODY, 0, 50443, 51000, true },
		{ "a hello that is cut", "16 0301 00f8", NOBODY, 0, 51000, 50443, true },
		{ "a request", "474554202f20485454502f312e310d0a", SENDER, 0, 51000, 8081, true },
		{ "a response", "485454502f312e3120323030204f4b0d0a", RECEIVER, 0, 8081, 51000,
			true },
		{ "DTLS, ClientHello",
			"16 fefd 0000 000000000000 0010 01 000004 0000 000000 000004 fefd0000",
			SENDER, 0, 40000, 41000, false },
		{ "DTLS, HelloVerifyRequest",
			"16 feff 0000 000000000000 0010 03 000004 0000 000000 000004 feff0000",
			RECEIVER, 0, 41000, 40000, false },
		{ "WireGuard, initiation", "01000000 11223344", SENDER, 148, 51820, 20003, false },
		{ "WireGuard, response", "02000000 11223344", RECEIVER, 92, 20003, 51820, false },
		{ "WireGuard, response with a client's number", "02a1b2c3 11223344", RECEIVER, 92,
			2408, 50000, false },
		{ "WireGuard, data", "04000000 11223344", NOBODY, 96, 51820, 51820, false },
		{ "NTP, client", "23 00 06 ec", SENDER, 48, 123, 123, false },
		{ "NTP, server", "24 02 06 ec", RECEIVER, 48, 123, 123, false },
		{ "NTP, symmetric passive", "22 02 06 ec", RECEIVER, 48, 123, 123, false },
		{ "NTP, a control's answer", "16 81 00 01", RECEIVER, 12, 123, 40000, false },
		{ "IKE, version 2, of who began",
			"0102030405060708 0000000000000000 21 20 22 08 00000000 0000001c", SENDER,
			28, 500, 500, false },
		{ "IKE, version 2, of the other",
			"0102030405060708 1112131415161718 21 20 22 20 00000000 0000001c", RECEIVER,
			28, 500, 500, false },
		{ "IKE behind NAT",
			"00000000 0102030405060708 1112131415161718 21 20 23 20 00000001 0000001c",
			RECEIVER, 32, 4500, 4500, false },
		{ "ESP behind NAT", "0a0b0c0d 00000007 1112131415161718", NOBODY, 120, 4500, 4500,
			false },
		{ "DNS, question", "1234 0100 0001 0000 0000 0000 03777777", SENDER, 0, 53, 53,
			false },
		{ "DNS, answer", "1234 8180 0001 0001 0000 0000 03777777", RECEIVER, 0, 53, 53,
			false },
		{ "DHCP, reply", "02 01 06 00", RECEIVER, 300, 67, 67, false },
		{ "RADIUS, accept", "02 07 0014", RECEIVER, 20, 1812, 1812, false },
		{ "SNMP, trap", "30 1d 020101 0406 7075626c6963 a7 10", SENDER, 0, 161, 162,
			false },
		{ "SNMP, response", "30 1d 020101 0406 7075626c6963 a2 10", RECEIVER, 0, 161, 161,
			false },
		{ "syslog", "3c33343e4f63742031312032323a31343a3135", SENDER, 0, 514, 50514,
			false },
		{ "STUN, request", "0001 0000 2112a442 000102030405060708090a0b", SENDER, 0, 3000,
			50000, false },
		{ "STUN, success", "0101 0000 2112a442 000102030405060708090a0b", RECEIVER, 0,
			50000, 3000, false },
		{ "STUN, a TURN server's refusal", "0113 0000 2112a442 000102030405060708090a0b",
			RECEIVER, 0, 50000, 3000, true },
		{ "STUN without its cookie", "0101 0000 11223344 000102030405060708090a0b", NOBODY,
			0, 50000, 3000, false },
		{ "SIP, request", "4f5054494f4e53207369703a7840792e6578616d706c65205349502f322e30",
			SENDER, 0, 5060, 5060, false },
		{ "SIP, response", "5349502f322e3020323030204f4b0d0a", RECEIVER, 0, 5060, 5061,
			false },
		{ "BitTorrent, a question to the hash table",
			"64313a6164323a696432303a6162636465666768696a", SENDER, 0, 51413, 6881,
			false },
		{ "BitTorrent, its answer", "64313a7264323a696432303a6162636465666768696a",
			RECEIVER, 0, 6881, 51413, false },
		{ "nothing known", "ffeeddcc", NOBODY, 0, 1000, 2000, false },
	};
	struct dissector_choices choices;

	dissector_choices_init(&choices);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_case(&choices, &cases[i]);
	}
	return done_testing();
}
