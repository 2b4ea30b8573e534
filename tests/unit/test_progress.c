/* What the line of progress says of the time that is left. */
#include "base/progress.h"

#include "base/text.h"
#include "tests/tap.h"

int main(void)
{
	static const struct {
		double seconds;
		const char *wanted;
	} cases[] = {
		{ 0, "0 s left" },
		{ 40, "40 s left" },
		{ 89, "89 s left" },
		{ 90, "2 min left" },
		{ 1500, "25 min left" },
		{ 3569, "59 min left" },
		{ 3570, "1 h left" },
		{ 5400, "1 h 30 min left" },
		{ 7200, "2 h left" },
		{ 2 * 86400 - 1, "48 h left" },
		{ 3 * 86400, "3 days left" },
		{ 8.64e14, "10000000000 days left" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char memory[64];
		struct text text;
		text_init(&text, memory, sizeof(memory));
		progress_put_left(&text, cases[i].seconds);
		is_text(memory, cases[i].wanted, "%.0f seconds", cases[i].seconds);
	}
	return done_testing();
}
