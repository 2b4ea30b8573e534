#include "dashboards/cli/flows_nothing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/archive/archive_pseudonyms.h"
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

struct nothing_words {
	unsigned count;
	struct asked_word words[WORDS_MAX];
};

struct coverage {
	struct archive_extent held;
	uint64_t looked_at; /* records */
	bool is_part;       /* of those that are held */
	struct nothing_words *words;
};

static void note_word(void *context, const struct field *field, const char *word, size_t length)
{
	struct nothing_words *words = context;

	if (words->count < WORDS_MAX && length < WORD_BYTES) {
		struct asked_word *asked = &words->words[words->count++];
		asked->field = field;
		memcpy(asked->word, word, length);
	}
}

static void note_device(struct nothing_words *words, const char *device)
{
	struct asked_word *asked = &words->words[words->count];

	if (strpbrk(device, ".:") && words->count < WORDS_MAX && strlen(device) < WORD_BYTES &&
		addr_parse(device, &asked->addr)) {
		note_word(words, field_find("device", strlen("device")), device, strlen(device));
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
	if (asked->field->type == FIELD_ID) { /* nobody chooses one from those that there are */
		char id[WORD_BYTES];
		struct text text;
		text_init(&text, id, sizeof(id));
		field_put_text(&text, asked->field, &value);
		asked->is_there |= strcasecmp(asked->word, id) == 0;
	}
	for (unsigned v = 0; asked->field->type == FIELD_WORDS && v < value.count; v++) {
		note_value(asked, value.items[v], strlen(value.items[v]));
	}
}

struct nothing_words *nothing_words_create(const struct query *query)
{
	struct nothing_words *words = calloc(1, sizeof(*words));

	if (words && query) {
		query_each_word(query, note_word, words);
	}
	return words;
}

void nothing_words_destroy(struct nothing_words *words)
{
	free(words);
}

void nothing_words_note(struct nothing_words *words, const struct field_view *view)
{
	for (unsigned i = 0; i < words->count; i++) {
		note_record(&words->words[i], view);
	}
}

/* What note_record() looks at. */
static void select_words(const struct nothing_words *words, struct archive_selection *selection)
{
	for (unsigned i = 0; i < words->count; i++) {
		field_set_add(&selection->fields, words->words[i].field);
		if (words->words[i].is_address) {
			field_set_add(&selection->fields, field_find("source.ip", 9));
			field_set_add(&selection->fields, field_find("destination.ip", 14));
		}
	}
}

static void pass_over(void *context, const char *sentence)
{
	struct archive_extent *held = context;

	(void)sentence; /* it was said the first time */
	held->problems++;
}

static void read_words(
	struct coverage *coverage, const struct archive_options *options, uint64_t most)
{
	struct archive_reader *reader;
	struct archived *records;
	struct err err;
	size_t count;

	if (archive_reader_open(&reader, options, &err) < 0) {
		return;
	}
	while (coverage->looked_at < most && (count = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < count; i++) {
			const struct field_view view = { &records[i].record, &records[i].labels,
				true, NULL };
			nothing_words_note(coverage->words, &view);
		}
		coverage->looked_at += count;
	}
	archive_reader_close(reader);
}

static unsigned folder_count(const struct flows_nothing *asked)
{
	return asked->archives ? asked->archives->count : 1;
}

static const char *folder_of(const struct flows_nothing *asked, unsigned i)
{
	return asked->archives ? asked->archives->items[i] : asked->archive->folder;
}

static void read_extents(struct archive_extent *held, const struct flows_nothing *asked)
{
	struct archive_extent one;

	for (unsigned i = 0; i < folder_count(asked); i++) {
		if (archive_read_extent(folder_of(asked, i), &one, NULL) < 0) {
			continue;
		}
		bool is_first = held->records == 0 || one.first_ns < held->first_ns;
		held->first_ns = one.records > 0 && is_first ? one.first_ns : held->first_ns;
		held->last_ns = one.last_ns > held->last_ns ? one.last_ns : held->last_ns;
		held->records += one.records;
		held->problems += one.problems;
	}
}

static void read_archives(struct coverage *coverage, const struct flows_nothing *asked)
{
	uint64_t most = asked->most ? asked->most : FLOWS_NOTHING_RECORDS;
	struct archive_selection selection = { 0 };
	struct archive_options options = *asked->archive;

	read_extents(&coverage->held, asked);
	if (coverage->words->count == 0) {
		return;
	}
	coverage->is_part = coverage->held.records > most;
	if (!coverage->is_part) {
		options.from_ns = options.to_ns = 0;
	}
	select_words(coverage->words, &selection);
	options.whole = false;
	options.selection = &selection;
	options.problem = pass_over;
	options.problem_context = &coverage->held;
	for (unsigned i = 0; i < folder_count(asked); i++) {
		options.folder = folder_of(asked, i);
		read_words(coverage, &options, most);
	}
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
		"borderflow.device", "borderflow.flow.id" };
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

/* some: not all records were looked through, but so many; 0: all. Is it a mistake? */
static bool put_word(struct text *text, const struct asked_word *asked, uint64_t some)
{
	struct policy_guess guess = policy_guess(asked->word);
	char near[96];

	for (unsigned i = 0; i < asked->seen_count; i++) {
		policy_guess_try(&guess, asked->seen[i]);
	}
	text_put(text, some ? "none of the " : "no record");
	if (some) {
		text_put_grouped(text, some, ",");
		text_put(text, " records looked through");
	}
	text_printf(text, " has %s \"", asked->field->path);
	text_put_terminal(text, asked->word, strlen(asked->word));
	text_put(text, "\"");
	text_put(text, policy_guess_text(&guess, near));
	if (near[0] == '\0' && asked->seen_count > 0) {
		put_seen(text, asked);
	}
	text_put_char(text, '\n');
	return is_closed(asked->field) || (near[0] != '\0' && !is_known(asked->field));
}

static bool put_words(const struct nothing_words *words, struct text *text, uint64_t some)
{
	bool is_amiss = false;

	for (unsigned i = 0; i < words->count; i++) {
		if (!words->words[i].is_there) {
			is_amiss |= put_word(text, &words->words[i], some);
		}
	}
	return is_amiss;
}

bool nothing_words_put(const struct nothing_words *words, struct text *text)
{
	return put_words(words, text, 0);
}

static void put_time(struct text *text, const struct local_zone *zone, uint64_t time_ns)
{
	char time[LOCAL_TEXT_LENGTH + 1];

	local_format(zone, time_ns, time);
	text_printf(text, "%.10s %.8s", time, time + 11);
}

void nothing_put_period(
	struct text *text, const struct local_zone *zone, uint64_t first_ns, uint64_t last_ns)
{
	text_put(text, " from ");
	put_time(text, zone, first_ns);
	text_put(text, " to ");
	put_time(text, zone, last_ns);
	text_printf(text, " %s", zone ? local_zone_name(zone) : "UTC");
}

static void put_held(struct text *text, const struct archive_extent *held,
	const struct local_zone *zone, bool is_outside)
{
	text_put(text, "nothing matches; ");
	if (held->records == 0) {
		text_put(text, held->problems ? "no record of the archive can be read: it is "
						"damaged, and flows --verify says where\n"
					      : "the archive holds no records\n");
		return;
	}
	text_put(text, is_outside ? "the archive does not cover the time asked for: it holds "
				  : "the archive holds ");
	text_put_grouped(text, held->records, ",");
	text_put(text, held->records == 1 ? " record," : " records,");
	nothing_put_period(text, zone, held->first_ns, held->last_ns);
	text_put_char(text, '\n');
}

static bool asks_address(const struct query *query)
{
	const struct field *field;
	bool does = false;

	for (unsigned i = 0; query && (field = query_field(query, i)); i++) {
		does |= field->type == FIELD_ADDR;
	}
	return does;
}

bool flows_put_nothing(struct text *text, const struct flows_nothing *asked)
{
	struct coverage coverage = { .words = nothing_words_create(asked->query) };
	const struct archive_options *archive = asked->archive;
	const struct archive_extent *held = &coverage.held;
	bool is_amiss = false, has = false;

	if (!coverage.words) {
		return false;
	}
	if (asked->device) {
		note_device(coverage.words, asked->device);
	}
	read_archives(&coverage, asked);
	if (held->records == 0 && held->problems > 0) {
		is_amiss = false; /* what a word stands in cannot be known */
	} else if (!coverage.is_part) {
		is_amiss = put_words(coverage.words, text, 0);
	} else if (coverage.looked_at > 0) {
		put_words(coverage.words, text, coverage.looked_at);
	}
	for (unsigned i = 0; i < folder_count(asked); i++) {
		has |= asks_address(asked->query) &&
		       archive_has_pseudonyms(folder_of(asked, i), NULL, NULL) == 1;
	}
	if (has) {
		text_put(text, "devices are pseudonyms in this archive, and no address of theirs "
			       "is in it: addresses find servers alone\n");
	}
	bool is_outside = held->records > 0 &&
			  (archive->from_ns > held->last_ns ||
				  (archive->to_ns > 0 && archive->to_ns <= held->first_ns));
	put_held(text, held, asked->zone, is_outside);
	nothing_words_destroy(coverage.words);
	return (is_amiss || is_outside) && held->problems == 0;
}
