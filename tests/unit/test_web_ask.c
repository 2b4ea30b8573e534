/* From a query to a question: what is read, what is refused, and that nothing is passed over in
 * silence. */
#include "dashboards/web/ask.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "tests/tap.h"

#define HOUR_NS (UINT64_C(3600) * NS_PER_S)

static const struct ask_clock clock_of_test = { NULL, 1000000 * HOUR_NS + 1700 * NS_PER_S };
static struct err err;

/* "name=value&…": what the server's library has taken apart by then. */
static int ask(struct view_question *question, const char *query)
{
	static char memory[1024];
	struct http_request request = { .method = "GET" };
	char *rest = memory;

	snprintf(memory, sizeof(memory), "%s", query);
	for (char *pair; (pair = strsep(&rest, "&"));) {
		char *value = strchr(pair, '=');
		*value = '\0';
		http_request_add(&request, pair, value + 1);
	}
	return ask_question(question, &request, &clock_of_test, &err);
}

static void refuses(const char *query, const char *name)
{
	struct view_question question;

	ok(ask(&question, query) == -EINVAL && strncmp(err.text, name, strlen(name)) == 0, "%s: %s",
		query, err.text);
}

int main(void)
{
	struct view_question question;

	is_int(ask(&question,
		       "by=server,parent&from=2026-03-31T10:02&to=2026-03-31T11:01&sort=up&first=2&"
		       "most=7&text=ki&app=tiktok&app=telegram&unit=!School&colour=red"),
		0, "a whole question");
	ok(question.by_count == 2 && question.by[0] == VIEW_BY_SERVER &&
			question.by[1] == VIEW_BY_PARENT,
		"its groups");
	is_int(question.filter_count, 3, "its filters, and what is none is none");
	ok(question.filters[2].by == VIEW_BY_UNIT && question.filters[2].is_excluded &&
			strcmp(question.filters[2].value, "School") == 0 &&
			!question.filters[0].is_excluded,
		"\"!\" excludes");
	ok(question.from_ns % SLOT_NS == 0 && question.to_ns % SLOT_NS == 0 &&
			question.to_ns - question.from_ns == 65 * 60 * NS_PER_S,
		"its time is widened to whole five minutes");
	ok(question.sort == VIEW_SORT_UP && question.first == 2 && question.most == 7 &&
			strcmp(question.text, "ki") == 0,
		"its order, its rows, its text");
	is_int(ask(&question, "last=24h&step=3600"), 0, "the last day");
	is_int((int64_t)(question.from_ns / HOUR_NS), 1000000 - 24, "from a whole hour on");
	is_int((int64_t)question.to_ns, 0, "without an end");
	is_int(ask(&question, "step=day&app="), 0, "an empty filter is none");
	ok(question.step_ns == VIEW_DAY_NS && question.filter_count == 0, "days are days");
	refuses("by=colour", "by:");
	refuses("by=app,unit,zone,server", "by:");
	refuses("by=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "by:");
	refuses("step=7", "step:");
	refuses("sort=beauty", "sort:");
	refuses("first=-1", "first:");
	refuses("most=1e9", "most:");
	refuses("most=99999999999999999999999", "most:");
	refuses("from=whenever", "from:");
	refuses("last=7d&from=today", "last:");
	refuses("last=soon", "last:");
	refuses("from=2026-03-31&to=2026-03-30", "to:");
	refuses("app=1&app=2&app=3&app=4&app=5&app=6&app=7&app=8&app=9&app=10&app=11&app=12&app=13&"
		"app=14&app=15&app=16&app=17",
		"at most");
	return done_testing();
}
