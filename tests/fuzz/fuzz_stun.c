#include "tests/fuzz/fuzz_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* The first byte chooses the transport. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	if (count > 1) {
		fuzz_flow(bytes[0] & 1 ? 6 : 17, 3478, bytes + 1, count - 1);
	}
	return 0;
}
