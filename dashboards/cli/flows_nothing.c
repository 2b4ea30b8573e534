#include "dashboards/cli/flows_nothing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/policy/policy_words.h"
#include "base/clock.h"

enum { WORDS_MAX = 16, SEEN_MAX = 1024, WORD_BYTES = 64 };

/* A word that the filter asks for, and which others its field has in the archive. */
struct asked_word {
	const struct field *field;
	char word[WORD_BYTES];
	bool is_there;
	bool is_address; /* of a device: at either end */
	struct addr addr;
	unsigned seen_count;
	char seen[SEEN_MAX][WORD_BYTES];
};

struct coverage {
	uint64_t first_ns, last_ns, records;
	bool is_part;
	unsigned word_count;
	struct asked_word words[WORDS_MAX];
};

static void note_word(void *context, const struct field *field, const char *word, size_t length)
{
	struct coverage *coverage = context;

	if (coverage->word_count < WORDS_MAX && length < WORD_BYTES) {
		struct asked_word *asked = &coverage->words[coverage->word_count++];
		asked->field = field;
		memcpy(asked->word, word, length);
	}
}

static void note_device(struct coverage *coverage, const char *device)
{
	struct asked_word *asked = &coverage->words[coverage->word_count];

	if (strpbrk(device, ".:") && coverage->word_count < WORDS_MAX &&
		strlen(device) < WORD_BYTES && addr_parse(device, &asked->addr)) {
		note_word(coverage, field_find("device", strlen("device")), device, strlen(device));
		asked->is_address = true;
	}
}

static void note_value(struct asked_word *asked, const char *value, size_t length)
{
	if (length == 0 || length >= WORD_BYTES) {
		return;
	}
	asked->is_there |=
		strlen(asked->word) == length && strncasecmp(asked->word, value, length) == 0;
	for (unsigned i = 0; i < asked->seen_count; i++) {
		if (strncmp(asked->seen[i], value, length) == 0 && !asked->seen[i][length]) {
			return;
		}
	}
	if (asked->seen_count < SEEN_MAX) {
		memcpy(asked->seen[asked->seen_count++], value, length);
	}
}

/* The word of the field, if it is one; of a device that it is either end of the flow. */
static void note_record(struct asked_word *asked, const struct field_view *view)
{
	const struct flow_record *flow = &view->record->flow;
	struct field_value value;

	if (asked->is_address) {
		asked->is_there |= addr_equal(&flow->source, &asked->addr) ||
				   addr_equal(&flow->destination, &asked->addr);
	}
	/* Pseudonyms are for those who look up one, not to choose from. */
	bool is_pseudonym = strcmp(asked->field->path, "borderflow.device") == 0 &&
			    view->labels->device[0] != '\0' &&
			    strcmp(view->labels->device, asked->word) != 0;
	if (is_pseudonym || !field_get_asked(asked->field, view, &value)) {
		return;
	}
	if (asked->field->type == FIELD_WORD) {
		note_value(asked, value.text, value.length);
	}
	for (unsigned v = 0; asked->field->type == FIELD_WORDS && v < value.count; v++) {
		note_value(asked, value.items[v], strlen(value.items[v]));
	}
}

static void look_at(struct coverage *coverage, const struct archived *archived)
{
	struct field_view view = { &archived->record, &archived->labels, true, NULL };
	const struct flow_record *flow = &archived->record.flow;

	coverage->records++;
	coverage->first_ns =
		flow->start_ns < coverage->first_ns ? flow->start_ns : coverage->first_ns;
	coverage->last_ns = flow->end_ns > coverage->last_ns ? flow->end_ns : coverage->last_ns;
	for (unsigned i = 0; i < coverage->word_count; i++) {
		note_record(&coverage->words[i], &view);
	}
}

static void pass_over(void *context, const char *sentence)
{
	(void)context, (void)sentence; /* it was said the first time */
}

