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

static void look_at(struct coverage *coverage, const struct archived *archived)
{
	struct field_view view = { &archived->record, &archived->labels, true, NULL };
	const struct flow_record *flow = &archived->record.flow;

	coverage->records++;
	coverage->first_ns =
		flow->start_ns < coverage->first_ns ? flow->start_ns : coverage->first_ns;
	coverage->last_ns = flow->end_ns > coverage->last_ns ? flow->end_ns : coverage->last_ns;
	for (unsigned i = 0; i < coverage->word_count; i++) {
		struct asked_word *asked = &coverage->words[i];
		struct field_value value;
		if (!field_get_asked(asked->field, &view, &value)) {
			continue;
		}
		if (asked->field->type == FIELD_WORD) {
			note_value(asked, value.text, value.length);
		}
		for (unsigned v = 0; asked->field->type == FIELD_WORDS && v < value.count; v++) {
			note_value(asked, value.items[v], strlen(value.items[v]));
		}
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

static void put_word(struct text *text, const struct asked_word *asked)
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
}

static void put_time(struct text *text, uint64_t time_ns)
{
	char time[CLOCK_TEXT_LENGTH + 1];

	clock_format(time_ns, time);
	text_printf(text, "%.10s %.8s", time, time + 11);
}

void flows_put_nothing(
	struct text *text, const struct archive_options *archive, const struct query *query)
{
	struct coverage *coverage = calloc(1, sizeof(*coverage));

	if (!coverage) {
		return;
	}
	coverage->first_ns = UINT64_MAX;
	if (query) {
		query_each_word(query, note_word, coverage);
	}
	read_archive(coverage, archive);
	for (unsigned i = 0; i < coverage->word_count; i++) {
		if (!coverage->words[i].is_there) {
			put_word(text, &coverage->words[i]);
		}
	}
	text_put(text, "nothing matches; ");
	if (coverage->records == 0) {
		text_put(text, "the archive holds no records\n");
	} else {
		text_printf(text, "the archive holds %s", coverage->is_part ? "more than " : "");
		text_put_grouped(text, coverage->records, ",");
		text_put(text, coverage->is_part ? " records, the first of them from "
						 : " records, from ");
		put_time(text, coverage->first_ns);
		text_put(text, " to ");
		put_time(text, coverage->last_ns);
		text_put(text, " UTC\n");
	}
	free(coverage);
}
