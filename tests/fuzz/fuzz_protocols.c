#include "analyzer/classify/dissect/router.h"
#include "tests/fuzz/fuzz_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* All dissectors at once; the first two bytes choose the transport and one of the ports that open
 * more of them. And what a router says, which is neither a stream nor a datagram. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const uint16_t ports[] = { 21, 25, 67, 80, 88, 110, 123, 137, 139, 143, 161, 389,
		443, 445, 500, 514, 547, 599, 1080, 1194, 1812, 1883, 1900, 2055, 3389, 4500, 5060,
		5222, 5242, 5353, 5355, 6881, 8000, 17500, 51820, 57621 };

	struct addr router = { .bytes = { 0xfe, 0x80 } };

	router_learn(&fuzz_own, &router, reader_over(bytes, count));
	if (count > 2) {
		uint16_t port = ports[bytes[1] % (sizeof(ports) / sizeof(ports[0]))];
		fuzz_flow(bytes[0] & 1 ? 6 : 17, port, bytes + 2, count - 2);
	}
	return 0;
}
