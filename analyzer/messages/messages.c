#include "analyzer/messages/messages.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/tsv.h"

const char *const messages_languages[GEO_LANGUAGE_COUNT] = {
	[GEO_EN] = "en",
	[GEO_SV] = "sv",
	[GEO_NB] = "nb",
	[GEO_NN] = "nn",
	[GEO_DA] = "da",
	[GEO_FI] = "fi",
};

const char *const messages_areas[] = { "common", "report", "report_tables", "summary", "alert",
	"finding", "desk", "device", "policy", "top", "web", "web_pages", "doctor", NULL };

enum { KEY_BYTES = 64 };

/* Where key and text stand in the table's words. */
struct message {
	uint32_t key, text;
};

struct table {
	struct message *messages; /* sorted by key */
	size_t count, room;
	char *words;
	size_t words_bytes, words_room;
};

struct messages {
	enum geo_language language;
	struct table sentences, catalogue;
};

static int compare_messages(const void *a, const void *b, void *words)
{
	const char *const base = words;

	return strcmp(
		base + ((const struct message *)a)->key, base + ((const struct message *)b)->key);
}

/* Room for one more of what lies in *memory, doubled where there is none left. */
static int make_room(void **memory, size_t *room, size_t wanted, size_t each, struct err *err)
{
	if (wanted <= *room) {
		return 0;
	}
	size_t more = wanted > 2 * *room ? wanted : 2 * *room;
	void *grown = realloc(*memory, more * each);

	if (!grown) {
		return err_set(err, ENOMEM, "out of memory");
	}
	*memory = grown;
	*room = more;
	return 0;
}

static uint32_t add_word(struct table *table, const char *word, size_t bytes)
{
	uint32_t at = (uint32_t)table->words_bytes;

	memcpy(table->words + at, word, bytes);
	table->words_bytes += bytes;
	return at;
}

static int add_message(struct table *table, const char *key, const char *text, struct err *err)
{
	size_t key_bytes = strlen(key) + 1, text_bytes = strlen(text) + 1;
	int status = make_room((void **)&table->messages, &table->room, table->count + 1,
		sizeof(*table->messages), err);

	if (status == 0) {
		status = make_room((void **)&table->words, &table->words_room,
			table->words_bytes + key_bytes + text_bytes, 1, err);
	}
	if (status == 0) {
		table->messages[table->count].key = add_word(table, key, key_bytes);
		table->messages[table->count++].text = add_word(table, text, text_bytes);
	}
	return status;
}

/* The rows of one area: what stands in the column of keys, and the language's own text. */
static int read_area(struct table *table, const char *area, const char *key_column,
	const char *language, struct err *err)
{
	const char *columns[] = { key_column, language, NULL };
	char file[KEY_BYTES], path[PATH_MAX];
	struct tsv *tsv = NULL;

	snprintf(file, sizeof(file), "analyzer/share/messages/%s.tsv", area);
	int status = file_find_data(file, path, err);
	if (status == 0) {
		status = tsv_open(&tsv, path, columns, err);
	}
	while (status == 0) {
		status = tsv_next(tsv, err);
		if (status <= 0) {
			break;
		}
		status = add_message(table, tsv_cell(tsv, 0), tsv_cell(tsv, 1), err);
	}
	tsv_close(tsv);
	return status;
}

static void sort(struct table *table)
{
	if (table->count > 0) {
		qsort_r(table->messages, table->count, sizeof(*table->messages), compare_messages,
			table->words);
	}
}

static int read_tables(struct messages *messages, struct err *err)
{
	const char *language = messages_language(messages);
	int status = read_area(&messages->catalogue, "catalogue", "en", language, err);

	for (unsigned i = 0; status == 0 && messages_areas[i]; i++) {
		status = read_area(&messages->sentences, messages_areas[i], "key", language, err);
	}
	sort(&messages->sentences);
	sort(&messages->catalogue);
	return status;
}

static void free_table(struct table *table)
{
	free(table->messages);
	free(table->words);
}

/* The text of that key; NULL where there is none. */
static const char *find(const struct table *table, const char *key)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		const struct message *message = &table->messages[low + (high - low) / 2];
		int order = strcmp(key, table->words + message->key);
		if (order == 0) {
			return table->words + message->text;
		}
		if (order < 0) {
			high = (size_t)(message - table->messages);
		} else {
			low = (size_t)(message - table->messages) + 1;
		}
	}
	return NULL;
}

