/* The word "alerts": how many false ones a week are bearable, and what is known beforehand. */
#include "analyzer/policy/policy_alerts.h"

#include <stdlib.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"
#include "base/clock.h"
#include "base/local_time.h"

enum { BUDGET_DEFAULT = 3, BUDGET_MOST = 10000, SERIES_MOST = 100000000, MEGABYTES_MOST = 4000000 };
static const uint64_t transfer_default = 1000000000;

static const char *const countries[] = { "se", "no", "dk", "fi", "is" };
enum { COUNTRY_COUNT = sizeof(countries) / sizeof(countries[0]) };

static void read_budget(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_number(
		reader, value, 1, BUDGET_MOST, &((struct policy_alerts *)target)->budget);
}

static void read_series(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_number(
		reader, value, 1, SERIES_MOST, &((struct policy_alerts *)target)->series);
}

static void read_transfer(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	uint32_t megabytes;

	if (policy_read_number(reader, value, 1, MEGABYTES_MOST, &megabytes)) {
		((struct policy_alerts *)target)->transfer_bytes = megabytes * UINT64_C(1000000);
	}
}

static void read_holidays(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy_alerts *alerts = target;
	const struct yaml_node *item = NULL;

	alerts->holidays = 0;
	while ((item = policy_next_text(reader, value, item))) {
		int choice = policy_read_choice(
			reader, item, "a country's holidays", countries, COUNTRY_COUNT);
		alerts->holidays |= choice >= 0 ? 1u << choice : 0;
	}
}

/* Dates were read as moments of the policy's zone; a day's number is that of the wall. */
struct free_reading {
	struct policy_free_days days;
	uint64_t from_ns, to_ns;
};

static void read_unit(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	((struct free_reading *)target)->days.unit = policy_read_unit(reader, value);
}

static void read_from(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, false, &((struct free_reading *)target)->from_ns);
}

static void read_to(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, false, &((struct free_reading *)target)->to_ns);
}

static const struct policy_word free_words[] = {
	{ "unit", read_unit },
	{ "from", read_from },
	{ "to", read_to },
	{ NULL, NULL },
};

static bool make_room(struct policy_alerts *alerts)
{
	uint32_t count = alerts->free_count;

	if ((count & (count - 1)) != 0) {
		return true;
	}
	struct policy_free_days *grown =
		realloc(alerts->free_days, (count ? 2 * count : 1) * sizeof(*grown));
	alerts->free_days = grown ? grown : alerts->free_days;
	return grown != NULL;
}

static void read_free_days(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy_alerts *alerts = target;
	const struct local_zone *zone = reader->policy->header.zone;

	if (value->kind != YAML_LIST) {
		policy_error(reader, value,
			"free_days: expected a list such as [{unit: School, from: 2026-06-15, to: "
			"2026-08-17}]");
		return;
	}
	for (const struct yaml_node *item = value->child; item; item = item->next) {
		struct free_reading reading = { .from_ns = 0 };
		policy_read_words(reader, item, "free days", free_words, &reading);
		reading.to_ns = reading.to_ns ? reading.to_ns : reading.from_ns;
		if (reading.from_ns == 0 || reading.to_ns < reading.from_ns) {
			policy_error(reader, item,
				"free_days: expected from and, where it is more than a day, a "
				"later to");
		} else if (make_room(alerts)) {
			reading.days.first_day = local_day_of(zone, reading.from_ns).number;
			reading.days.last_day = local_day_of(zone, reading.to_ns).number;
			alerts->free_days[alerts->free_count++] = reading.days;
		}
	}
}

static const struct policy_word alert_words[] = {
	{ "budget", read_budget },
	{ "series", read_series },
	{ "transfer_mb", read_transfer },
	{ "holidays", read_holidays },
	{ "free_days", read_free_days },
	{ NULL, NULL },
};

void policy_read_alerts(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_words(reader, value, "alerts", alert_words, &((struct policy *)target)->alerts);
}

void policy_init_alerts(struct policy_alerts *alerts)
{
	*alerts = (struct policy_alerts){
		.budget = BUDGET_DEFAULT,
		.transfer_bytes = transfer_default,
		.holidays = POLICY_HOLIDAYS_OF_COUNTRY,
	};
}

const struct policy_alerts *policy_alerts(const struct policy *policy)
{
	return &policy->alerts;
}

bool policy_has_holidays(const struct policy *policy, const char *country)
{
	const struct policy_alerts *alerts = &policy->alerts;
	const char *own = policy->header.country;

	if (alerts->holidays == POLICY_HOLIDAYS_OF_COUNTRY) {
		return own[0] && (own[0] | 0x20) == country[0] && (own[1] | 0x20) == country[1];
	}
	for (unsigned i = 0; i < COUNTRY_COUNT; i++) {
		if (countries[i][0] == country[0] && countries[i][1] == country[1]) {
			return alerts->holidays >> i & 1;
		}
	}
	return false;
}
