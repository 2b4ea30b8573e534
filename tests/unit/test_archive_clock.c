/* What is said of clocks that are wrong, and what of half a flow is an answer. */
#include "analyzer/archive/archive_clock.h"

#include <string.h>

#include "analyzer/archive/archive_judged.h"
#include "base/clock.h"
#include "tests/tap.h"

static const uint64_t now_ns = UINT64_C(1772409600) * NS_PER_S; /* 2026-03-02 */

/* The hour that runs ends after now, and some minutes are no clock's fault. */
static void test_ahead(void)
{
	const uint64_t last_ns = now_ns + 3900 * NS_PER_S;
	char memory[300];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	ok(!archive_is_ahead(last_ns, now_ns) &&
			!archive_put_ahead(&text, "north", last_ns, now_ns) && text.length == 0,
		"an hour and five minutes are borne");
	ok(archive_put_ahead(&text, "north", last_ns + 1, now_ns), "what is later has not come");
	ok(strstr(memory, "north: its latest record is of 2026-03-02T01:05:00Z") == memory,
		"… of when is told: %s", memory);
}

static void test_apart(void)
{
	static const struct {
		int64_t seconds;
		uint64_t flows;
		const char *said;
	} cases[] = {
		{ 11, 2, "north is 11 s ahead of south: 2 flows that both saw stand there" },
		{ 60, 1,
			"north is 1 min ahead of south: 1 flow that both saw stands there at two "
			"times, and counts twice" },
		{ 90, 2, "is 1 min 30 s ahead of" },
		{ 3600, 2, "is 1 h ahead of" },
		{ 3659, 2, "is 1 h ahead of" },
		{ 5400, 2, "is 1 h 30 min ahead of" },
		{ 86400, 2, "is 1 day ahead of" },
		{ 86460, 2, "is 1 day ahead of" },
		{ 90000, 2, "is 1 day 1 h ahead of" },
		{ -3 * 86400 - 3600, 2, "is 3 days 1 h behind south" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct archive_apart apart = { .seconds = cases[i].seconds,
			.flows = cases[i].flows };
		char memory[300];
		struct text text;
		text_init(&text, memory, sizeof(memory));
		archive_put_apart(&text, "north", "south", &apart);
		ok(strstr(memory, cases[i].said), "%s", memory);
	}
}

/* So much came back that it is neither handshake nor a firewall's page. */
static void test_answers(void)
{
	for (unsigned own = 0; own < 2; own++) {
		struct record record = { .own_side = own ? RECORD_DESTINATION : RECORD_SOURCE };
		record.flow.total_bytes[own] = 1000000;
		record.flow.total_bytes[!own] = 59999;
		record.l7.exchange = L7_EXCHANGE_NONE;
		archive_judged_note_answer(&record);
		is_int(record.l7.exchange, L7_EXCHANGE_NONE, "a byte less may be either");
		record.flow.total_bytes[!own] = 60000;
		archive_judged_note_answer(&record);
		is_int(record.l7.exchange, L7_EXCHANGE_MORE, "60,000 bytes are an answer");
		record.l7.exchange = L7_EXCHANGE_ONE;
		archive_judged_note_answer(&record);
		is_int(record.l7.exchange, L7_EXCHANGE_ONE, "what was seen of it stays");
	}
}

int main(void)
{
	test_ahead();
	test_apart();
	test_answers();
	return done_testing();
}
