#include "analyzer/messages/messages.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "analyzer/alert/alert.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_register.h"
#include "analyzer/record/record.h"
#include "analyzer/rollup/unnamed.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/local_time.h"
#include "base/tsv.h"
#include "collector/decode.h"
#include "tests/tap.h"

/* One table, all languages side by side. The catalogue's key is its English name. */
static struct tsv *open_area(const char *area)
{
	bool is_catalogue = strcmp(area, "catalogue") == 0;
	const char *columns[] = { is_catalogue ? "en" : "key", "en", "sv", "nb", "nn", "da", "fi",
		NULL };
	char file[64], path[PATH_MAX];
	struct tsv *tsv = NULL;
	struct err err = { "" };

	snprintf(file, sizeof(file), "analyzer/share/messages/%s.tsv", area);
	if (file_find_data(file, path, &err) < 0 || tsv_open(&tsv, path, columns, &err) < 0) {
		ok(false, "%s", err.text);
	}
	return tsv;
}

/* Texts that may stay as they are in English: the word is the same. A row nobody needs fails. */
enum { SAME_MAX = 300 };
static struct {
	char text[64], languages[32];
	unsigned used;
} same[SAME_MAX];
static unsigned same_count;

static void read_same(void)
{
	static const char *const columns[] = { "en", "languages", NULL };
	char path[PATH_MAX];
	struct tsv *tsv = NULL;
	struct err err = { "" };

	if (file_find_data("tests/unit/messages-same.tsv", path, &err) < 0 ||
		tsv_open(&tsv, path, columns, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	while (tsv_next(tsv, &err) > 0 && same_count < SAME_MAX) {
		snprintf(same[same_count].text, sizeof(same[0].text), "%s", tsv_cell(tsv, 0));
		snprintf(same[same_count].languages, sizeof(same[0].languages), "%s",
			tsv_cell(tsv, 1));
		same_count++;
	}
	tsv_close(tsv);
}

static bool may_be_same(const char *english, unsigned language)
{
	for (unsigned i = 0; i < same_count; i++) {
		const char *at = strstr(same[i].languages, messages_languages[language]);
		if (at && strcmp(same[i].text, english) == 0) {
			same[i].used |= 1u << language;
			return true;
		}
	}
	return false;
}

static void test_same_is_needed(void)
{
	for (unsigned i = 0; i < same_count; i++) {
		for (unsigned language = 1; language < GEO_LANGUAGE_COUNT; language++) {
			bool is_listed = strstr(same[i].languages, messages_languages[language]);
			if (is_listed && !(same[i].used >> language & 1)) {
				ok(false, "messages-same.tsv: \"%s\" is not the same in %s",
					same[i].text, messages_languages[language]);
			}
		}
	}
}

/* The names of placeholders in a text, each once, as a set that can be compared. */
static uint64_t placeholders(const char *text, bool *is_sound)
{
	uint64_t set = 0;

	for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
		size_t name = strcspn(open + 1, "|}"), whole = strcspn(open, "}"), bars = 0;
		uint64_t hash = 1469598103934665603u;
		for (size_t i = 0; i < whole; i++) {
			bars += open[i] == '|';
			hash = i < name ? (hash ^ (uint8_t)open[i + 1]) * 1099511628211u : hash;
		}
		*is_sound &= open[whole] == '}' && (bars == 0 || bars == 2) && name > 0;
		set |= (uint64_t)1 << (hash >> 58);
	}
	return set;
}

/* English words that none of the others has. */
static bool has_english(const char *text)
{
	static const char *const words[] = { " the ", " of ", " and ", " which ", " with ", " not ",
		" is ", " are " };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(text, words[i])) {
			return true;
		}
	}
	return false;
}

static void test_row(const struct tsv *tsv)
{
	const char *english = tsv_cell(tsv, 1);
	bool is_sound = true;
	uint64_t wanted = placeholders(english, &is_sound);

	for (unsigned i = GEO_EN; i < GEO_LANGUAGE_COUNT; i++) {
		const char *text = tsv_cell(tsv, 1 + i), *code = messages_languages[i];
		if (text[0] == '\0') {
			ok(false, "%s:%u: \"%s\" is missing in %s", tsv_path(tsv), tsv_line(tsv),
				tsv_cell(tsv, 0), code);
		} else if (i != GEO_EN && ((strcmp(text, english) == 0 && !may_be_same(text, i)) ||
						  has_english(text))) {
			ok(false, "%s:%u: left in English in %s: %s", tsv_path(tsv), tsv_line(tsv),
				code, text);
		}
		if (placeholders(text, &is_sound) != wanted || !is_sound) {
			ok(false, "%s:%u: placeholders differ in %s: %s", tsv_path(tsv),
				tsv_line(tsv), code, text);
		}
	}
}

static void test_area(const char *area)
{
	struct tsv *tsv = open_area(area);
	struct err err = { "" };
	unsigned rows = 0;

	while (tsv && tsv_next(tsv, &err) > 0) {
		test_row(tsv);
		rows++;
	}
	tsv_close(tsv);
	ok(rows > 0 && err.text[0] == '\0', "%s: %u rows in six languages %s", area, rows,
		err.text);
}

