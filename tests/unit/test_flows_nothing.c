#include "dashboards/cli/flows_nothing.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

enum { RECORDS = 100, BLOCK = 10 };
#define FIRST_S UINT64_C(1774951200) /* 2026-03-31 10:00 UTC */

static char folder[64];

/* A record a minute; the first half of them of one app, the rest of another. */
static void write_archive(const char *device)
{
	struct random random = { 1 };
	struct archive_writer *writer;
	struct err err;
	int status = archive_writer_open(&writer, folder, false, &err);

	for (unsigned i = 0; i < RECORDS && status == 0; i++) {
		struct record record;
		struct record_labels labels;

		record_random(&random, false, &record, &labels);
		record.flow.start_ns = (FIRST_S + i * 60) * NS_PER_S;
		record.flow.end_ns = record.flow.start_ns;
		record.flow.flow_start_ns = record.flow.start_ns;
		snprintf(labels.device, sizeof(labels.device), "%s", device);
		labels.app = i < RECORDS / 2 ? "telegram" : "whatsapp";
		status = archive_writer_put(writer, &record, &labels, &err);
		if (status == 0 && i % BLOCK == BLOCK - 1) {
			status = archive_writer_flush(writer, &err);
		}
	}
	status = status < 0 ? status : archive_writer_close(writer, &err);
	is_int(status, 0, "an archive is written");
}

/* What is said where nothing matched: of minutes from..to (to 0: all times), most records looked
 * at. */
static bool ask(const char *filter, unsigned from, unsigned to, uint64_t most, struct text *text)
{
	const struct archive_options options = { .folder = folder,
		.from_ns = to ? (FIRST_S + from * 60) * NS_PER_S : 0,
		.to_ns = to ? (FIRST_S + to * 60) * NS_PER_S : 0 };
	struct flows_nothing asked = { .archive = &options, .most = most };
	struct query *query = NULL;
	struct err err;

	text_init_heap(text);
	if (query_parse(&query, filter, NULL, &err) < 0) {
		return false;
	}
	asked.query = query;
	bool is_amiss = flows_put_nothing(text, &asked);
	query_free(query);
	printf("# %s", text->at);
	return is_amiss;
}

static void says(const char *filter, unsigned from, unsigned to, uint64_t most, bool is_amiss,
	const char *wanted)
{
	struct text text;

	is_int(ask(filter, from, to, most, &text), is_amiss, "%s: is the question amiss", filter);
	ok(strstr(text.at, wanted) != NULL, "… it says: %s", wanted);
	ok(strstr(text.at,
		   "holds 100 records, from 2026-03-31 10:00:00 to 2026-03-31 11:39:00 UTC\n"),
		"… and what the archive holds as a whole");
	text_deinit(&text);
}

int main(void)
{
	const char *place = getenv("TMPDIR");
	struct text text;
	char command[128];

	snprintf(folder, sizeof(folder), "%s/borderflow-nothing-XXXXXX", place ? place : "/tmp");
	if (!mkdtemp(folder)) {
		skip_all("no folder for temporary files");
	}
	write_archive("");
	says("app == telegrm", 0, 0, 0, false, "no record has network.application \"telegrm\"");
	says("unit == Nowhere", 0, 0, 0, true, "no record has borderflow.unit \"Nowhere\"");
	says("bytes > 900TB", 0, 0, 0, false, "nothing matches; the archive holds");
	says("app == telegram", 200, 300, 0, true, "does not cover the time asked for: it holds");

	/* More than are looked through: those of the time asked for are, and nothing is amiss. */
	says("unit == Nowhere", 0, 0, 40, false, "none of the 40 records looked through has");
	says("app == telegram", 80, 90, 40, false,
		"none of the 10 records looked through has network.application \"telegram\"; "
		"there are whatsapp");
	says("app == telegram", 200, 300, 40, true, "does not cover the time asked for: it holds");
	ok(!ask("app == whatsapp and port == 1", 80, 90, 40, &text) && !strstr(text.at, "has"),
		"a word that they have is no reason");
	text_deinit(&text);
	ask("ip == 10.20.1.15", 0, 0, 0, &text);
	ok(!strstr(text.at, "pseudonyms"), "an address that does not occur is one");
	text_deinit(&text);
	snprintf(command, sizeof(command), "rm -rf '%s'/*", folder);
	ok(system(command) == 0, "another archive");
	write_archive("abcdefghijkl");
	says("ip == 10.20.1.15", 0, 0, 0, false, "addresses find servers alone");
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ok(system(command) == 0, "the folder is removed");
	return done_testing();
}
