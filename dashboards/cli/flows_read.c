/* What is asked of the archive: its records, or what hours and days add up to already. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/archive/archive_clock.h"
#include "analyzer/archive/archive_inputs.h"
#include "base/clock.h"
#include "dashboards/cli/flows_cmd.h"

static bool say_unfinished(const char *folder)
{
	char name[INPUT_NAME_BYTES];
	unsigned count = archive_inputs_unfinished(folder, name);

	if (count > 0) {
		cli_notice("flows",
			"%s: %u capture%s not in it to the end: the run that added %s was stopped, "
			"or is at work",
			folder, count, count == 1 ? " is" : "s are", count == 1 ? "it" : "them");
	}
	return count > 0;
}

bool flows_say_unfinished(const struct option_list *archives)
{
	bool is_any = false;

	for (unsigned i = 0; i < archives->count; i++) {
		is_any |= say_unfinished(archives->items[i]);
	}
	return is_any;
}

/* What a sensor could not write, and said so. */
void flows_say_gaps(const char *folder, const struct archive_stats *stats)
{
	if (stats->gaps > 0) {
		cli_notice("flows",
			"%s: %" PRIu64 " record%s missing in %" PRIu64
			" gap%s, when the sensor could not write",
			folder, stats->gap_records, stats->gap_records == 1 ? " is" : "s are",
			stats->gaps, stats->gaps == 1 ? "" : "s");
	}
}

/* --explain: what an answer came from. */
static void explain(
	const struct flows_answer *answer, const char *from, const struct archive_stats *stats)
{
	if (answer->settings->explain) {
		cli_notice("flows",
			"read %s: %" PRIu64 " blocks of %" PRIu64 " segments with %" PRIu64
			" records or cells, %.1f MB; passed over unread, since they lie outside "
			"the time: %" PRIu64 " blocks",
			from, stats->blocks, stats->segments, stats->records,
			(double)stats->compressed_bytes / 1e6, stats->blocks_skipped);
	}
	if (answer->settings->explain && stats->columns_read < stats->columns) {
		cli_notice("flows",
			"of their columns %" PRIu64 " of %" PRIu64
			" were made out: what nobody asks for is passed over",
			stats->columns_read, stats->columns);
	}
}

/* What was deleted is not zero. */
static void say_deleted(struct flows_answer *answer, const struct archive_stats *stats)
{
	char until[CLOCK_TEXT_LENGTH + 1];

	if (stats->deleted_until_ns == 0) {
		return;
	}
	answer->is_past_retention |=
		answer->archive.to_ns > 0 && answer->archive.to_ns <= stats->deleted_until_ns;
	clock_format(stats->deleted_until_ns, until);
	cli_notice("flows",
		"past retention: records up to %.19sZ have been deleted (%s/deleted says when and "
		"why)%s",
		until, answer->archive.folder,
		answer->is_past_retention ? "; this is no answer of zero" : "");
}

/* The clock or the key of a sensor that is wrong: by what two of them saw, or by ours. */
static void say_clock(const struct flows_answer *answer, const struct archive_stats *stats)
{
	struct archive_renamed renamed;
	struct archive_apart apart;
	struct text sentence;

	text_init_heap(&sentence);
	if (archive_put_ahead(&sentence, answer->archive.folder, stats->last_ns, clock_now_ns())) {
		cli_notice("flows", "%s", sentence.at);
		text_clear(&sentence);
	}
	if (archive_once_apart(answer->once, answer->place, &apart)) {
		archive_put_apart(&sentence, answer->archive.folder,
			answer->settings->archives.items[apart.other], &apart);
		cli_notice("flows", "%s", sentence.at);
		text_clear(&sentence);
	}
	if (archive_once_renamed(answer->once, answer->place, &renamed)) {
		archive_put_renamed(&sentence, answer->archive.folder,
			answer->settings->archives.items[renamed.other], &renamed);
		cli_notice("flows", "%s", sentence.at);
	}
	if (archive_once_lacks_key(answer->once, answer->place)) {
		cli_notice("flows",
			"%s was written without a key, others with one: what it and another one "
			"saw of a flow counts twice",
			answer->archive.folder);
	}
	text_deinit(&sentence);
}

/* Groups over addresses and pseudonyms. */
static bool is_mixed(const struct flows_answer *answer, const struct archived *archived)
{
	return answer->grouping && archived->labels.device[0] && !answer->k &&
	       !answer->settings->key;
}

static struct field_view view_of(const struct flows_answer *answer, const struct archived *archived)
{
	return (struct field_view){ &archived->record, &archived->labels, !answer->settings->whole,
		flows_zone(answer) };
}

