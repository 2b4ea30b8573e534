#include "analyzer/policy/policy_register.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"

const char *assessment_state_name(enum assessment_state state)
{
	static const char *const names[] = {
#define X(id, name) name,
		ASSESSMENT_STATES(X)
#undef X
	};

	return (unsigned)state < ASSESSMENT_STATE_COUNT ? names[state] : "";
}

void policy_free_registers(struct policy *policy)
{
	for (uint32_t i = 0; i < policy->service_count; i++) {
		free(policy->services[i].units);
	}
	free(policy->assessments);
	free(policy->services);
	free(policy->treatments);
	free(policy->expectations);
}

unsigned policy_assessment_count(const struct policy *policy)
{
	return policy->assessment_count;
}

const struct policy_assessment *policy_assessment(const struct policy *policy, unsigned index)
{
	return &policy->assessments[index];
}

const struct policy_assessment *policy_find_assessment(
	const struct policy *policy, uint16_t unit, uint16_t app)
{
	const struct policy_assessment *of_all = NULL;

	for (uint32_t i = 0; i < policy->assessment_count; i++) {
		const struct policy_assessment *assessment = &policy->assessments[i];
		if (assessment->app == app && assessment->unit == unit) {
			return assessment;
		}
		if (assessment->app == app && assessment->unit == 0) {
			of_all = assessment;
		}
	}
	return of_all;
}

bool policy_is_to_assess(const struct policy *policy, uint16_t app)
{
	for (uint32_t i = 0; i < policy->assessment_count; i++) {
		if (policy->assessments[i].app == app) {
			return true;
		}
	}
	return false;
}

unsigned policy_service_count(const struct policy *policy)
{
	return policy->service_count;
}

const struct policy_service *policy_service(const struct policy *policy, unsigned index)
{
	return &policy->services[index];
}

const struct policy_service *policy_find_service(const struct policy *policy, uint16_t app)
{
	for (uint32_t i = 0; i < policy->service_count; i++) {
		if (policy->services[i].app == app) {
			return &policy->services[i];
		}
	}
	return NULL;
}

unsigned policy_treatment_count(const struct policy *policy)
{
	return policy->treatment_count;
}

const struct policy_treatment *policy_treatment(const struct policy *policy, unsigned index)
{
	return &policy->treatments[index];
}

const char *policy_treated_as(const struct policy *policy, uint16_t app)
{
	for (uint32_t i = 0; i < policy->treatment_count; i++) {
		if (policy->treatments[i].app == app) {
			return policy->treatments[i].country;
		}
	}
	return NULL;
}

unsigned policy_watch_count(const struct policy *policy)
{
	return policy->watch_count;
}

const char *policy_watched(const struct policy *policy, unsigned index)
{
	return policy->watched[index];
}

unsigned policy_expectation_count(const struct policy *policy)
{
	return policy->expectation_count;
}

const struct policy_expectation *policy_expectation(const struct policy *policy, unsigned index)
{
	return &policy->expectations[index];
}

/* Before staff were informed, and after the monitoring's end, devices are nobody's to keep. */
static bool may_monitor(const struct policy_header *header, uint64_t time_ns)
{
	return time_ns >= header->informed_ns && (!header->ends_ns || time_ns <= header->ends_ns);
}

enum policy_detail policy_detail_of(const struct policy *latest, uint16_t class_, uint64_t time_ns)
{
	const struct policy *policy = policy_at(latest, time_ns);
	uint16_t row = symbol_rows_find(&policy->class_rows, class_);
	const struct device_class *known = row ? &policy->classes[row] : NULL;

	if (!may_monitor(&policy->header, time_ns)) {
		return POLICY_DETAIL_AGGREGATE;
	}
	if (known && known->detail != POLICY_DETAIL_UNSET) {
		return known->detail;
	}
	return known && known->has_type &&
			       (known->type == CLASS_TYPE_GUEST ||
				       known->type == CLASS_TYPE_PUPIL ||
				       known->type == CLASS_TYPE_PRIVATE)
		       ? POLICY_DETAIL_AGGREGATE
		       : POLICY_DETAIL_PSEUDONYM;
}
