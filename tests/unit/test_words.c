#include "dashboards/report/words.h"
#include "analyzer/meter/overview.h"
#include "analyzer/record.h"
#include "tests/tap.h"

#include <errno.h>

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
