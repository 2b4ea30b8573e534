#include "collector/flow_gaps.h"

#include "tests/tap.h"

enum { FLOW = 7, OTHER = FLOW + FLOW_GAPS_PLACES / 2 };

static struct flow_gaps_table table;

static void begin(void)
{
	table.bytes_missing = 0;
	flow_gaps_begin(&table, FLOW);
}

static void add(uint32_t from, uint32_t to)
{
	flow_gaps_add(&table, FLOW, 0, (struct flow_gap){ from, to }, true);
}

static enum flow_gaps_answer fill(uint32_t from, uint32_t to)
{
	return flow_gaps_fill(&table, FLOW, 0, (struct flow_gap){ from, to });
}

static void test_stretches(void)
{
	begin();
	add(100, 200);
	add(300, 400);
	is_int(fill(200, 300), FLOW_GAPS_SEEN, "what lies between two gaps was seen");
	is_int(fill(0, 100), FLOW_GAPS_SEEN, "… and what lies before them");
	is_int((int64_t)table.bytes_missing, 200, "… and fills nothing");
	is_int(fill(199, 301), FLOW_GAPS_MISSING, "a byte of each is missing");
	is_int((int64_t)table.bytes_missing, 198, "… no more");
	is_int(fill(120, 130), FLOW_GAPS_MISSING, "some of the middle");
	is_int(fill(120, 130), FLOW_GAPS_SEEN, "… once");
	is_int(fill(119, 120), FLOW_GAPS_MISSING, "what is before it is still missing");
	is_int(fill(130, 131), FLOW_GAPS_MISSING, "… and what is behind it");
	is_int(fill(0, 1000), FLOW_GAPS_MISSING, "all the rest");
	is_int((int64_t)table.bytes_missing, 0, "… and nothing is missing");
}

static void test_numbers(void)
{
	begin();
	add(0xffffff00, 0x100);
	is_int((int64_t)table.bytes_missing, 512, "a gap over the end of numbers");
	is_int(fill(0xfffffff0, 0x10), FLOW_GAPS_MISSING, "… is filled over it");
	is_int((int64_t)table.bytes_missing, 480, "… byte for byte");
}

/* Beyond its room the memory errs towards "not seen". */
static void test_many(void)
{
	begin();
	for (uint32_t i = 0; i <= FLOW_GAPS_MOST; i++) {
		add(100 * i, 100 * i + 50);
	}
	is_int(fill(60, 70), FLOW_GAPS_MISSING, "between the oldest nothing is known to be seen");
	is_int(fill(260, 270), FLOW_GAPS_SEEN, "… between the others it is");
	begin();
	add(100, 150);
	add(150, 200);
	is_int(fill(140, 160), FLOW_GAPS_MISSING, "gaps that touch are one");
	flow_gaps_begin(&table, OTHER);
	is_int(fill(110, 120), FLOW_GAPS_UNKNOWN, "a place that another flow took is not ours");
	ok(!flow_gaps_add(&table, FLOW, 0, (struct flow_gap){ 300, 400 }, true),
		"… and takes nothing");
}

/* Of an end of which nothing is seen nothing was lost, also where it turns up after all. */
static void test_unheard(void)
{
	begin();
	flow_gaps_add(&table, FLOW, 0, (struct flow_gap){ 100, 200 }, false);
	is_int((int64_t)table.bytes_missing, 0, "an end that is not heard misses nothing");
	is_int(fill(100, 150), FLOW_GAPS_MISSING, "… and what comes late was not sent again");
	is_int((int64_t)table.bytes_missing, 0, "… which fills no loss");
}

int main(void)
{
	test_stretches();
	test_numbers();
	test_many();
	test_unheard();
	return done_testing();
}
