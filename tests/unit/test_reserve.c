#include "collector/reserve.h"
#include "tests/tap.h"

#include <stdint.h>

/* Of each size: zeros from the first to the last byte, and the same once more after it was given
 * back. */
int main(void)
{
	static const size_t sizes[] = { 1, 4096, 128 << 10, (128 << 10) + 1, 2 << 20,
		(2 << 20) + (128 << 10), (2 << 20) + (128 << 10) + 1, (64 << 20) + 3 };

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		bool is_zero = true, is_there = true;
		for (unsigned round = 0; is_there && round < 3; round++) {
			unsigned char *memory = reserve_map(sizes[i]);
			is_there = memory != NULL;
			for (size_t at = 0; is_there && at < sizes[i]; at += 1021) {
				is_zero &= memory[at] == 0;
				memory[at] = 1;
			}
			if (is_there) {
				memory[sizes[i] - 1] = 1;
			}
			reserve_unmap(memory, sizes[i]);
		}
		ok(is_there && is_zero, "%zu bytes, all zero", sizes[i]);
	}
	unsigned char *first = reserve_map(4 << 20), *second = reserve_map(4 << 20);
	memset(first, 1, 4 << 20);
	ok(second[0] == 0 && second[(4 << 20) - 1] == 0, "each has its own");
	reserve_unmap(first, 4 << 20);
	second[0] = 1;
	reserve_unmap(second, 4 << 20);
	reserve_unmap(NULL, 4096);
	ok(!reserve_map(SIZE_MAX / 4), "what is not to be had is not there");
	return done_testing();
}
