/* Services by the hosts that their clients really ask for (services.tsv): the share that gets its
 * app, or at least its owner; and names that look like somebody's and are not. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "base/tsv.h"
#include "tests/tap.h"

struct tally {
	unsigned names, apps, owners, wrong_claims;
};

/* "-" for nobody, which is right for a false friend. */
static bool is_listed(const char *wanted, const char *id)
{
	size_t length = strlen(id);

	for (; *wanted; wanted += strcspn(wanted, "|"), wanted += *wanted == '|') {
		if (strcspn(wanted, "|") == length && memcmp(wanted, id, length) == 0) {
			return true;
		}
	}
	return false;
}

/* Is it of the same house as the first app that is right? */
static bool is_same_house(
	const struct catalogue *catalogue, const char *wanted, const struct app *got)
{
	char id[64];

	snprintf(id, sizeof(id), "%.*s", (int)strcspn(wanted, "|"), wanted);
	const struct app *right = catalogue_app(catalogue, catalogue_find(catalogue, id));
	return right && got && strcmp(right->parent, got->parent) == 0;
}

static void ask(const struct catalogue *catalogue, const char *host, const char *wanted,
	struct tally *tally)
{
	struct match match = catalogue_match_name(catalogue, host, strlen(host));
	const struct app *app = catalogue_app(catalogue, match.app);
	bool is_right = is_listed(wanted, app ? app->id : "-");

	tally->names++;
	tally->apps += is_right;
	tally->owners += is_right || is_same_house(catalogue, wanted, app);
	if (!is_right) {
		tally->wrong_claims += strcmp(wanted, "-") == 0;
		printf("# %s is %s, expected %s\n", host, app ? app->id : "nobody's", wanted);
	}
}

int main(void)
{
	static const char *const columns[] = { "host", "app", NULL };
	const char *data = getenv("BORDERFLOW_DATA");
	struct catalogue *catalogue = NULL;
	struct tally tally = { 0 };
	struct tsv *tsv = NULL;
	char path[4096];
	struct err err;

	snprintf(path, sizeof(path), "%s/tests/unit/services.tsv", data ? data : ".");
	if (!ok(catalogue_open(&catalogue, NULL, 0, &err) == 0 &&
			    tsv_open(&tsv, path, columns, &err) == 0,
		    "catalogue and table open")) {
		printf("# %s\n", err.text);
		catalogue_close(catalogue);
		return done_testing();
	}
	while (tsv_next(tsv, &err) > 0) {
		ask(catalogue, tsv_cell(tsv, 0), tsv_cell(tsv, 1), &tally);
	}
	tsv_close(tsv);
	ok(tally.names > 150, "%u hosts", tally.names);
	ok(tally.owners * 100 >= tally.names * 95,
		"%.1f %% get the right app or owner (%.1f %% the app)",
		100.0 * tally.owners / tally.names, 100.0 * tally.apps / tally.names);
	is_int(tally.wrong_claims, 0, "nobody claims a false friend");
	catalogue_close(catalogue);
	return done_testing();
}