static void has(const struct messages *messages, const char *prefix, const char *name)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_%s", prefix, name);
	if (strcmp(messages_get(messages, key), key) == 0) {
		ok(false, "there is no message %s", key);
	}
}

/* What the register's rows are called (register_rows.c). */
static const char *const register_kinds[] = { "assessment", "service", "watched country",
	"treated by our policy as", "rule", NULL };
static const char *const register_states[] = { "approved", "DPIA missing",
	"used without an entry: DPIA missing", "seen", "not seen", "met", "met by no flow", NULL };

/* Keys that code puts together must stand in the table. */
static void test_composed_keys(const struct messages *messages)
{
	for (unsigned i = 0; i < GEO_ZONE_COUNT; i++) {
		has(messages, "zone", geo_zone_name(i));
		has(messages, "zone_short", geo_zone_name(i));
	}
	for (unsigned i = 0; i < POLICY_VERDICT_COUNT; i++) {
		has(messages, "verdict", policy_verdict_name(i));
	}
	for (unsigned i = 0; i < POLICY_ACTION_COUNT; i++) {
		has(messages, "action", policy_action_name(i));
	}
	for (unsigned i = 0; i < BLOCK_OUTCOME_COUNT; i++) {
		has(messages, "block", block_outcome_name(i));
	}
	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		has(messages, "unnamed", unnamed_reason_name(i));
	}
	for (unsigned i = 0; i < ASSESSMENT_STATE_COUNT; i++) {
		has(messages, "state", assessment_state_name(i));
	}
	for (unsigned i = 0; register_kinds[i]; i++) {
		has(messages, "register", register_kinds[i]);
	}
	for (unsigned i = 0; register_states[i]; i++) {
		has(messages, "state", register_states[i]);
	}
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		has(messages, "refusal", decode_refusal_name(i));
	}
	for (unsigned i = ALERT_SENSOR_DROPS; i < ALERT_KIND_COUNT; i++) {
		has(messages, "next", alert_kind_name(i));
	}
}

/* Every translated name is one of the catalogue still, and no owner of plain words is left out. */
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

static void test_catalogue_names(const struct messages *messages)
{
	struct tsv *tsv = open_area("catalogue");
	struct catalogue *catalogue;
	struct err err = { "" };

	if (!tsv || catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		tsv_close(tsv);
		return;
	}
	while (tsv_next(tsv, &err) > 0) {
		ok(is_of_catalogue(catalogue, tsv_cell(tsv, 0)), "the catalogue names \"%s\"",
			tsv_cell(tsv, 0));
		is_text(messages_catalogue(messages, tsv_cell(tsv, 0)), tsv_cell(tsv, 2),
			"… in Swedish");
	}
	tsv_close(tsv);
	for (unsigned app = 1; app <= catalogue_app_count(catalogue); app++) {
		const char *owner = messages_catalogue(
			messages, catalogue_app(catalogue, (uint16_t)app)->owner);
		if (strstr(owner, "various") || strncmp(owner, "Swedish ", 8) == 0) {
			ok(false, "an owner in English on a Swedish page: %s", owner);
		}
	}
	is_text(messages_catalogue(messages, "YouTube"), "YouTube", "proper names stay");
	catalogue_close(catalogue);
}

/* What ends at the end of a day ends on that day; what ends within it, at a time. */
static void test_ends(const struct messages *messages, const struct local_zone *zone)
{
	const char *language = messages_language(messages);
	uint64_t midnight_ns = 1775080800 * NS_PER_S; /* 2026-04-02 in Stockholm */
	char date[96], other[96], memory[96];
	struct text text;

	text_init(&text, date, sizeof(date));
	messages_put_date(messages, &text, zone, midnight_ns);
	text_init(&text, memory, sizeof(memory));
	messages_put_since(messages, &text, zone, midnight_ns);
	is_text(memory, date, "%s: since a day", language);
	text_init(&text, memory, sizeof(memory));
	messages_put_until(messages, &text, zone, midnight_ns + 86400 * NS_PER_S - 1);
	is_text(memory, date, "%s: until a day, which it still holds", language);
	for (unsigned hour = 0; hour <= 18; hour += 18) {
		uint64_t end_ns = midnight_ns + hour * 3600 * NS_PER_S;
		snprintf(other, sizeof(other),
			strcmp(language, "en") == 0   ? "%s at %02u:00"
			: strcmp(language, "fi") == 0 ? "%s klo %02u.00"
						      : "%s kl. %02u.00",
			date, hour);
		text_init(&text, memory, sizeof(memory));
		messages_put_until(messages, &text, zone, end_ns);
		is_text(memory, other, "%s: until a time of that day", language);
		text_init(&text, memory, sizeof(memory));
		messages_put_since(messages, &text, zone, end_ns);
		is_text(memory, hour ? other : date, "%s: since a time of it", language);
	}
}

