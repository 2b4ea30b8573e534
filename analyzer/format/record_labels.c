#include "analyzer/format/record_labels.h"

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/symbols.h"

void record_labels_of(struct record_labels *labels, const struct reference *reference,
	const struct record *record)
{
	const struct decision *decision = &record->decision;
	const struct app *app = catalogue_app(reference->catalogue, record->verdict.app);

	record_labels_init(labels);
	labels->app = symbol_name(SYMBOL_APP, record->verdict.app);
	if (app) {
		labels->category = app->category;
		labels->owner = catalogue_owner_shown(reference->catalogue, app->symbol,
			record->flow.start_ns, record->verdict.owner_country,
			record->verdict.parent_country);
	}
	if (reference->geo) {
		labels->organization = geo_organization(reference->geo, record->place.organization);
	}
	labels->unit = symbol_name(SYMBOL_UNIT, decision->unit);
	labels->class_ = symbol_name(SYMBOL_CLASS, decision->class_);
	labels->rule = symbol_name(SYMBOL_RULE, decision->rule);
	labels->exception = symbol_name(SYMBOL_EXCEPTION, decision->exception);
	for (unsigned i = 0; i < 2; i++) {
		labels->inputs[i] = symbol_name(SYMBOL_INPUT, record->flow.files[i]);
	}
	if (reference->pseudonyms) {
		pseudonyms_of_device(reference->pseudonyms, &record->device, record->flow.start_ns,
			labels->device);
	}
}
