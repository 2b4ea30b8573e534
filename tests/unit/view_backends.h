/* The backends of the view, each over the same traffic; two archives share flows. */
#pragma once

#include <stdlib.h>

#include "analyzer/view/view.h"
#include "tests/tap.h"
#include "tests/unit/view_contract.h"
#include "tests/unit/view_traffic.h"

#define HOUR_NS (UINT64_C(3600) * NS_PER_S)

enum { K = 5 };

static const unsigned sizes[TRAFFIC_UNITS] = { 40, 30, 20, 10, 2 };
static struct traffic traffic;
static char folder[64];

static const struct view_access all = { .role = VIEW_SEES_DEVICES };
/* Asked when the last day is closed. */
static const struct view_access viewer = {
	.role = VIEW_PROTECTED, .k = K, .now_ns = TRAFFIC_TO_NS + HOUR_NS
};

enum { ANALYSIS, HOURS, RECORDS, SEVERAL, BACKENDS };
static const char *const names[] = { "analysis", "archive", "archive, from records",
	"two archives that share flows" };
static struct view *views[BACKENDS];

static char *path_of(const char *name)
{
	static char path[4][96];
	static unsigned next;
	char *at = path[next++ % 4];

	snprintf(at, sizeof(path[0]), "%s/%s", folder, name);
	return at;
}

static int open_archives(const char *const *folders, unsigned count, bool from_records,
	struct view **view, struct err *err)
{
	const struct view_archive_options options = {
		.folders = folders, .folder_count = count, .from_records = from_records
	};

	return view_open_archive(view, &options, err);
}

/* Two sensors: the second one saw the middle third as well. */
static int open_all(struct err *err)
{
	const char *whole = path_of("whole"), *both[] = { path_of("one"), path_of("two") };
	size_t count, third = traffic.count / 3;
	struct rollup *rollup = traffic_cells(&traffic, 0, traffic.count);
	const struct cell *cells = rollup_cells(rollup, &count);
	int status = view_open_analysis(&views[ANALYSIS], false, err);

	if (status == 0) {
		view_take(views[ANALYSIS], cells, count / 2);
		view_take(views[ANALYSIS], cells + count / 2, count - count / 2);
		status = traffic_archive(&traffic, 0, traffic.count, whole, err);
	}
	rollup_destroy(rollup);
	if (status == 0) {
		status = traffic_archive(&traffic, 0, 2 * third, both[0], err);
	}
	if (status == 0) {
		status = traffic_archive(&traffic, third, traffic.count, both[1], err);
	}
	status = status < 0 ? status : open_archives(&whole, 1, false, &views[HOURS], err);
	status = status < 0 ? status : open_archives(&whole, 1, true, &views[RECORDS], err);
	return status < 0 ? status : open_archives(both, 2, false, &views[SEVERAL], err);
}

static struct view_answer *ask(
	enum view_role role, unsigned backend, const struct view_question *question)
{
	struct view_answer *answer;
	struct err err;

	if (view_ask(views[backend], role == VIEW_PROTECTED ? &viewer : &all, question, &answer,
		    &err) < 0) {
		printf("# %s: %s\n", names[backend], err.text);
		return NULL;
	}
	return answer;
}

static void all_agree(enum view_role role, const struct view_question *question, const char *what)
{
	struct view_answer *wanted = ask(role, ANALYSIS, question);

	for (unsigned i = HOURS; i < BACKENDS; i++) {
		struct view_answer *answer = ask(role, i, question);
		ok(same_answer(wanted, answer, question->by_count, CONTRACT_EXACT),
			"%s: %s as the run says", names[i], what);
		view_answer_free(answer);
	}
	view_answer_free(wanted);
}

typedef void backend_test(void);

/* Opens them, runs the tests, and ends. */
static int backends_run(backend_test *const tests[])
{
	const char *place = getenv("TMPDIR");
	char command[96];
	struct err err = { "" };

	snprintf(folder, sizeof(folder), "%s/borderflow-view-XXXXXX", place ? place : "/tmp");
	if (!mkdtemp(folder) || !traffic_make(&traffic, sizes, TRAFFIC_RECORDS, 42)) {
		return 1;
	}
	bool are_open = ok(open_all(&err) == 0, "all backends open %s", err.text);
	for (unsigned i = 0; are_open && tests[i]; i++) {
		tests[i]();
	}
	for (unsigned i = 0; i < BACKENDS; i++) {
		view_close(views[i]);
	}
	traffic_free(&traffic);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command) == 0 ? done_testing() : 1;
}
