/* What the policy says of alerts that detectors raise.
 *
 *     alerts:
 *       budget: 3                false alerts a week that are bearable, over all sensors
 *       series: 720              of all sensors together; without it a sensor takes its own
 *       transfer_mb: 1000        a unit's bytes a day to one third country that are told
 *       holidays: [se, no]       public holidays; those of "country", unless given
 *       free_days:               school terms, closed days; without a unit for everybody
 *         - {unit: School, from: 2026-06-15, to: 2026-08-17}
 *
 * Memory, threads: the policy's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct policy;

struct policy_free_days {
	uint16_t unit;               /* symbol; 0 everybody */
	int64_t first_day, last_day; /* since 1970-01-01, on the wall */
};

enum { POLICY_HOLIDAYS_OF_COUNTRY = 1 << 15 };

struct policy_alerts {
	uint32_t budget, series; /* series: 0 not said */
	uint64_t transfer_bytes;
	uint32_t holidays; /* bits by country, or POLICY_HOLIDAYS_OF_COUNTRY */
	uint32_t free_count;
	struct policy_free_days *free_days;
};

const struct policy_alerts *policy_alerts(const struct policy *policy);
/* country: "se", "no", "dk", "fi", "is". */
bool policy_has_holidays(const struct policy *policy, const char *country);
