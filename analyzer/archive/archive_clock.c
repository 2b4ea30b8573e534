#include "analyzer/archive/archive_clock.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"

#define BEARABLE_NS (3900 * NS_PER_S)

bool archive_is_ahead(uint64_t last_ns, uint64_t now_ns)
{
	return last_ns > now_ns + BEARABLE_NS;
}

bool archive_put_ahead(struct text *text, const char *folder, uint64_t last_ns, uint64_t now_ns)
{
	char last[CLOCK_TEXT_LENGTH + 1];

	if (!archive_is_ahead(last_ns, now_ns)) {
		return false;
	}
	clock_format(last_ns, last);
	text_printf(text,
		"%s: its latest record is of %.19sZ, which has not come yet: the clock of its "
		"sensor is wrong, or that of this machine",
		folder, last);
	return true;
}

/* "3 days 1 h", "1 h 30 min", "40 s": the two largest units. */
static void put_span(struct text *text, uint64_t seconds)
{
	static const struct {
		const char *unit;
		uint64_t seconds;
	} units[] = { { "days", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 } };
	unsigned i = 0;

	while (i < 3 && seconds < units[i].seconds) {
		i++;
	}
	uint64_t count = seconds / units[i].seconds;
	text_printf(text, "%" PRIu64 " %s", count, i == 0 && count == 1 ? "day" : units[i].unit);
	seconds %= units[i].seconds;
	if (i < 3 && seconds >= units[i + 1].seconds) {
		text_printf(
			text, " %" PRIu64 " %s", seconds / units[i + 1].seconds, units[i + 1].unit);
	}
}

void archive_put_apart(
	struct text *text, const char *folder, const char *other, const struct archive_apart *apart)
{
	text_printf(text, "%s is ", folder);
	put_span(text, (uint64_t)llabs(apart->seconds));
	text_printf(text,
		" %s %s: %" PRIu64 " flow%s that both saw stand%s there at two times, and "
		"count%s twice; the clock of one of the sensors is wrong",
		apart->seconds > 0 ? "ahead of" : "behind", other, apart->flows,
		apart->flows == 1 ? "" : "s", apart->flows == 1 ? "s" : "",
		apart->flows == 1 ? "s" : "");
}

void archive_put_renamed(struct text *text, const char *folder, const char *other,
	const struct archive_renamed *renamed)
{
	text_printf(text,
		"%s and %s have other ids for the same flows: %" PRIu64
		" that both saw count twice, and their devices too; the sensors' keys differ "
		"(give each the same flow.key and pseudonym.key)",
		folder, other, renamed->flows);
}
