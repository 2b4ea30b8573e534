#include "dashboards/cli/app_filter.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum choice { CHOICE_CATEGORY, CHOICE_FAMILY, CHOICE_PARENT_COUNTRY, CHOICE_COUNT };

/* Of the sentence around the list of values, with the longest of what it quotes. */
enum { SENTENCE_BYTES = 100 };

static const char *const option_names[CHOICE_COUNT] = { "--category", "--family",
	"--parent-country" };

static const char *wanted_of(const struct app_filter *filter, enum choice choice)
{
	const char *const wanted[CHOICE_COUNT] = { filter->category, filter->family,
		filter->parent_country };

	return wanted[choice];
}

static const char *value_of(const struct app *app, enum choice choice)
{
	const char *const values[CHOICE_COUNT] = { app->category, app->family,
		app->parent_country };

	return values[choice];
}

/* Codes of countries are taken in either case. */
static bool is_value(const char *value, enum choice choice, const char *wanted)
{
	return choice == CHOICE_PARENT_COUNTRY ? strcasecmp(value, wanted) == 0
					       : strcmp(value, wanted) == 0;
}

/* The first app with that value; 0 where there is none. */
static uint16_t first_with(const struct catalogue *catalogue, enum choice choice, const char *value)
{
	for (unsigned i = 0; i < catalogue_app_count(catalogue); i++) {
		const struct app *app = catalogue_app_at(catalogue, i);
		if (is_value(value_of(app, choice), choice, value)) {
			return app->symbol;
		}
	}
	return 0;
}

static int report(
	const struct catalogue *catalogue, enum choice choice, const char *wanted, struct err *err)
{
	char memory[sizeof(err->text) - SENTENCE_BYTES];
	struct text text;
	bool is_all = true;

	text_init(&text, memory, sizeof(memory));
	for (unsigned i = 0; i < catalogue_app_count(catalogue); i++) {
		const struct app *app = catalogue_app_at(catalogue, i);
		const char *value = value_of(app, choice);
		if (!*value || first_with(catalogue, choice, value) != app->symbol) {
			continue;
		}
		is_all = is_all && text.length + 1 + strlen(value) < text.capacity;
		if (is_all) {
			text_printf(&text, " %s", value);
		}
	}
	return err_set(err, EINVAL, "%s: no app has \"%.40s\"; there are:%s%s",
		option_names[choice], wanted, memory, is_all ? "" : " ...");
}

int app_filter_check(
	const struct app_filter *filter, const struct catalogue *catalogue, struct err *err)
{
	for (unsigned choice = 0; choice < CHOICE_COUNT; choice++) {
		const char *wanted = wanted_of(filter, choice);
		if (wanted && first_with(catalogue, choice, wanted) == 0) {
			return report(catalogue, choice, wanted, err);
		}
	}
	return 0;
}

bool app_filter_matches(const struct app_filter *filter, const struct app *app)
{
	for (unsigned choice = 0; choice < CHOICE_COUNT; choice++) {
		const char *wanted = wanted_of(filter, choice);
		if (wanted && !is_value(value_of(app, choice), choice, wanted)) {
			return false;
		}
	}
	return true;
}
