#include "analyzer/catalogue/fact_marks.h"

#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "base/clock.h"

size_t fact_word_length(const char *word)
{
	return strcspn(word, ":");
}

static bool parse_day(const char *text, size_t length, uint64_t *time_ns)
{
	enum { DAY_LENGTH = 10 };
	char day[DAY_LENGTH + 1];

	if (length != DAY_LENGTH) {
		return false;
	}
	memcpy(day, text, DAY_LENGTH);
	day[DAY_LENGTH] = '\0';
	return clock_parse(day, time_ns);
}

static bool parse_region(const char *text, size_t length, char region[FACT_REGION_BYTES])
{
	if (length < 2 || length >= FACT_REGION_BYTES) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (text[i] < 'A' || text[i] > 'Z') {
			return false;
		}
	}
	memcpy(region, text, length);
	region[length] = '\0';
	return true;
}

static bool is_word(const char *mark, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(mark, word, length) == 0;
}

/* The value behind "from=" and its like; NULL where the mark is another. */
static const char *value_of(const char *mark, size_t length, const char *key)
{
	size_t key_length = strlen(key);

	return length > key_length && memcmp(mark, key, key_length) == 0 ? mark + key_length : NULL;
}

static bool parse_hides(const char *mark, size_t length, uint8_t *hides)
{
	static const char *const names[APP_HIDES_COUNT] = {
#define X(id, name) name,
		APP_HIDES(X)
#undef X
	};

	for (unsigned i = APP_HIDES_NOTHING + 1; i < APP_HIDES_COUNT; i++) {
		if (is_word(mark, length, names[i])) {
			*hides = (uint8_t)i;
			return true;
		}
	}
	return false;
}

static bool parse_period(const char *mark, size_t length, struct fact_marks *marks)
{
	const char *from = value_of(mark, length, "from="), *to = value_of(mark, length, "to=");

	marks->is_plain = false;
	if (from) {
		return parse_day(from, length - (size_t)(from - mark), &marks->from_ns);
	}
	return to && parse_day(to, length - (size_t)(to - mark), &marks->to_ns);
}

static bool parse_mark(const char *mark, size_t length, unsigned allowed, struct fact_marks *marks)
{
	const char *region = value_of(mark, length, "region=");

	if (region) {
		marks->is_plain = false;
		return allowed & (FACT_MARKS_RULE | FACT_MARKS_PERIOD) &&
		       parse_region(region, length - (size_t)(region - mark), marks->region);
	}
	if (allowed & FACT_MARKS_PERIOD) {
		return parse_period(mark, length, marks);
	}
	if (is_word(mark, length, "shared")) {
		marks->shared = true;
		return allowed & FACT_MARKS_NETWORK;
	}
	if (is_word(mark, length, "embedded")) {
		return marks->embedded = true;
	}
	if (is_word(mark, length, "weak")) {
		return marks->weak = true;
	}
	return allowed & FACT_MARKS_RULE && parse_hides(mark, length, &marks->hides);
}

bool fact_marks_parse(
	const char *word, unsigned allowed, struct fact_marks *marks, const char **wrong)
{
	const char *at = word + fact_word_length(word);

	*marks = (struct fact_marks){ .is_plain = true, .to_ns = UINT64_MAX };
	while (*at == ':') {
		const char *mark = at + 1;
		size_t length = strcspn(mark, ":");
		if (!allowed || !parse_mark(mark, length, allowed, marks)) {
			*wrong = mark;
			return false;
		}
		at = mark + length;
	}
	*wrong = at;
	return marks->from_ns < marks->to_ns;
}
