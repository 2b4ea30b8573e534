/* The history of a policy: versions follow each other, each flow is judged by the one that was in
 * force, and what was accepted stays as it was. */
#include "analyzer/policy/policy_history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/tap.h"
#include "tests/unit/full_disk.h"

#define DAY_NS (86400 * NS_PER_S)

static const uint64_t begin_ns = UINT64_C(1772409600) * NS_PER_S; /* 2026-03-02 */
static char work[] = "/tmp/borderflow-history-XXXXXX", folder[64], file[64], index_file[80];
static struct catalogue *catalogue;
static struct err err;

/* A policy file of a body of that name; its hash. */
static void write_policy(const char *name, char hash[65])
{
	struct policy_problems problems;
	struct policy *policy;
	char text[160];

	snprintf(text, sizeof(text), "organisation: %s\n", name);
	file_write(file, text, strlen(text), &err);
	is_int(policy_load_in(&policy, file, NULL, NULL, catalogue, &problems, &err), 0,
		"a policy of %s", name);
	snprintf(hash, 65, "%s", policy_hash(policy));
	policy_free(policy);
}

static int accept_by(const char *name, const char *by, const char *reason, uint64_t in_force_ns,
	uint64_t accepted_ns)
{
	struct policy_acceptance row = { .in_force_ns = in_force_ns, .accepted_ns = accepted_ns };

	write_policy(name, row.hash);
	snprintf(row.by, sizeof(row.by), "%s", by);
	snprintf(row.reason, sizeof(row.reason), "%s", reason);
	return policy_history_accept(folder, file, &row, &err);
}

static size_t count_rows(void)
{
	struct policy_acceptance *rows;
	size_t count = 0;

	is_int(policy_history_read(folder, &rows, &count, &err), 0, "the history is whole");
	free(rows);
	return count;
}

static void test_order(void)
{
	ok(!policy_history_is(folder) && !policy_history_is(NULL), "there is none");
	is_int(accept_by("First", "council", "", begin_ns, begin_ns + DAY_NS), 0,
		"the first version speaks of the past as well");
	ok(policy_history_is(folder) && !policy_history_is(file), "now there is one");
	is_int(accept_by("First", "council", "", begin_ns + 9 * DAY_NS, begin_ns), -EEXIST,
		"the same again is not accepted");
	is_int(accept_by("Second", "council", "", begin_ns + 2 * DAY_NS, begin_ns + 2 * DAY_NS + 1),
		-EINVAL, "rules that were made a moment after they begin need a reason");
	is_int(accept_by("Second", "", "", begin_ns + 3 * DAY_NS, begin_ns), -EINVAL,
		"somebody accepts it");
	is_int(accept_by("Second", "a\tb", "", begin_ns + 3 * DAY_NS, begin_ns), -EINVAL,
		"… in one cell");
	is_int(accept_by("Second", "council", "a\nb", begin_ns + 3 * DAY_NS, begin_ns), -EINVAL,
		"… for a reason of one line");
	is_int((int64_t)count_rows(), 1, "none of which was kept");
	is_int(accept_by("Second", "council", "", begin_ns + 2 * DAY_NS, begin_ns + 2 * DAY_NS), 0,
		"those that are made when they begin need none");
	is_int(accept_by("Third", "council", "late", begin_ns + 2 * DAY_NS - 1, begin_ns), -EINVAL,
		"nothing is in force from before what was accepted last");
	is_int(accept_by("Third", "council", "the minutes", begin_ns + 4 * DAY_NS,
		       begin_ns + 9 * DAY_NS),
		0, "with a reason it may be late");
	is_int((int64_t)count_rows(), 3, "three versions");
}

static const char *at(const struct policy *policy, uint64_t time_ns)
{
	return policy_header(policy_at(policy, time_ns))->organisation;
}

/* Each moment is judged by the version that was in force. */
static void test_in_force(void)
{
	struct policy_problems problems;
	struct policy *policy;

	is_int(policy_load_in(&policy, folder, NULL, NULL, catalogue, &problems, &err), 0,
		"the history is loaded %s", err.text);
	is_text(at(policy, 1), "First", "before all the first is in force");
	is_text(at(policy, begin_ns + 2 * DAY_NS - 1), "First", "… to the second one's day");
	is_text(at(policy, begin_ns + 2 * DAY_NS), "Second", "… which is its own");
	is_text(at(policy, begin_ns + 4 * DAY_NS), "Third", "… and the last");
	is_text(at(policy, UINT64_MAX), "Third", "… to the end");
	policy_free(policy);
}

