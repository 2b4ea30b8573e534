/* Is there what a suppression names? One about a unit that there is not hides nothing, and whoever
 * made it believes that it does. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/alert/alert_entry.h"
#include "analyzer/alert/suppression.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/edit_distance.h"
#include "base/text.h"

enum { UNITS_SHOWN = 8 };

struct nearest {
	const char *word;
	char name[SUPPRESSION_TEXT_BYTES]; /* "": none is near */
	unsigned distance;
	bool is_there;
};

/* Half of a word may be wrong, and a beginning is as near as can be. */
static void try_name(struct nearest *nearest, const char *name)
{
	size_t length = strlen(nearest->word);
	bool begins = length > 0 && strncasecmp(name, nearest->word, length) == 0;
	unsigned distance = begins ? 1 : edit_distance(nearest->word, name, nearest->distance);

	nearest->is_there = nearest->is_there || strcmp(name, nearest->word) == 0;
	if (name[0] != '\0' && distance < nearest->distance) {
		nearest->distance = distance;
		snprintf(nearest->name, sizeof(nearest->name), "%s", name);
	}
}

struct looking {
	struct nearest *nearest;
	const struct catalogue *catalogue;
};

static int try_alert(
	void *context, const char *id, const struct alert_record *record, struct err *err)
{
	struct looking *looking = context;
	struct alert_entry entry;

	if (alert_entry_read(&entry, id, record, err) == 0) {
		try_name(looking->nearest, entry.unit);
		alert_entry_clear(&entry);
	}
	return 0;
}

/* Reading a policy makes symbols of its units. */
static int read_policy(
	void *context, const char *id, const struct alert_record *record, struct err *err)
{
	const char *text = alert_record_get(record, "text");
	struct looking *looking = context;
	struct policy_problems problems;
	struct policy *policy;

	if (policy_parse(&policy, id, text, strlen(text), NULL, looking->catalogue, &problems,
		    err) == 0) {
		policy_free(policy);
	}
	return 0;
}

static void look_for_unit(struct nearest *nearest, struct alert_store *store,
	const struct catalogue *catalogue, struct err *err)
{
	struct looking looking = { nearest, catalogue };

	alert_store_list(store, 'p', read_policy, &looking, NULL, err);
	for (unsigned i = 1; i <= symbol_highest(SYMBOL_UNIT); i++) {
		try_name(nearest, symbol_name(SYMBOL_UNIT, (uint16_t)i));
	}
	if (!nearest->is_there) {
		alert_store_list(store, 'a', try_alert, &looking, NULL, err);
	}
}

/* " (Skola, Teknik, …)": where no unit is near. */
static void put_some_units(struct text *text)
{
	unsigned count = symbol_highest(SYMBOL_UNIT);

	for (unsigned i = 1; i <= count && i <= UNITS_SHOWN; i++) {
		const char *name = symbol_name(SYMBOL_UNIT, (uint16_t)i);
		text_put(text, i == 1 ? "; units are " : ", ");
		text_put_terminal(text, name, strlen(name));
	}
	text_put(text, count == 0            ? "; name the policy that does: --policy FILE"
		       : count > UNITS_SHOWN ? ", …"
					     : "");
}

static int check_unit(const char *unit, struct alert_store *store,
	const struct catalogue *catalogue, struct err *err)
{
	struct nearest nearest = { .word = unit, .distance = (unsigned)strlen(unit) / 2 + 1 };
	char sentence[sizeof(err->text)];
	struct text text;

	look_for_unit(&nearest, store, catalogue, err);
	if (nearest.is_there) {
		return 0;
	}
	text_init(&text, sentence, sizeof(sentence));
	text_put(&text, "no alert and no policy on the desk names a unit \"");
	text_put_terminal(&text, unit, strlen(unit));
	text_put_char(&text, '"');
	if (nearest.name[0] != '\0') {
		text_put(&text, "; did you mean \"");
		text_put_terminal(&text, nearest.name, strlen(nearest.name));
		text_put(&text, "\"?");
	} else {
		put_some_units(&text);
	}
	return err_set(err, EINVAL, "%s", sentence);
}

static int check_app(const char *app, const struct catalogue *catalogue, struct err *err)
{
	char sentence[sizeof(err->text)];
	struct text text;

	if (symbol_find(SYMBOL_APP, app) != 0) {
		return 0;
	}
	text_init(&text, sentence, sizeof(sentence));
	text_put(&text, "there is no app \"");
	text_put_terminal(&text, app, strlen(app));
	text_put_char(&text, '"');
	catalogue_suggest(catalogue, app, &text);
	return err_set(err, EINVAL, "%s", sentence);
}

int suppression_check_scope(const struct suppression *suppression, struct alert_store *store,
	const struct catalogue *catalogue, struct err *err)
{
	const struct suppression *s = suppression;
	const struct alert_filter filter = { .kind = s->kind[0] ? s->kind : NULL };
	int status = alert_filter_check(&filter, err);

	if (status == 0 && s->app[0] != '\0') {
		status = check_app(s->app, catalogue, err);
	}
	if (status == 0 && s->unit[0] != '\0') {
		status = check_unit(s->unit, store, catalogue, err);
	}
	return status;
}
