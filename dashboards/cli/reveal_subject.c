#include "dashboards/cli/reveal_subject.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_reader.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/text.h"

enum { APPS_MAX = 256 };

struct held {
	const char *pseudonym;
	uint64_t records, flows, bytes, first_ns, last_ns, violations;
	uint16_t apps[APPS_MAX]; /* symbols */
	unsigned app_count;
};

static void note_app(struct held *held, uint16_t app)
{
	for (unsigned i = 0; i < held->app_count; i++) {
		if (held->apps[i] == app) {
			return;
		}
	}
	if (held->app_count < APPS_MAX) {
		held->apps[held->app_count++] = app;
	}
}

static void note(struct held *held, const struct record *record)
{
	const struct flow_record *flow = &record->flow;

	held->records++;
	held->flows += flow->part == 0;
	held->bytes += flow->bytes[0] + flow->bytes[1];
	held->first_ns = held->records == 1 || flow->start_ns < held->first_ns ? flow->start_ns
									       : held->first_ns;
	held->last_ns = flow->end_ns > held->last_ns ? flow->end_ns : held->last_ns;
	held->violations += record->decision.verdict == POLICY_VERDICT_VIOLATION;
	note_app(held, record->verdict.app);
}

static void print(const struct held *held, const char *archive, const char *pseudonym)
{
	char first[CLOCK_TEXT_LENGTH + 1], last[CLOCK_TEXT_LENGTH + 1];
	struct text apps;

	if (held->records == 0) {
		printf("%s: nothing is held about %s\n", archive, pseudonym);
		return;
	}
	clock_format(held->first_ns, first);
	clock_format(held->last_ns, last);
	text_init_heap(&apps);
	for (unsigned i = 0; i < held->app_count; i++) {
		const char *name = symbol_name(SYMBOL_APP, held->apps[i]);
		text_put(&apps, i > 0 ? ", " : "");
		text_put_terminal(
			&apps, name[0] ? name : "unknown", strlen(name[0] ? name : "unknown"));
	}
	printf("%s, about %s:\n"
	       "  records    %" PRIu64 ", of %" PRIu64 " flows, %.19sZ to %.19sZ\n"
	       "  bytes      %" PRIu64 "\n"
	       "  apps       %s\n"
	       "  violations %" PRIu64 "\n"
	       "  each one   borderflow flows -a %s 'borderflow.device == %s' --reason …\n",
		archive, pseudonym, held->records, held->flows, first, last, held->bytes, apps.at,
		held->violations, archive, pseudonym);
	text_deinit(&apps);
}

static void take_records(void *context, struct archived *rows, size_t count)
{
	struct held *held = context;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].labels.device, held->pseudonym) == 0) {
			note(held, &rows[i].record);
		}
	}
}

int reveal_print_subject(const char *archive, const char *pseudonym, struct err *err)
{
	const struct archive_options options = { .folder = archive };
	struct held held = { .pseudonym = pseudonym };
	struct archive_stats stats;
	int status = archive_each_record(&options, take_records, &held, &stats, err);

	if (status == 0) {
		print(&held, archive, pseudonym);
	}
	return status;
}
