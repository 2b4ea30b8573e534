/* How much of the body the sensors see, against the inventory: worst class, and each. */
#include <stdio.h>

#include "analyzer/device/coverage.h"
#include "analyzer/record/symbols.h"
#include "analyzer/vantage/segment_days.h"
#include "dashboards/report/report_lights.h"
#include "dashboards/report/report_tables.h"

/* The days of the period on which most was seen: a device that is off at night is not missing. */
static struct coverage_of_day best_day(const struct report_model *model, uint16_t class_)
{
	const struct local_zone *zone = policy_header(model->reference->policy)->zone;
	struct coverage_of_day best = { .is_measured = false };

	bool is_run = model->to_ns == 0;
	uint64_t from_ns = is_run ? model->stats->source.first_ns : model->from_ns;
	uint64_t to_ns = is_run ? model->stats->source.last_ns + 1 : model->to_ns;

	if (!model->coverage || !model->reference->inventory || from_ns == 0 || to_ns <= from_ns) {
		return best;
	}
	struct local_day day = local_day_of(zone, from_ns);
	for (; day.start_ns < to_ns; day = local_day_at(zone, day.number + 1)) {
		struct coverage_of_day seen =
			coverage_of(model->coverage, model->reference->inventory, class_, &day);
		if (seen.is_measured && (!best.is_measured || seen.seen > best.seen)) {
			best = seen;
		}
	}
	return best;
}

int report_coverage(const struct report_model *model)
{
	int least = -1;

	for (uint16_t class_ = 0; (class_ = inventory_next_class(class_)) != 0;) {
		struct coverage_of_day day = best_day(model, class_);
		if (day.is_measured) {
			int percent = (int)coverage_percent(&day);
			least = least < 0 || percent < least ? percent : least;
		}
	}
	return least;
}

static void fill_coverage(struct report_table *table, const struct report_model *model)
{
	const struct inventory *inventory = model->reference->inventory;
	const struct local_zone *zone = policy_header(model->reference->policy)->zone;

	for (uint16_t class_ = 0; inventory && (class_ = inventory_next_class(class_)) != 0;) {
		struct local_day last = local_day_of(zone, model->made_ns);
		struct coverage_of_day day = best_day(model, class_);
		unsigned enrolled = inventory_enrolled(inventory, class_, &last);
		if (enrolled == 0 && !day.is_measured) {
			continue;
		}
		report_row(table, ROW_PLAIN);
		if (class_ == INVENTORY_NO_CLASS) {
			report_put_word(table, "row", "no_class");
		} else {
			report_put_class(table, class_);
		}
		report_put_count(table, day.is_measured ? day.enrolled : enrolled);
		if (day.is_measured) {
			bool is_few = day.seen < model->group_minimum;
			report_put(
				table, (struct report_value){ .kind = VALUE_DEVICES,
					       .number = is_few ? model->group_minimum : day.seen,
					       .is_fewer = is_few });
			report_put(table, is_few ? (struct report_value){ .kind = VALUE_HIDDEN }
						 : report_share(day.seen, day.enrolled));
		} else {
			report_put_word(table, "coverage", "not_measured");
			report_put_none(table);
		}
	}
}

unsigned report_unproven(const struct report_model *model, unsigned *of)
{
	const struct policy *policy = model->reference->policy;
	const struct local_zone *zone = policy_header(policy)->zone;
	unsigned unproven = 0;

	*of = policy_unit_count(policy);
	if (*of == 0) {
		*of = 1;
		return 1;
	}
	if (!model->seen || model->to_ns <= model->from_ns) {
		return *of;
	}
	int64_t from = local_day_of(zone, model->from_ns).number;
	int64_t to = local_day_of(zone, model->to_ns - 1).number;
	for (unsigned i = 0; i < *of; i++) {
		unproven += !segment_is_proven(model->seen, policy_unit_at(policy, i), from, to);
	}
	return unproven;
}

void report_put_unproven(
	struct text *text, const struct report_model *model, const struct messages *messages)
{
	unsigned all, unproven = report_unproven(model, &all);
	char count[16], of[16];

	if (unproven == 0) {
		return;
	}
	snprintf(count, sizeof(count), "%u", unproven);
	snprintf(of, sizeof(of), "%u", all);
	text_put_char(text, ' ');
	if (policy_unit_count(model->reference->policy) == 0) {
		text_put(text, messages_get(messages, "light_unproven_whole"));
	} else {
		messages_put(messages, text, "light_unproven", "count", count, "of", of, NULL);
	}
}

/* Of which units it may be said that something was not there: those that are proven to be seen on
 * each day of the period (segment_days.h). */
static void fill_proof(struct report_table *table, const struct report_model *model)
{
	const struct policy *policy = model->reference->policy;
	const struct local_zone *zone = policy_header(policy)->zone;

	if (!model->seen || model->to_ns <= model->from_ns) {
		return;
	}
	int64_t from = local_day_of(zone, model->from_ns).number;
	int64_t to = local_day_of(zone, model->to_ns - 1).number;
	for (unsigned i = 0; i < policy_unit_count(policy); i++) {
		uint16_t unit = policy_unit_at(policy, i);
		report_row(table, ROW_PLAIN);
		report_put_unit(table, unit);
		report_put_count(table, segment_days_proven(model->seen, unit, from, to));
		report_put_count(table, (uint64_t)(to - from + 1));
		report_put_word(table, "proof",
			segment_is_proven(model->seen, unit, from, to) ? "proven" : "not_proven");
	}
}

const struct report_table_type table_proof = {
	.id = "proof",
	.columns = { "unit", ">proven_days", ">period_days", "proof" },
	.key_columns = 1,
	.fill = fill_proof,
};

const struct report_table_type table_coverage = {
	.id = "coverage",
	.columns = { "class", ">enrolled", ">seen", ">coverage_share" },
	.key_columns = 1,
	.fill = fill_coverage,
};
