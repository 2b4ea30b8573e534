#include "dashboards/report/words.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/tsv.h"

static const struct {
	const char *code;
	enum geo_language geo;
} languages[] = { { "en", GEO_EN }, { "sv", GEO_SV } };

struct word {
	char *key, *text;
};

struct word_list {
	struct word *words; /* sorted by key */
	size_t count;
};

struct words {
	const char *language;
	enum geo_language geo;
	struct word_list page, catalogue;
};

static int compare_words(const void *a, const void *b)
{
	return strcmp(((const struct word *)a)->key, ((const struct word *)b)->key);
}

static int add_word(struct word_list *list, const char *key, const char *text, struct err *err)
{
	struct word *grown = realloc(list->words, (list->count + 1) * sizeof(*grown));

	if (!grown) {
		return err_set(err, ENOMEM, "out of memory");
	}
	list->words = grown;
	grown[list->count] = (struct word){ strdup(key), strdup(text) };
	list->count++;
	if (!grown[list->count - 1].key || !grown[list->count - 1].text) {
		return err_set(err, ENOMEM, "out of memory");
	}
	return 0;
}

/* Rows of key, English and the language's own text; English stands in where that is missing. */
static int read_table(
	struct word_list *list, const char *file, const char *const *columns, struct err *err)
{
	char path[PATH_MAX];
	struct tsv *tsv = NULL;
	int status = file_find_data(file, path, err);

	if (status == 0) {
		status = tsv_open(&tsv, path, columns, err);
	}
	while (status == 0) {
		status = tsv_next(tsv, err);
		if (status <= 0) {
			break;
		}
		const char *own = tsv_cell(tsv, 2);
		status = add_word(list, tsv_cell(tsv, 0), own[0] ? own : tsv_cell(tsv, 1), err);
	}
	tsv_close(tsv);
	qsort(list->words, list->count, sizeof(*list->words), compare_words);
	return status;
}

static int read_tables(struct words *words, struct err *err)
{
	const char *page[] = { "key", "en", words->language, NULL };
	const char *catalogue[] = { "en", "en", words->language, NULL };
	int status = read_table(&words->page, "dashboards/share/words.tsv", page, err);

	if (status == 0) {
		status = read_table(
			&words->catalogue, "dashboards/share/catalogue-words.tsv", catalogue, err);
	}
	return status;
}

static void free_list(struct word_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->words[i].key);
		free(list->words[i].text);
	}
	free(list->words);
}

static const char *find_word(const struct word_list *list, const char *key)
{
	struct word wanted = { .key = (char *)key };
	const struct word *found = list->count ? bsearch(&wanted, list->words, list->count,
							 sizeof(*list->words), compare_words)
					       : NULL;

	return found ? found->text : key;
}

int words_open(struct words **opened, const char *language, struct err *err)
{
	struct words *words = calloc(1, sizeof(*words));

	*opened = NULL;
	if (!words) {
		return err_set(err, ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		if (strcmp(languages[i].code, language) == 0) {
			words->language = languages[i].code;
			words->geo = languages[i].geo;
		}
	}
	int status = words->language
			     ? read_tables(words, err)
			     : err_set(err, EINVAL, "there are no words in \"%s\" yet", language);
	if (status < 0) {
		words_close(words);
		return status;
	}
	*opened = words;
	return 0;
}

void words_close(struct words *words)
{
	if (!words) {
		return;
	}
	free_list(&words->page);
	free_list(&words->catalogue);
	free(words);
}

const char *words_language(const struct words *words)
{
	return words->language;
}

enum geo_language words_geo_language(const struct words *words)
{
	return words->geo;
}

const char *words_get(const struct words *words, const char *key)
{
	return find_word(&words->page, key);
}

const char *words_catalogue(const struct words *words, const char *name)
{
	return find_word(&words->catalogue, name);
}

/* The value given for the placeholder name; NULL where there is none. */
static const char *find_value(va_list *pairs, const char *name, size_t length)
{
	for (const char *given = va_arg(*pairs, const char *); given;
		given = va_arg(*pairs, const char *)) {
		const char *value = va_arg(*pairs, const char *);
		if (strlen(given) == length && strncmp(given, name, length) == 0) {
			return value;
		}
	}
	return NULL;
}

void words_put(const struct words *words, struct text *text, const char *key, ...)
{
	const char *pattern = words_get(words, key);

	while (*pattern) {
		size_t plain = strcspn(pattern, "{"), name = 0;
		text_put_bytes(text, pattern, plain);
		pattern += plain;
		if (*pattern == '{') {
			name = strcspn(pattern + 1, "}");
			va_list pairs;
			va_start(pairs, key);
			const char *value = find_value(&pairs, pattern + 1, name);
			va_end(pairs);
			text_put(text, value ? value : "");
			pattern += name + 1;
			pattern += *pattern == '}';
		}
	}
}

void words_put_size(const struct words *words, struct text *text, uint64_t bytes)
{
	char memory[32];
	struct text plain;

	text_init(&plain, memory, sizeof(memory));
	text_put_size(&plain, bytes);
	for (const char *c = memory; *c; c++) {
		if (*c == '.') {
			text_put(text, words_get(words, "number_decimal"));
		} else if (*c == ' ') {
			text_put(text, "\xc2\xa0");
		} else {
			text_put_char(text, *c);
		}
	}
}

void words_put_count(const struct words *words, struct text *text, uint64_t number)
{
	text_put_grouped(text, number, words_get(words, "number_group"));
}

void words_put_percent(const struct words *words, struct text *text, uint64_t part, uint64_t whole)
{
	double percent = whole ? 100.0 * (double)part / (double)whole : 0;

	/* A small share is not none, and a large one not all. */
	if (percent > 0 && percent < 0.1) {
		text_printf(text, "< 0%s1\xc2\xa0%%", words_get(words, "number_decimal"));
	} else if (percent > 0 && percent < 9.95) {
		unsigned tenths = (unsigned)(percent * 10 + 0.5);
		text_printf(text, "%u%s%u\xc2\xa0%%", tenths / 10,
			words_get(words, "number_decimal"), tenths % 10);
	} else if (percent > 99 && percent < 100) {
		text_put(text, "> 99\xc2\xa0%");
	} else {
		text_printf(text, "%.0f\xc2\xa0%%", percent);
	}
}