/* Numbers, dates and lists as each language writes them. */
static void test_values(const struct messages *messages, const char *numbers, const char *time)
{
	static const char *const items[] = { "a", "b", "c" };
	const char *language = messages_language(messages);
	char memory[256];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	messages_put_size(messages, &text, 12400000);
	text_put(&text, "; ");
	messages_put_count(messages, &text, 1234567);
	text_put(&text, "; ");
	messages_put_percent(messages, &text, 34, 1000);
	text_put(&text, "; ");
	messages_put_percent(messages, &text, 999, 1000);
	text_put(&text, "; ");
	messages_put_list(messages, &text, items, 3);
	is_text(memory, numbers, "%s: numbers and lists", language);

	struct local_zone *zone = NULL;
	struct err err = { "" };
	is_int(local_zone_open(&zone, "Europe/Stockholm", &err), 0, "a zone opens");
	uint64_t from_ns = 1773727320 * NS_PER_S; /* 2026-03-17 06:02 UTC */
	text_clear(&text);
	messages_put_period(messages, &text, zone, from_ns, from_ns + 4 * 3600 * NS_PER_S);
	is_text(memory, time, "%s: a period on the wall", language);
	test_ends(messages, zone);
	local_zone_close(zone);
}

static void test_language(enum geo_language language)
{
	static const char *const numbers[] = {
		"12.4\u00a0MB; 1,234,567; 3.4\u00a0%; >\u00a099\u00a0%; a, b and c",
		"12,4\u00a0MB; 1\u00a0234\u00a0567; 3,4\u00a0%; >\u00a099\u00a0%; a, b och c",
		"12,4\u00a0MB; 1\u00a0234\u00a0567; 3,4\u00a0%; >\u00a099\u00a0%; a, b og c",
		"12,4\u00a0MB; 1\u00a0234\u00a0567; 3,4\u00a0%; >\u00a099\u00a0%; a, b og c",
		"12,4\u00a0MB; 1.234.567; 3,4\u00a0%; >\u00a099\u00a0%; a, b og c",
		"12,4\u00a0MB; 1\u00a0234\u00a0567; 3,4\u00a0%; >\u00a099\u00a0%; a, b ja c",
	};
	static const char *const times[] = {
		"17 March 2026, 07:02–11:02",
		"17 mars 2026 kl. 07.02–11.02",
		"17. mars 2026 kl. 07.02–11.02",
		"17. mars 2026 kl. 07.02–11.02",
		"17. marts 2026 kl. 07.02–11.02",
		"17. maaliskuuta 2026 klo 07.02–11.02",
	};
	struct messages *messages;
	struct err err = { "" };

	is_int(messages_open(&messages, messages_languages[language], &err), 0,
		"messages in %s open", messages_languages[language]);
	test_composed_keys(messages);
	test_values(messages, numbers[language], times[language]);
	if (language == GEO_SV) {
		test_catalogue_names(messages);
	}
	messages_close(messages);
}

static const char *filled(
	const struct messages *messages, char memory[256], const char *flows, const char *devices)
{
	struct text text;

	text_init(&text, memory, 256);
	messages_put(messages, &text, "headline_numbers", "outside", "1 MB", "left", "2 MB",
		"flows", flows, "devices", devices, NULL);
	return memory;
}

static void test_plural(void)
{
	struct messages *messages;
	char memory[256];
	struct err err;

	if (messages_open(&messages, "fi", &err) == 0) {
		is_text(filled(messages, memory, "1", "2"),
			"1 MB / 2 MB lähetetty; 1 tietovuo, 2 laitetta.", "one and other");
		is_text(filled(messages, memory, "0", "1"),
			"1 MB / 2 MB lähetetty; 0 tietovuota, 1 laite.", "none is other");
	}
	messages_close(messages);
}

static void test_choice(void)
{
	unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	setenv("LANG", "da_DK.UTF-8", 1);
	is_text(messages_choose("fi", "sv"), "fi", "an option is first");
	is_text(messages_choose(NULL, "sv"), "sv", "then the policy");
	is_text(messages_choose(NULL, ""), "da", "then the environment");
	setenv("LC_ALL", "nn_NO", 1);
	is_text(messages_choose(NULL, NULL), "nn", "LC_ALL before LANG");
	setenv("LC_ALL", "no_NO.ISO-8859-1", 1);
	is_text(messages_choose(NULL, NULL), "nb", "the old name of Bokmål");
	setenv("LC_ALL", "C", 1);
	is_text(messages_choose(NULL, NULL), "en", "what is none of ours is English");
	unsetenv("LC_ALL");
	unsetenv("LANG");
	is_text(messages_choose(NULL, NULL), "en", "nothing said is English");
}

int main(void)
{
	struct messages *messages;
	struct err err;

	read_same();
	for (unsigned i = 0; messages_areas[i]; i++) {
		test_area(messages_areas[i]);
	}
	test_area("catalogue");
	test_same_is_needed();
	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		test_language(i);
	}
	test_plural();
	test_choice();
	is_int(messages_open(&messages, "xx", &err), -EINVAL, "another language is refused");
	return done_testing();
}
