/* Zeek's dns.log, in its own form (tabs, with the columns named in the head) and as JSON lines.
 * Zeek sees the same wire as a sensor, at another place: beside the resolver. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/format/json_doc.h"
#include "analyzer/resolver/log_words.h"
#include "analyzer/resolver/text_log.h"
#include "base/clock.h"

enum { COLUMNS_MAX = 64 };

#define ZEEK_COLUMNS(X)                                                                            \
	X(TS, "ts")                                                                                \
	X(CLIENT, "id.orig_h")                                                                     \
	X(QUERY, "query")                                                                          \
	X(ANSWERS, "answers")                                                                      \
	X(TTLS, "TTLs")

enum zeek_column {
#define X(id, name) ZEEK_##id,
	ZEEK_COLUMNS(X)
#undef X
		ZEEK_COLUMN_COUNT
};

static const char *const column_names[] = {
#define X(id, name) [ZEEK_##id] = (name),
	ZEEK_COLUMNS(X)
#undef X
};

struct zeek_log {
	bool has_columns;
	int place[ZEEK_COLUMN_COUNT]; /* -1: the log has none of it */
};

/* "#fields\tts\tuid\tid.orig_h…" */
static void read_columns(struct zeek_log *log, const char *text)
{
	for (unsigned column = 0; column < ZEEK_COLUMN_COUNT; column++) {
		log->place[column] = -1;
	}
	for (int at = -1; text; at++) {
		size_t length = strcspn(text, "\t");
		for (unsigned column = 0; at >= 0 && column < ZEEK_COLUMN_COUNT; column++) {
			struct log_word word = { text, length };
			if (log_word_is(word, column_names[column])) {
				log->place[column] = at;
			}
		}
		text = text[length] ? text + length + 1 : NULL;
	}
	log->has_columns = log->place[ZEEK_TS] >= 0 && log->place[ZEEK_CLIENT] >= 0 &&
			   log->place[ZEEK_QUERY] >= 0 && log->place[ZEEK_ANSWERS] >= 0;
}

/* An answer is an address or the name that stands for it; anything else (TXT) has blanks. */
static void add_answer(struct flow_name *name, const char *text, size_t length)
{
	struct addr address;
	struct log_word word = { text, length };

	if (log_word_addr(word, &address)) {
		log_add_address(name, &address);
	} else if (!memchr(text, ' ', length)) {
		log_add_alias(name, text, length);
	}
}

static void note_ttl(struct flow_name *name, double ttl_s)
{
	if (ttl_s >= 0 && ttl_s < UINT32_MAX && (name->ttl_s == 0 || ttl_s < name->ttl_s)) {
		name->ttl_s = (uint32_t)ttl_s;
	}
}

/* A list is parted by commas, as set_separator has it. */
static void read_lists(struct flow_name *name, const char *answers, const char *ttls)
{
	while (*answers) {
		size_t length = strcspn(answers, ",\t");
		add_answer(name, answers, length);
		answers += length;
		if (*answers != ',') {
			break;
		}
		answers++;
	}
	while (ttls && *ttls >= '0' && *ttls <= '9') {
		char *end;
		note_ttl(name, strtod(ttls, &end));
		ttls = *end == ',' ? end + 1 : "";
	}
}

