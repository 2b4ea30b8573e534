#include "analyzer/store/words.h"

#include "analyzer/classify/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"

void words_of_record(
	struct words *words, const struct lexicon *lexicon, const struct record *record)
{
	const struct decision *decision = &record->decision;
	const struct policy_rule *rule = policy_rule(lexicon->policy, decision->rule);

	words_init(words);
	if (record->verdict.app) {
		const struct app *app = catalogue_app(lexicon->catalogue, record->verdict.app);
		words->app = app->id;
		words->category = app->category;
		words->owner = app->owner;
	}
	if (lexicon->geo) {
		words->organization = geo_organization(lexicon->geo, record->place.organization);
	}
	words->unit = policy_unit_name(lexicon->policy, decision->unit);
	words->class_ = policy_class_name(lexicon->policy, decision->class_);
	words->rule = rule ? rule->id : "";
	if (lexicon->pseudonyms) {
		pseudonyms_of_addr(lexicon->pseudonyms, record_own_addr(record),
			record->flow.flow_start_ns, words->device);
	}
}