/* A version that was changed afterwards is none. */
static void test_changed(void)
{
	struct policy_problems problems;
	struct policy_acceptance *rows;
	struct policy *policy;
	size_t count;
	char path[256], *content;

	policy_history_read(folder, &rows, &count, &err);
	snprintf(path, sizeof(path), "%s/%s.yaml", folder, rows[1].hash);
	free(rows);
	file_read(path, &content, NULL, &err);
	file_write(path, "organisation: Another\n", 22, &err);
	is_int(policy_load_in(&policy, folder, NULL, NULL, catalogue, &problems, &err), -EINVAL,
		"what was changed is not what was accepted: %s", err.text);
	ok(policy == NULL, "… and nothing is judged by it");
	file_write(path, content, strlen(content), &err);
	free(content);
}

static void test_full_disk(void)
{
	fill_disk(index_file, 20);
	ok(accept_by("Fourth", "council", "", begin_ns + 10 * DAY_NS, begin_ns) < 0,
		"no room for a line is an error: %s", err.text);
	clear_disk();
	is_int((int64_t)count_rows(), 3, "… and the history is as it was");
	is_int(accept_by("Fourth", "council", "", begin_ns + 10 * DAY_NS, begin_ns), 0,
		"with room it is accepted");
	is_int((int64_t)count_rows(), 4, "… as the fourth");
}

/* What a sensor works by is kept beside its state, once. */
static void test_keep(void)
{
	char beside[80], kept[100], hash[65];
	struct policy_acceptance *rows;
	size_t count;

	snprintf(beside, sizeof(beside), "%s/state", work);
	snprintf(kept, sizeof(kept), "%s/policies", beside);
	file_make_folder(beside, 0755, &err);
	write_policy("Sensor", hash);
	for (unsigned run = 0; run < 2; run++) {
		is_int(policy_history_keep(
			       beside, file, hash, "sensor north", begin_ns + run, &err),
			0, "kept, run %u", run);
	}
	is_int(policy_history_keep(beside, NULL, hash, "sensor north", begin_ns, &err), 0,
		"no policy");
	is_int(policy_history_keep(beside, folder, hash, "sensor north", begin_ns, &err), 0,
		"a history is kept already");
	policy_history_read(kept, &rows, &count, &err);
	ok(count == 1 && rows[0].in_force_ns == begin_ns && strcmp(rows[0].hash, hash) == 0,
		"… once, from its first run on");
	free(rows);
}

static void test_damage(void)
{
	static const char *const lines[] = {
		"2026-03-02T00:00:00Z\tabc\t2026-03-02T00:00:00Z\tcouncil\t\n",
		"yesterday\t%s\t2026-03-02T00:00:00Z\tcouncil\t\n",
		"2026-03-02T00:00:00Z\t%s\t2026-03-02T00:00:00Z\tcouncil\n",
		"2026-01-02T00:00:00Z\t%s\t2026-03-02T00:00:00Z\tcouncil\t\n",
	};
	char hash[65], line[256], *content, *longer;
	struct policy_acceptance *rows;
	size_t count, length;

	memset(hash, 'a', 64);
	hash[64] = '\0';
	file_read(index_file, &content, &length, &err);
	longer = malloc(length + sizeof(line));
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *tail = strstr(lines[i], "%s");
		snprintf(line, sizeof(line), "%.*s%s%s",
			tail ? (int)(tail - lines[i]) : (int)strlen(lines[i]), lines[i],
			tail ? hash : "", tail ? tail + 2 : "");
		memcpy(longer, content, length);
		memcpy(longer + length, line, strlen(line) + 1);
		file_write(index_file, longer, strlen(longer), &err);
		is_int(policy_history_read(folder, &rows, &count, &err), -EINVAL, "%s", err.text);
		ok(rows == NULL && count == 0, "… and none of it is read");
	}
	free(longer);
	free(content);
}

int main(void)
{
	if (!mkdtemp(work) || catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		return done_testing();
	}
	snprintf(folder, sizeof(folder), "%s/policies", work);
	snprintf(file, sizeof(file), "%s/policy.yaml", work);
	snprintf(index_file, sizeof(index_file), "%s/accepted.tsv", folder);
	test_order();
	test_in_force();
	test_changed();
	test_full_disk();
	test_keep();
	test_damage();
	snprintf(err.text, sizeof(err.text), "rm -r %s", work);
	ok(system(err.text) == 0, "tidied up");
	catalogue_close(catalogue);
	return done_testing();
}