static const char *text_or(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

/* GEO_LANGUAGE_COUNT where it is none of ours. */
static enum geo_language language_of(const char *code, size_t length)
{
	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		if (length == 2 && strncmp(code, messages_languages[i], 2) == 0) {
			return i;
		}
	}
	/* What locales called Bokmål before it had a code. */
	return length == 2 && strncmp(code, "no", 2) == 0 ? GEO_NB : GEO_LANGUAGE_COUNT;
}

int messages_open(struct messages **opened, const char *language, struct err *err)
{
	struct messages *messages = calloc(1, sizeof(*messages));

	*opened = NULL;
	if (!messages) {
		return err_set(err, ENOMEM, "out of memory");
	}
	messages->language = language_of(language, strlen(language));
	int status = messages->language < GEO_LANGUAGE_COUNT
			     ? read_tables(messages, err)
			     : err_set(err, EINVAL,
				       "there are no messages in \"%s\"; expected one of %s",
				       language, MESSAGES_LANGUAGES);
	if (status < 0) {
		messages_close(messages);
		return status;
	}
	*opened = messages;
	return 0;
}

void messages_close(struct messages *messages)
{
	if (!messages) {
		return;
	}
	free_table(&messages->sentences);
	free_table(&messages->catalogue);
	free(messages);
}

const char *messages_choose(const char *option, const char *policy)
{
	const char *asked[] = { option, policy, getenv("LC_ALL"), getenv("LC_MESSAGES"),
		getenv("LANG") };

	for (unsigned i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		if (asked[i] && asked[i][0]) {
			/* sv_SE.UTF-8 */
			enum geo_language language =
				language_of(asked[i], strcspn(asked[i], "_.@"));
			return messages_languages[language < GEO_LANGUAGE_COUNT ? language
										: GEO_EN];
		}
	}
	return messages_languages[GEO_EN];
}

const char *messages_language(const struct messages *messages)
{
	return messages_languages[messages_geo_language(messages)];
}

enum geo_language messages_geo_language(const struct messages *messages)
{
	return messages ? messages->language : GEO_EN;
}

const char *messages_get(const struct messages *messages, const char *key)
{
	return text_or(messages ? find(&messages->sentences, key) : NULL, key);
}

const char *messages_get2(const struct messages *messages, const char *prefix, const char *name)
{
	char key[KEY_BYTES];

	snprintf(key, sizeof(key), "%s_%s", prefix, name);
	return text_or(messages ? find(&messages->sentences, key) : NULL, name);
}

void messages_each(const struct messages *messages, messages_tell *tell, void *context)
{
	const struct table *table = &messages->sentences;

	for (size_t i = 0; i < table->count; i++) {
		tell(context, table->words + table->messages[i].key,
			table->words + table->messages[i].text);
	}
}

const char *messages_catalogue(const struct messages *messages, const char *name)
{
	return text_or(messages ? find(&messages->catalogue, name) : NULL, name);
}

/* The value given for the placeholder name; "" where there is none. */
static const char *find_value(va_list *pairs, const char *name, size_t length)
{
	for (const char *given = va_arg(*pairs, const char *); given;
		given = va_arg(*pairs, const char *)) {
		const char *value = va_arg(*pairs, const char *);
		if (strlen(given) == length && strncmp(given, name, length) == 0) {
			return value;
		}
	}
	return "";
}

/* What stands behind a name in braces: nothing, or "|one|other". */
static void put_placeholder(struct text *text, const char *rest, const char *value)
{
	size_t one = strcspn(rest + (*rest == '|'), "|}");

	if (*rest != '|') {
		text_put(text, value);
	} else if (strcmp(value, "1") == 0) {
		text_put_bytes(text, rest + 1, one);
	} else {
		const char *other = rest + 1 + one;
		other += *other == '|';
		text_put_bytes(text, other, strcspn(other, "}"));
	}
}

void messages_put(const struct messages *messages, struct text *text, const char *key, ...)
{
	const char *pattern = messages_get(messages, key);

	while (*pattern) {
		size_t plain = strcspn(pattern, "{");
		text_put_bytes(text, pattern, plain);
		pattern += plain;
		if (*pattern == '{') {
			size_t name = strcspn(pattern + 1, "|}");
			va_list pairs;
			va_start(pairs, key);
			put_placeholder(
				text, pattern + 1 + name, find_value(&pairs, pattern + 1, name));
			va_end(pairs);
			pattern += strcspn(pattern, "}");
			pattern += *pattern == '}';
		}
	}
}
