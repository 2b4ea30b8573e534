/* How much of the body the sensors see, against the inventory: worst class, and each. */
#include <stdio.h>

#include "analyzer/device/coverage_period.h"
#include "analyzer/policy/policy_segments.h"
#include "analyzer/record/symbols.h"
#include "analyzer/vantage/segment_proof.h"
#include "dashboards/report/report_lights.h"
#include "dashboards/report/report_tables.h"

/* Of the days that there is data of: what a sensor saw on others is not what is reported. */
static struct coverage_of_period coverage_in_period(
	const struct report_model *model, uint16_t class_)
{
	const struct local_zone *zone = policy_header(model->reference->policy)->zone;
	uint64_t first_ns = model->from_ns, end_ns = model->to_ns;

	if (model->to_ns == 0) { /* a run */
		first_ns = model->stats->source.first_ns;
		end_ns = model->stats->source.last_ns + 1;
	} else if (model->made_ns > model->from_ns && model->made_ns < model->to_ns) {
		end_ns = model->made_ns;
	}
	if (model->held && model->held->first <= model->held->last) {
		uint64_t held_ns = local_day_at(zone, model->held->first).start_ns;
		first_ns = held_ns > first_ns ? held_ns : first_ns;
	}
	return first_ns > 0 && end_ns > first_ns
		       ? coverage_over(model->coverage, model->reference->inventory, class_, zone,
				 first_ns, end_ns - 1)
		       : (struct coverage_of_period){ .day_ns = 0 };
}

/* The class of which the least was seen. */
static struct coverage_of_day least_seen(const struct report_model *model)
{
	struct coverage_of_day least = { .is_measured = false };

	for (uint16_t class_ = 0; (class_ = inventory_next_class(class_)) != 0;) {
		struct coverage_of_period of = coverage_in_period(model, class_);
		if (of.day.is_measured &&
			(!least.is_measured ||
				coverage_percent(&of.day) < coverage_percent(&least))) {
			least = of.day;
		}
	}
	return least;
}

int report_coverage(const struct report_model *model)
{
	struct coverage_of_day least = least_seen(model);

	return least.is_measured ? (int)coverage_percent(&least) : -1;
}

bool report_coverage_is_few(const struct report_model *model)
{
	struct coverage_of_day least = least_seen(model);

	return least.is_measured && least.seen < model->group_minimum;
}

static void put_seen(struct report_table *table, const struct report_model *model,
	const struct coverage_of_period *of)
{
	const struct coverage_of_day *day = &of->day;
	bool is_few = day->seen < model->group_minimum;

	if (!day->is_measured) {
		report_put_word(table, "coverage", "not_measured");
		report_put_none(table);
		report_put_none(table);
		return;
	}
	report_put(table, (struct report_value){ .kind = VALUE_DEVICES,
				  .number = is_few ? model->group_minimum : day->seen,
				  .is_fewer = is_few });
	report_put(table, is_few ? (struct report_value){ .kind = VALUE_HIDDEN }
				 : report_share(day->seen, day->enrolled));
	report_put_date(table, of->day_ns);
}

static void fill_coverage(struct report_table *table, const struct report_model *model)
{
	const struct inventory *inventory = model->reference->inventory;
	const struct local_zone *zone = policy_header(model->reference->policy)->zone;

	for (uint16_t class_ = 0; inventory && (class_ = inventory_next_class(class_)) != 0;) {
		struct local_day last = local_day_of(zone, model->made_ns);
		struct coverage_of_period of = coverage_in_period(model, class_);
		unsigned enrolled = inventory_enrolled(inventory, class_, &last);
		if (enrolled == 0 && !of.day.is_measured) {
			continue;
		}
		report_row(table, ROW_PLAIN);
		if (class_ == INVENTORY_NO_CLASS) {
			report_put_word(table, "row", "no_class");
		} else {
			report_put_class(table, class_);
		}
		report_put_count(table, of.day.is_measured ? of.day.enrolled : enrolled);
		put_seen(table, model, &of);
	}
}

/* Are flows known of devices that are ours and of no unit? */
static bool meets_outside(const struct report_model *model)
{
	size_t count;
	const struct cell *cells = overview_cells(model->overview, &count);
	bool meets = false;

	for (size_t i = 0; i < count && !meets; i++) {
		uint8_t direction = cells[i].key.direction;
		meets = cells[i].key.unit == 0 && (direction == RECORD_DIRECTION_OUTBOUND ||
							  direction == RECORD_DIRECTION_INBOUND);
	}
	return meets;
}

