/* Who asks for some fields of records gets what is in the whole records, whichever they are. */
#include "analyzer/archive/archive.h"

#include "analyzer/format/group.h"
#include "analyzer/format/query.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

enum { RECORDS = 500 };

static char folder[] = "/tmp/borderflow-selection-XXXXXX";
static char *shown[RECORDS]; /* of the field at hand, of whole records */

static void write_records(void)
{
	struct random random = { 0x73656c656374 };
	struct archive_writer *writer;
	struct record record;
	struct record_labels labels;
	struct err err;
	int status = archive_writer_open(&writer, folder, false, &err);

	for (unsigned i = 0; i < RECORDS && status == 0; i++) {
		record_random(&random, i % 3 == 0, &record, &labels);
		record.flow.start_ns = (UINT64_C(1774951200) + i) * NS_PER_S;
		record.flow.end_ns = record.flow.start_ns + NS_PER_S / 2;
		status = archive_writer_put(writer, &record, &labels, &err);
	}
	status = status < 0 ? status : archive_writer_close(writer, &err);
	ok(status == 0, "%u records of every kind are written", RECORDS);
}

static char *show(const struct field *field, const struct archived *archived, bool as_part)
{
	struct field_view view = { &archived->record, &archived->labels, as_part, NULL };
	struct field_value value;
	struct text text;

	text_init_heap(&text);
	text_put(&text, "none");
	if (field_get_asked(field, &view, &value)) {
		text_clear(&text);
		text_put_char(&text, ':');
		field_put_text(&text, field, &value);
	}
	char *copy = strndup(text.at, text.length);
	text_deinit(&text);
	return copy;
}

typedef void taker(void *context, const struct archived *archived, unsigned place);

static unsigned read_all(const struct archive_selection *selection, taker *take, void *context,
	struct archive_stats *stats)
{
	const struct archive_options options = { .folder = folder, .selection = selection };
	struct archive_reader *reader;
	struct archived *rows;
	unsigned count = 0;
	size_t batch;

	if (archive_reader_open(&reader, &options, NULL) < 0) {
		return 0;
	}
	while ((batch = archive_reader_next(reader, &rows)) > 0) {
		for (size_t i = 0; i < batch; i++) {
			take(context, &rows[i], count++);
		}
	}
	archive_reader_stats(reader, stats);
	archive_reader_close(reader);
	return count;
}

struct asking {
	const struct field *field;
	bool as_part;
	unsigned same;
};

static void keep(void *context, const struct archived *archived, unsigned place)
{
	const struct asking *asking = context;

	free(shown[place]);
	shown[place] = show(asking->field, archived, asking->as_part);
}

static void compare(void *context, const struct archived *archived, unsigned place)
{
	struct asking *asking = context;
	char *text = show(asking->field, archived, asking->as_part);
	bool is_same = strcmp(text, shown[place]) == 0;

	if (!is_same && asking->same == place) {
		printf("# %s of record %u: %s, of the whole record %s\n", asking->field->path,
			place, text, shown[place]);
	}
	asking->same += is_same;
	free(text);
}

static void test_field(const struct field *field, bool as_part)
{
	struct asking asking = { field, as_part, 0 };
	struct archive_selection selection = { .matches = NULL };
	struct archive_stats stats;

	read_all(NULL, keep, &asking, &stats);
	field_set_add(&selection.fields, field);
	read_all(&selection, compare, &asking, &stats);
	is_int(asking.same, RECORDS, "%s alone is what it is in the whole record%s", field->path,
		as_part ? "" : " of a whole flow");
}

/* What a filter says of whole records, and of those that it is asked about by its fields. */
struct filtering {
	struct query *query;
	unsigned matched, asked;
	uint64_t sum;
};

static bool is_match(struct filtering *filtering, const struct archived *archived)
{
	const struct field_view view = { &archived->record, &archived->labels, true, NULL };

	filtering->asked++;
	return query_match(filtering->query, &view);
}

static bool matches(void *context, struct archived *archived)
{
	return is_match(context, archived);
}

static void add(void *context, const struct archived *archived, unsigned place)
{
	struct filtering *filtering = context;

	(void)place;
	filtering->matched++;
	filtering->sum += archived->record.flow.flow_id ^ archived->record.flow.bytes[1] ^
			  archived->record.verdict.app;
}

static void add_matching(void *context, const struct archived *archived, unsigned place)
{
	if (is_match(context, archived)) {
		add(context, archived, place);
	}
}

static void test_filter(const char *filter)
{
	struct filtering whole = { 0 }, selected = { 0 };
	struct archive_selection selection = {
		.fields = FIELD_SET_ALL, .matches = matches, .context = &selected
	};
	struct archive_stats stats;

	query_parse(&whole.query, filter, NULL, NULL);
	selected.query = whole.query;
	read_all(NULL, add_matching, &whole, &stats);
	query_asks(whole.query, &selection.asked);
	read_all(&selection, add, &selected, &stats);
	is_int(selected.matched, whole.matched, "%s: as many records", filter);
	ok(selected.sum == whole.sum, "… the same, whole");
	is_int(selected.asked, RECORDS, "… and each is asked about once");
	query_free(whole.query);
}

static void test_grouping(const char *fields, const char *sums)
{
	struct grouping *grouping;
	struct archive_selection selection = { .matches = NULL };
	struct archive_stats stats;
	struct asking asking = { field_find("start", 5), true, 0 };

	ok(grouping_create(&grouping, fields, sums, NULL) == 0, "groups by %s", fields);
	grouping_asks(grouping, &selection.fields);
	read_all(NULL, keep, &asking, &stats);
	is_int(stats.columns_read, (int64_t)stats.columns, "whole records are all columns");
	read_all(&selection, compare, &asking, &stats);
	ok(stats.columns_read > 0 && stats.columns_read < stats.columns / 2,
		"… these need fewer: %" PRIu64 " of %" PRIu64, stats.columns_read, stats.columns);
	grouping_destroy(grouping);
}

int main(void)
{
	if (!mkdtemp(folder)) {
		skip_all("no folder");
	}
	write_records();
	for (unsigned i = 0; i < field_count; i++) {
		test_field(&field_table[i], true);
	}
	test_field(field_find("bytes", 5), false);
	test_field(field_find("source.bytes", 12), false);
	test_field(field_find("duration", 8), false);
	test_filter("zone == eu or domain");
	test_filter("not (source.bytes > 1000) and ip in 10.0.0.0/8");
	test_filter("community_id ~ a and country");
	test_grouping("app", "network.bytes");
	for (unsigned i = 0; i < RECORDS; i++) {
		free(shown[i]);
	}
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command) == 0 ? done_testing() : 1;
}
