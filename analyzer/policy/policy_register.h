/* What a body keeps on record beside its rules: assessments of apps by units, approved services,
 * apps that it treats as another country's, countries it watches, and what it expects its own rules
 * to say.
 *
 * Memory   part of the policy. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/policy/policy.h"

/* What a unit's assessment of an app came to. */
#define ASSESSMENT_STATES(X)                                                                       \
	X(MISSING, "missing")                                                                      \
	X(TO_ASSESS, "to assess")                                                                  \
	X(PENDING, "pending")                                                                      \
	X(ALLOWED, "allowed")                                                                      \
	X(DENIED, "denied")                                                                        \
	X(NO_DECISION, "no decision")

enum assessment_state {
#define X(id, name) ASSESSMENT_##id,
	ASSESSMENT_STATES(X)
#undef X
		ASSESSMENT_STATE_COUNT
};

const char *assessment_state_name(enum assessment_state state);

struct policy_assessment {
	uint16_t unit, app;               /* symbols; unit 0: all */
	uint8_t state;                    /* enum assessment_state */
	uint64_t date_ns, next_review_ns; /* 0 not given; a review's last moment */
	const char *owner, *reference;
	unsigned line;
};

enum { SERVICE_COUNTRIES_MAX = 32, SERVICE_NETWORKS_MAX = 32 };

struct policy_service {
	uint16_t app;
	uint64_t dpia_ns, audit_ns, next_review_ns;
	const char *transfer_tool;                /* of GDPR chapter V; "" not given */
	char countries[SERVICE_COUNTRIES_MAX][3]; /* where the contract says the data is */
	unsigned country_count;                   /* 0: the contract does not say */
	uint32_t networks[SERVICE_NETWORKS_MAX];  /* by number (ASN); as many, likewise */
	unsigned network_count;
	uint16_t *units;     /* symbols */
	uint32_t unit_count; /* 0: all */
	unsigned line;
};

struct policy_treatment {
	uint16_t app;
	char country[3];
	const char *basis;
	unsigned line;
};

/* A row of "expect": what the rules are to say, for policy check. */
struct policy_expectation {
	struct policy_question question;
	uint8_t verdict; /* enum policy_verdict */
	unsigned line;
};

enum { WATCH_COUNTRIES_MAX = 64 };

unsigned policy_assessment_count(const struct policy *policy);
const struct policy_assessment *policy_assessment(const struct policy *policy, unsigned index);
/* The one of this unit, else the one of all; NULL: missing. */
const struct policy_assessment *policy_find_assessment(
	const struct policy *policy, uint16_t unit, uint16_t app);
bool policy_is_to_assess(
	const struct policy *policy, uint16_t app); /* is there a register at all? */

unsigned policy_service_count(const struct policy *policy);
const struct policy_service *policy_service(const struct policy *policy, unsigned index);
const struct policy_service *policy_find_service(const struct policy *policy, uint16_t app);

unsigned policy_treatment_count(const struct policy *policy);
const struct policy_treatment *policy_treatment(const struct policy *policy, unsigned index);
/* Which country the policy says controls the app; NULL where it says nothing. */
const char *policy_treated_as(const struct policy *policy, uint16_t app);

unsigned policy_watch_count(const struct policy *policy);
const char *policy_watched(const struct policy *policy, unsigned index);

unsigned policy_expectation_count(const struct policy *policy);
const struct policy_expectation *policy_expectation(const struct policy *policy, unsigned index);

/* The verdict of a question. */
enum policy_verdict policy_answer(const struct policy *policy, const struct catalogue *catalogue,
	const struct policy_question *question);

/* How far devices of the class may be kept at that time: pseudonyms only from the day on which
 * staff were informed to the monitoring's end, and never of guests, pupils and private devices
 * unless the class says so. */
enum policy_detail policy_detail_of(const struct policy *latest, uint16_t class_, uint64_t time_ns);
