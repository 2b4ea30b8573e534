#include "dashboards/report/words.h"
#include "analyzer/rollup/overview.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/record.h"
#include "base/file.h"
#include "base/tsv.h"
#include "tests/tap.h"

#include <errno.h>
#include <limits.h>

static void has(const struct words *words, const char *prefix, const char *name)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_%s", prefix, name);
	ok(strcmp(words_get(words, key), key) != 0, "%s: %s", words_language(words), key);
}

/* Keys that code puts together must stand in the table. */
static void test_composed_keys(const struct words *words)
{
	for (unsigned i = 0; i < GEO_ZONE_COUNT; i++) {
		has(words, "zone", geo_zone_name(i));
	}
	for (unsigned i = 0; i < POLICY_VERDICT_COUNT; i++) {
		has(words, "verdict", policy_verdict_name(i));
	}
	for (unsigned i = 0; i < BLOCK_OUTCOME_COUNT; i++) {
		has(words, "block", block_outcome_name(i));
	}
	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		has(words, "unnamed", unnamed_reason_name(i));
	}
}

static void test_numbers(const struct words *words)
{
	char memory[128];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	words_put_size(words, &text, 12400000);
	text_put(&text, "; ");
	words_put_count(words, &text, 1234567);
	text_put(&text, "; ");
	words_put_percent(words, &text, 34, 1000);
	text_put(&text, "; ");
	words_put_percent(words, &text, 999, 1000);
	is_text(memory, "12,4\u00a0MB; 1\u00a0234\u00a0567; 3,4\u00a0%; > 99\u00a0%",
		"Swedish numbers");
}

static bool is_of_catalogue(const struct catalogue *catalogue, const char *name)
{
	for (unsigned app = 1; app <= catalogue_app_count(catalogue); app++) {
		const struct app *known = catalogue_app(catalogue, (uint16_t)app);
		if (strcmp(known->name, name) == 0 || strcmp(known->owner, name) == 0) {
			return true;
		}
	}
	return false;
}

/* Every translated name is one of the catalogue still, and no owner of plain words is left out. */
static void test_catalogue_names(const struct words *words)
{
	static const char *const columns[] = { "en", "sv", NULL };
	struct catalogue *catalogue;
	struct tsv *tsv = NULL;
	char path[PATH_MAX];
	struct err err = { "" };

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		file_find_data("dashboards/share/catalogue-words.tsv", path, &err) < 0 ||
		tsv_open(&tsv, path, columns, &err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		return;
	}
	while (tsv_next(tsv, &err) > 0) {
		ok(is_of_catalogue(catalogue, tsv_cell(tsv, 0)), "the catalogue names \"%s\"",
			tsv_cell(tsv, 0));
		is_text(words_catalogue(words, tsv_cell(tsv, 0)), tsv_cell(tsv, 1), "… in Swedish");
	}
	tsv_close(tsv);
	for (unsigned app = 1; app <= catalogue_app_count(catalogue); app++) {
		const char *owner =
			words_catalogue(words, catalogue_app(catalogue, (uint16_t)app)->owner);
		if (strstr(owner, "various") || strncmp(owner, "Swedish ", 8) == 0) {
			ok(false, "an owner in English on a Swedish page: %s", owner);
		}
	}
	is_text(words_catalogue(words, "YouTube"), "YouTube", "proper names stay");
	catalogue_close(catalogue);
}

int main(void)
{
	static const char *const codes[] = { "en", "sv" };
	struct words *words;
	char memory[256];
	struct text text;
	struct err err;

	for (unsigned i = 0; i < 2; i++) {
		is_int(words_open(&words, codes[i], &err), 0, "the words in %s open", codes[i]);
		test_composed_keys(words);
		if (i == 1) {
			test_numbers(words);
			test_catalogue_names(words);
		}
		text_init(&text, memory, sizeof(memory));
		words_put(words, &text, "method_groups", "k", "5", NULL);
		ok(strstr(memory, "5") && !strstr(memory, "{"), "placeholders are filled: %s",
			memory);
		words_close(words);
	}
	is_int(words_open(&words, "xx", &err), -EINVAL, "a language without words is refused");
	return done_testing();
}
