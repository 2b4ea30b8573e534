#include "analyzer/format/record_labels.h"

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/symbols.h"

/* Most records have no rule, many no unit. */
static inline const char *name_of(enum symbol_kind kind, uint16_t symbol)
{
	return symbol ? symbol_name(kind, symbol) : "";
}

void record_labels_of(struct record_labels *labels, const struct reference *reference,
	const struct record *record)
{
	const struct decision *decision = &record->decision;
	const struct app *app = catalogue_app(reference->catalogue, record->verdict.app);

	record_labels_init(labels);
	labels->app = name_of(SYMBOL_APP, record->verdict.app);
	if (app) {
		labels->category = app->category;
		labels->owner = catalogue_owner_shown(reference->catalogue, app->symbol,
			record->flow.start_ns, record->verdict.owner_country,
			record->verdict.parent_country);
	}
	if (reference->geo) {
		labels->organization = geo_organization(reference->geo, record->place.organization);
	}
	labels->unit = name_of(SYMBOL_UNIT, decision->unit);
	labels->class_ = name_of(SYMBOL_CLASS, decision->class_);
	labels->rule = name_of(SYMBOL_RULE, decision->rule);
	labels->exception = name_of(SYMBOL_EXCEPTION, decision->exception);
	for (unsigned i = 0; i < 2; i++) {
		labels->inputs[i] = name_of(SYMBOL_INPUT, record->flow.files[i]);
	}
	if (reference->pseudonyms) {
		pseudonyms_of_device(reference->pseudonyms, &record->device, record->flow.start_ns,
			labels->device);
	}
}