/* Of a unit, or of what is of none (0). */
static struct segment_proof proof_of(const struct report_model *model, uint16_t unit)
{
	const struct policy *policy = model->reference->policy;
	const struct local_zone *zone = policy_header(policy)->zone;

	return segment_proof_of(model->seen, policy, unit, unit == 0 && meets_outside(model),
		local_day_of(zone, model->from_ns).number,
		local_day_of(zone, model->to_ns - 1).number);
}

static bool is_anyone_enrolled(const struct report_model *model, uint16_t class_)
{
	const struct inventory *inventory = model->reference->inventory;
	bool is_any = false;

	for (unsigned i = 0; i < inventory_count(inventory) && !is_any; i++) {
		const struct inventory_device *device = inventory_at(inventory, i);
		is_any = inventory_is_of_class(device, class_) &&
			 inventory_is_enrolled(device, model->from_ns, model->to_ns);
	}
	return is_any;
}

/* Classes that are nowhere: what holds for them holds for nobody that could be seen. */
static unsigned classes_nowhere(const struct report_model *model)
{
	const struct policy *policy = model->reference->policy;
	unsigned nowhere = 0;

	for (unsigned i = 0; i < policy_class_count(policy); i++) {
		uint16_t class_ = policy_class_at(policy, i);
		nowhere += !policy_class_has_place(policy, class_) &&
			   !is_anyone_enrolled(model, class_);
	}
	return nowhere;
}

struct report_unproven report_unproven(const struct report_model *model)
{
	const struct policy *policy = model->reference->policy;
	struct report_unproven unproven = { .of = policy_unit_count(policy),
		.classes = classes_nowhere(model) };

	unproven.is_whole = unproven.of == 0;
	if (!model->seen || model->to_ns <= model->from_ns) {
		unproven.units = unproven.of;
		return unproven;
	}
	for (unsigned i = 0; i < unproven.of; i++) {
		struct segment_proof proof = proof_of(model, policy_unit_at(policy, i));
		unproven.units += !segment_proof_holds(&proof);
	}
	struct segment_proof outside = proof_of(model, 0);
	unproven.is_outside = !segment_proof_holds(&outside);
	return unproven;
}

static void put_count(struct text *text, const struct messages *messages, const char *key,
	unsigned count, unsigned all)
{
	char number[16], of[16];

	snprintf(number, sizeof(number), "%u", count);
	snprintf(of, sizeof(of), "%u", all);
	text_put_char(text, ' ');
	messages_put(messages, text, key, "count", number, "of", of, NULL);
}

void report_put_unproven(
	struct text *text, const struct report_model *model, const struct messages *messages)
{
	struct report_unproven unproven = report_unproven(model);

	if (unproven.is_whole) {
		put_count(text, messages, "light_unproven_whole", 0, 0);
	} else if (unproven.units > 0) {
		put_count(text, messages, "light_unproven", unproven.units, unproven.of);
	}
	if (unproven.is_outside && !unproven.is_whole) {
		put_count(text, messages, "light_unproven_outside", 0, 0);
	}
	if (unproven.classes > 0) {
		put_count(text, messages, "light_unproven_classes", unproven.classes,
			policy_class_count(model->reference->policy));
	}
}

static void put_proof(struct report_table *table, uint16_t unit, const struct segment_proof *proof)
{
	report_row(table, ROW_PLAIN);
	if (unit) {
		report_put_unit(table, unit);
	} else {
		report_put_word(table, "row", "any_unit");
	}
	report_put_count(table, proof->days);
	report_put_count(table, proof->of);
	report_put_word(table, "proof", segment_proof_holds(proof) ? "proven" : "not_proven");
}

/* Of which units it may be said that something was not there: those that are proven to be seen on
 * each day of the period; and of what is of no unit. */
static void fill_proof(struct report_table *table, const struct report_model *model)
{
	const struct policy *policy = model->reference->policy;

	if (!model->seen || model->to_ns <= model->from_ns) {
		return;
	}
	for (unsigned i = 0; i < policy_unit_count(policy); i++) {
		uint16_t unit = policy_unit_at(policy, i);
		struct segment_proof proof = proof_of(model, unit);
		put_proof(table, unit, &proof);
	}
	struct segment_proof outside = proof_of(model, 0);
	if (outside.is_asked) {
		put_proof(table, 0, &outside);
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
	.columns = { "class", ">enrolled", ">seen", ">coverage_share", "coverage_day" },
	.key_columns = 1,
	.fill = fill_coverage,
};
