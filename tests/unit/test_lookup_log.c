/* The log of who looked up whom: what is asked stands in it, in a chain that tells what was
 * changed, and nothing is answered that could not be written. */
#include "analyzer/record/lookup_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "tests/tap.h"
#include "tests/unit/full_disk.h"

static const uint64_t begin_ns = UINT64_C(1772409600) * NS_PER_S; /* 2026-03-02 */
static char folder[] = "/tmp/borderflow-lookups-XXXXXX", path[64];
static struct err err;

static int look_up(const char *user, enum lookup_kind kind, uint64_t now_ns)
{
	const struct lookup lookup = { .user = user,
		.kind = kind,
		.question = "10.1.2.3\tin a cell\n",
		.reason = "a case",
		.now_ns = now_ns };

	return lookup_log_append(folder, &lookup, &err);
}

static void count_line(void *context, const struct lookup_line *line)
{
	unsigned *count = context;

	ok(!strpbrk(line->question, "\t\n"), "what is asked is one cell");
	++*count;
}

static int read_lines(unsigned *count)
{
	*count = 0;
	return lookup_log_read(folder, count_line, count, &err);
}

static void test_periods(void)
{
	struct lookup_counts counts;

	for (unsigned day = 0; day < 3; day++) {
		is_int(look_up("auditor", LOOKUP_REVEAL, begin_ns + day), 0, "logged %s", err.text);
	}
	lookup_log_count(folder, begin_ns, begin_ns + 2, &counts, &err);
	is_int((int64_t)counts.kinds[LOOKUP_REVEAL], 2,
		"a period has its first moment, and not "
		"the one behind it");
	lookup_log_count(folder, begin_ns + 1, 0, &counts, &err);
	is_int((int64_t)counts.kinds[LOOKUP_REVEAL], 2, "one without an end has all since");
	ok(counts.last[0] != '\0', "the last digest is told");
}

/* A disk that is full for a moment. */
static void test_full_disk(void)
{
	unsigned lines, later;

	is_int(read_lines(&lines), 0, "the log is whole");
	fill_disk(path, 20);
	ok(look_up("auditor", LOOKUP_REVEAL, begin_ns) < 0, "no room for a line is an error");
	clear_disk();
	is_int(read_lines(&later), 0, "and the log is as it was");
	is_int(later, lines, "… line by line");
	is_int(look_up("auditor", LOOKUP_REVEAL, begin_ns), 0, "with room it goes on %s", err.text);
	is_int(read_lines(&later), 0, "… in its chain %s", err.text);
	is_int(later, lines + 1, "… by that line");
}

static void test_changed(void)
{
	char *content;
	size_t length;
	unsigned lines;

	file_read(path, &content, &length, &err);
	char *at = strstr(content, "10.1.2.3");
	at[0] = '2';
	file_write(path, content, length, &err);
	is_int(read_lines(&lines), -EBADMSG, "what was changed breaks the chain: %s", err.text);
	at[0] = '1';
	file_write(path, content, length - 1, &err);
	is_int(look_up("auditor", LOOKUP_REVEAL, begin_ns), -EBADMSG,
		"half a line is looked into first");
	file_write(path, content, length, &err);
	is_int(look_up("auditor", LOOKUP_REVEAL, begin_ns), 0, "a whole one is gone on from");
	free(content);
}

/* Where roles are given, each user needs the one that the question asks for. */
static void test_roles(void)
{
	static const char roles[] = "anna look, audit\nannabel audit\nbo approve\n";
	char file[80];

	snprintf(file, sizeof(file), "%s/roles", folder);
	file_write(file, roles, strlen(roles), &err);
	is_int(look_up("anna", LOOKUP_REVEAL, begin_ns), 0, "who may look");
	is_int(look_up("annabel", LOOKUP_REVEAL, begin_ns), -EPERM, "who may not");
	is_int(look_up("ann", LOOKUP_REVEAL, begin_ns), -EPERM, "who is not named");
	is_int(look_up("bo", LOOKUP_REVEAL, begin_ns), -EPERM, "who has another role");
	unlink(file);
}

int main(void)
{
	if (!mkdtemp(folder)) {
		ok(false, "no folder");
		return done_testing();
	}
	snprintf(path, sizeof(path), "%s/lookups.tsv", folder);
	test_periods();
	test_full_disk();
	test_changed();
	test_roles();
	unlink(path);
	rmdir(folder);
	return done_testing();
}