static void read_archive(struct coverage *coverage, const struct archive_options *archive)
{
	struct archive_options all = *archive;
	struct archive_reader *reader;
	struct archived *records;
	struct err err;
	size_t count;

	all.from_ns = all.to_ns = 0;
	all.selection = NULL;
	all.problem = pass_over;
	if (archive_reader_open(&reader, &all, &err) < 0) {
		return;
	}
	while ((count = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < count; i++) {
			look_at(coverage, &records[i]);
		}
		if (coverage->records > FLOWS_NOTHING_RECORDS) {
			coverage->is_part = true;
			break;
		}
	}
	archive_reader_close(reader);
}

/* Where nothing is near: which there are, the first few. */
static void put_seen(struct text *text, const struct asked_word *asked)
{
	enum { SHOWN_MAX = 8 };
	unsigned shown = asked->seen_count < SHOWN_MAX ? asked->seen_count : SHOWN_MAX;

	text_put(text, "; there are ");
	for (unsigned i = 0; i < shown; i++) {
		text_put(text, i ? ", " : "");
		text_put_terminal(text, asked->seen[i], strlen(asked->seen[i]));
	}
	text_put(text, shown < asked->seen_count ? " and others" : "");
}

/* Of these an archive has all that there are; of others it has what occurred. */
static bool is_closed(const struct field *field)
{
	static const char *const paths[] = { "borderflow.unit", "borderflow.class",
		"borderflow.device" };
	bool is_one = false;

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		is_one |= strcmp(field->path, paths[i]) == 0;
	}
	return is_one;
}

/* Those that were told from mistakes when the filter was read. */
static bool is_known(const struct field *field)
{
	return strcmp(field->path, "network.application") == 0 || strstr(field->path, "country");
}

/* Is it a mistake? */
static bool put_word(struct text *text, const struct asked_word *asked)
{
	struct policy_guess guess = policy_guess(asked->word);
	char near[96];

	for (unsigned i = 0; i < asked->seen_count; i++) {
		policy_guess_try(&guess, asked->seen[i]);
	}
	text_printf(text, "no record has %s \"", asked->field->path);
	text_put_terminal(text, asked->word, strlen(asked->word));
	text_put(text, "\"");
	text_put(text, policy_guess_text(&guess, near));
	if (near[0] == '\0' && asked->seen_count > 0) {
		put_seen(text, asked);
	}
	text_put_char(text, '\n');
	return is_closed(asked->field) || (near[0] != '\0' && !is_known(asked->field));
}

static void put_time(struct text *text, uint64_t time_ns)
{
	char time[CLOCK_TEXT_LENGTH + 1];

	clock_format(time_ns, time);
	text_printf(text, "%.10s %.8s", time, time + 11);
}

static void put_coverage(struct text *text, const struct coverage *coverage, bool is_outside)
{
	text_put(text, "nothing matches; ");
	if (coverage->records == 0) {
		text_put(text, "the archive holds no records\n");
		return;
	}
	text_put(text, is_outside ? "the archive does not cover the time asked for: it holds "
				  : "the archive holds ");
	text_put(text, coverage->is_part ? "more than " : "");
	text_put_grouped(text, coverage->records, ",");
	text_put(text, coverage->is_part ? " records, the first of them from " : " records, from ");
	put_time(text, coverage->first_ns);
	text_put(text, " to ");
	put_time(text, coverage->last_ns);
	text_put(text, " UTC\n");
}

bool flows_put_nothing(struct text *text, const struct flows_nothing *asked)
{
	struct coverage *coverage = calloc(1, sizeof(*coverage));
	bool is_amiss = false;

	if (!coverage) {
		return false;
	}
	coverage->first_ns = UINT64_MAX;
	if (asked->device) {
		note_device(coverage, asked->device);
	}
	if (asked->query) {
		query_each_word(asked->query, note_word, coverage);
	}
	read_archive(coverage, asked->archive);
	for (unsigned i = 0; i < coverage->word_count; i++) {
		if (!coverage->words[i].is_there) {
			is_amiss |= put_word(text, &coverage->words[i]);
		}
	}
	bool is_outside =
		coverage->records > 0 && !coverage->is_part &&
		(asked->archive->from_ns > coverage->last_ns ||
			(asked->archive->to_ns > 0 && asked->archive->to_ns <= coverage->first_ns));
	is_amiss = (is_amiss && !coverage->is_part) || is_outside;
	put_coverage(text, coverage, is_outside);
	free(coverage);
	return is_amiss;
}