static enum log_line read_tabs(
	const struct zeek_log *log, const char *text, struct flow_source_batch *batch)
{
	const char *values[ZEEK_COLUMN_COUNT] = { NULL };
	struct addr client;
	uint64_t time_ns;

	for (int at = 0; text && at < COLUMNS_MAX; at++) {
		for (unsigned column = 0; column < ZEEK_COLUMN_COUNT; column++) {
			if (log->place[column] == at) {
				values[column] = text;
			}
		}
		text = strchr(text, '\t');
		text = text ? text + 1 : NULL;
	}
	if (!values[ZEEK_TS] || !values[ZEEK_CLIENT] || !values[ZEEK_QUERY] ||
		!values[ZEEK_ANSWERS] || !log_time_epoch(values[ZEEK_TS], &time_ns)) {
		return LOG_LINE_MALFORMED;
	}
	struct log_word who = { values[ZEEK_CLIENT], strcspn(values[ZEEK_CLIENT], "\t") };
	struct log_word query = { values[ZEEK_QUERY], strcspn(values[ZEEK_QUERY], "\t") };
	if (!log_word_addr(who, &client)) {
		return LOG_LINE_MALFORMED;
	}
	if (log_word_is(query, "-") || strncmp(values[ZEEK_ANSWERS], "-\t", 2) == 0) {
		return LOG_LINE_TAKEN; /* nothing was asked for, or nothing answered */
	}
	struct flow_name *name = log_add_name(batch, &client, time_ns, query.at, query.length);
	if (name) {
		read_lists(name, values[ZEEK_ANSWERS], values[ZEEK_TTLS]);
	}
	return name ? LOG_LINE_TAKEN : LOG_LINE_MALFORMED;
}

/* Seconds since 1970, thousandths (JSON::TS_MILLIS), or the time in words (JSON::TS_ISO8601). */
static bool read_json_time(const struct json_doc *doc, uint64_t *time_ns)
{
	const double thousandths_least = 1e11; /* as such in 1973, as seconds in 5138 */
	double seconds = json_doc_real(doc, "ts");

	seconds /= seconds >= thousandths_least ? 1000 : 1;
	if (seconds >= 1 && seconds < (double)(UINT64_MAX / NS_PER_S)) {
		uint64_t whole = (uint64_t)seconds;
		*time_ns = whole * NS_PER_S + (uint64_t)((seconds - (double)whole) * 1e9);
		return true;
	}
	return clock_parse(json_doc_text(doc, "ts"), time_ns);
}

static enum log_line read_doc(const struct json_doc *doc, struct flow_source_batch *batch)
{
	const char *query = json_doc_text(doc, "query");
	struct addr client;
	uint64_t time_ns;

	if (!addr_parse(json_doc_text(doc, "id.orig_h"), &client) ||
		!read_json_time(doc, &time_ns)) {
		return LOG_LINE_MALFORMED;
	}
	unsigned answers = json_doc_count(doc, "answers");
	if (answers == 0 || query[0] == '\0') {
		return LOG_LINE_TAKEN;
	}
	struct flow_name *name = log_add_name(batch, &client, time_ns, query, strlen(query));
	for (unsigned i = 0; name && i < answers; i++) {
		const char *answer = json_doc_text_at(doc, "answers", i);
		add_answer(name, answer, strlen(answer));
		if (i < json_doc_count(doc, "TTLs")) {
			note_ttl(name, json_doc_real_at(doc, "TTLs", i));
		}
	}
	return name ? LOG_LINE_TAKEN : LOG_LINE_MALFORMED;
}

static enum log_line zeek_read(void *state, const char *text, const struct log_clock *clock,
	struct flow_source_batch *batch)
{
	static const char fields[] = "#fields\t";
	struct zeek_log *log = state;
	struct json_doc *doc;

	(void)clock;
	if (text[0] == '{') {
		if (json_doc_open(&doc, text, strlen(text), NULL) < 0) {
			return LOG_LINE_MALFORMED;
		}
		enum log_line what = read_doc(doc, batch);
		json_doc_close(doc);
		return what;
	}
	if (strncmp(text, fields, sizeof(fields) - 1) == 0) {
		read_columns(log, text);
		return LOG_LINE_OTHER;
	}
	if (text[0] == '#' || text[0] == '\0') {
		return LOG_LINE_OTHER;
	}
	return log->has_columns ? read_tabs(log, text, batch) : LOG_LINE_MALFORMED;
}

static bool tells(const char *line)
{
	return strncmp(line, "#separator", 10) == 0 || strncmp(line, "#fields\t", 8) == 0 ||
	       (line[0] == '{' && strstr(line, "\"id.orig_h\""));
}

const struct text_log_format text_log_zeek = { "zeek", sizeof(struct zeek_log), tells, zeek_read };
