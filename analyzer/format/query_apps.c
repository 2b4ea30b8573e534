/* What a reader calls an app, to the id that records hold. */
#include <errno.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/format/query_parse.h"
#include "analyzer/record/symbols.h"

static bool is_app_test(const struct query_node *node)
{
	return node->kind == QUERY_TEST && node->test == QUERY_EQUAL &&
	       strcmp(node->fields[0]->path, "network.application") == 0;
}

bool query_names_apps(const struct query *query)
{
	for (unsigned i = 0; i < query->node_count; i++) {
		if (is_app_test(&query->nodes[i])) {
			return true;
		}
	}
	return false;
}

static int name_app(struct query_value *value, const struct catalogue *catalogue, struct err *err)
{
	char typed[128], sentence[sizeof(err->text)];
	struct text text;

	if (value->length >= sizeof(typed)) {
		return err_set(err, EINVAL, "no app has a name of %u characters", value->length);
	}
	memcpy(typed, value->text, value->length);
	typed[value->length] = '\0';
	if (strcmp(typed, "unknown") == 0) {
		return 0;
	}
	uint16_t app = catalogue_resolve(catalogue, typed);
	if (app != 0) {
		/* Names of symbols live as long as the process. */
		value->text = symbol_name(SYMBOL_APP, app);
		value->length = (uint32_t)strlen(value->text);
		return 0;
	}
	text_init(&text, sentence, sizeof(sentence));
	text_put(&text, "there is no app \"");
	text_put_terminal(&text, typed, strlen(typed));
	text_put_char(&text, '"');
	catalogue_suggest(catalogue, typed, &text);
	return err_set(err, EINVAL, "%s", sentence);
}

int query_name_apps(struct query *query, const struct catalogue *catalogue, struct err *err)
{
	for (unsigned i = 0; i < query->node_count; i++) {
		const struct query_node *node = &query->nodes[i];
		for (unsigned k = 0; is_app_test(node) && k < node->value_count; k++) {
			struct query_value *value = &query->values[node->first_value + k];
			int status = name_app(value, catalogue, err);
			if (status < 0) {
				return status;
			}
		}
	}
	return 0;
}
