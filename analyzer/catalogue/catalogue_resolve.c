/* What a person types, to an app. */
#include <string.h>
#include <strings.h>

#include "analyzer/catalogue/catalogue_parts.h"
#include "base/edit_distance.h"

/* The next part of a name such as "OpenAI / ChatGPT" or "Element, Matrix (chat)"; its length, 0 at
 * the end. */
static size_t next_part(const char **name)
{
	*name += strspn(*name, " /,()");
	size_t length = strcspn(*name, "/,()");
	while (length > 0 && (*name)[length - 1] == ' ') {
		length--;
	}
	return length;
}

static bool has_part(const char *name, const char *text)
{
	size_t wanted = strlen(text), length;

	for (; (length = next_part(&name)) > 0; name += length) {
		if (length == wanted && strncasecmp(name, text, length) == 0) {
			return true;
		}
	}
	return false;
}

typedef bool app_test(const struct app *app, const char *text);

static bool has_id(const struct app *app, const char *text)
{
	return strcasecmp(app->id, text) == 0;
}

static bool has_name(const struct app *app, const char *text)
{
	return strcasecmp(app->name, text) == 0;
}

static bool has_part_of_name(const struct app *app, const char *text)
{
	return has_part(app->name, text);
}

uint16_t catalogue_resolve(const struct catalogue *catalogue, const char *text)
{
	static app_test *const tests[] = { has_id, has_name, has_part_of_name };
	uint16_t symbol = catalogue_find(catalogue, text);

	for (unsigned i = 0; symbol == 0 && i < sizeof(tests) / sizeof(tests[0]); i++) {
		unsigned found = 0;
		for (unsigned at = 0; at < catalogue_app_count(catalogue); at++) {
			const struct app *app = catalogue_app_at(catalogue, at);
			if (tests[i](app, text)) {
				symbol = app->symbol;
				found++;
			}
		}
		if (found > 1) {
			return 0;
		}
	}
	return symbol;
}

/* How near the app is to what was typed: smaller is nearer; more than NEAR_LIMIT is not alike. */
enum { NEAR_LIMIT = 2, NEAR_BEGINNING = 3 };

static unsigned nearness(const struct app *app, const char *wrong)
{
	unsigned near = edit_distance(wrong, app->id, NEAR_LIMIT);
	const char *name = app->name;
	bool is_long = strlen(wrong) >= NEAR_BEGINNING;

	if (near > 1 && is_long && strncasecmp(app->id, wrong, strlen(wrong)) == 0) {
		return 1;
	}
	if (near <= NEAR_LIMIT) {
		return near;
	}
	if (is_long && (strcasestr(app->id, wrong) || has_part(name, wrong))) {
		return NEAR_LIMIT;
	}
	return edit_distance(wrong, name, NEAR_LIMIT);
}

void catalogue_suggest(const struct catalogue *catalogue, const char *wrong, struct text *text)
{
	enum { SUGGESTED_MAX = 4 };
	unsigned suggested = 0;

	for (unsigned near = 0; near <= NEAR_LIMIT && suggested == 0; near++) {
		for (unsigned at = 0;
			at < catalogue_app_count(catalogue) && suggested < SUGGESTED_MAX; at++) {
			const struct app *app = catalogue_app_at(catalogue, at);
			if (nearness(app, wrong) == near) {
				text_put(text, suggested++ ? ", " : "; did you mean ");
				text_put_terminal(text, app->id, strlen(app->id));
			}
		}
	}
	text_put(text, suggested ? "?" : "");
}