static bool matches(void *context, struct archived *archived)
{
	struct flows_answer *answer = context;
	const struct field_view view = view_of(answer, archived);
	uint8_t seen = archived->record.seen;

	if (!archive_once_tells(answer->once, answer->place, archived)) {
		return false;
	}
	answer->joined += answer->once && archived->record.seen != seen;
	return is_mixed(answer, archived) || !answer->question.query ||
	       query_match(answer->question.query, &view);
}

static int take_record(struct flows_answer *answer, struct archived *archived, struct err *err)
{
	const struct field_view view = view_of(answer, archived);

	archive_once_tells(answer->once, answer->place, archived); /* completes what is read anew */
	if (is_mixed(answer, archived)) {
		return err_set(err, EPERM,
			"%s holds addresses and pseudonyms; groups over both want the key (--key), "
			"or a time in which all devices are pseudonyms",
			answer->archive.folder);
	}
	if (!flows_may_tell(answer, &archived->record)) {
		return 0;
	}
	answer->matched++;
	if (answer->grouping) {
		grouping_add(answer->grouping, &view);
		return 0;
	}
	return flows_print_record(answer, &view, err);
}

/* Records are told by the fields of the filter; groups and columns need few others. */
static void select_fields(struct flows_answer *answer, struct archive_selection *selection)
{
	*selection = (struct archive_selection){ .context = answer };
	if (answer->question.query) {
		query_asks(answer->question.query, &selection->asked);
	}
	if (answer->once) {
		archive_once_ask(answer->once, &selection->asked);
	}
	if (answer->question.query || answer->once) {
		selection->matches = matches;
	}
	if (answer->k) {
		field_set_add(&selection->fields, field_find("start", 5));
	}
	if (answer->grouping) {
		grouping_asks(answer->grouping, &selection->fields);
	} else if (answer->rows && !answer->packets) {
		flows_rows_asks(answer->rows, &selection->fields);
	} else {
		selection->fields = FIELD_SET_ALL;
	}
}

/* One of the archives. */
static int read_archive(struct flows_answer *answer, struct archive_stats *stats, struct err *err)
{
	struct archive_options options = answer->archive;
	struct archive_selection selection;
	struct archive_reader *reader;
	struct archived *records;
	size_t count;

	select_fields(answer, &selection);
	options.selection = &selection;
	int status = archive_reader_open(&reader, &options, err);
	if (status < 0) {
		return status;
	}
	while (status == 0 && !answer->is_full &&
		(count = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < count && status == 0 && !answer->is_full; i++) {
			status = take_record(answer, &records[i], err);
		}
	}
	archive_reader_stats(reader, stats);
	archive_reader_close(reader);
	flows_say_gaps(options.folder, stats);
	say_deleted(answer, stats);
	explain(answer, "records", stats);
	return status;
}

/* What a sensor decided that saw no answer stands, also where another one saw it. */
static void say_joined(const struct flows_answer *answer)
{
	if (answer->joined > 0) {
		cli_notice("flows",
			"of %" PRIu64
			" records each of two archives saw one way: verdict and block are what one "
			"of the two decided; what was denied, report and page decide again "
			"(action == deny and block == none)",
			answer->joined);
	}
}

int flows_read_archive(struct flows_answer *answer, struct err *err)
{
	const struct option_list *archives = &answer->settings->archives;
	int status = flows_ask_told(answer, err);

	if (status == 0) {
		status = archive_once_open(
			&answer->once, archives->items, archives->count, &answer->archive, err);
	}
	for (unsigned i = 0; i < archives->count && status == 0 && !answer->is_full; i++) {
		struct archive_stats stats;
		answer->place = i;
		answer->archive.folder = archives->items[i];
		status = read_archive(answer, &stats, err);
		if (status == 0) {
			say_clock(answer, &stats);
		}
	}
	say_joined(answer);
	archive_once_close(answer->once);
	answer->once = NULL;
	return status;
}

/* Groups that need no records: protected ones of parts of the body, which a day's tables say once
 * and for all, and exact ones of what cells know. */
int flows_read_sums(struct flows_answer *answer, bool *is_read, struct err *err)
{
	const struct flows_settings *settings = answer->settings;
	struct archive_stats stats;

	if (answer->is_of_part) {
		*is_read = true;
		return flows_read_parts(answer, err);
	}
	*is_read = answer->grouping && !answer->question.query && !settings->from_records &&
		   settings->archives.count == 1 && !answer->k &&
		   flow_sums_suffice(answer->grouping, &answer->archive);
	if (!*is_read) {
		return 0;
	}
	int status = flow_sums_read(&answer->sums, answer->grouping, &answer->archive, &stats, err);
	const struct group_row *rows;
	answer->matched = status == 0 ? flow_sums_rows(answer->sums, 0, &rows) : 0;
	if (status == 0) {
		cli_notice("flows",
			"from what hours add up to; records are not counted (--from-records reads "
			"them)");
		say_clock(answer, &stats);
		say_deleted(answer, &stats);
		explain(answer, "hours", &stats);
	}
	return status;
}
