/* An alert: one case that somebody should look at, whatever raised it.
 *
 * It has a kind, a subject (a rule and a unit, a sensor, or what a detector looked at: finding.h),
 * a severity in printed steps, arguments (what the sentence is made of) and evidence, which is
 * frozen when the alert is first written: the largest flows behind it and the policy then in force.
 * How it is told is made from these alone.
 *
 * The id is stable: the same case has the same id from run to run. As text it begins with a letter,
 * so that no spreadsheet takes it for a number.
 *
 * Memory   a value; rule, units and apps are symbols, which outlive the policy that named them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/alert/finding.h"
#include "analyzer/record/pseudonyms.h"
#include "analyzer/record/record.h"
#include "analyzer/record/reference.h"
#include "analyzer/rollup/cell.h"

struct text;

/* Severity: of a policy finding as its rule says, else this. From POLICY_BLOCK_LEAK on they are
 * what detectors found, but for the sensor's. */
#define ALERT_KINDS(X)                                                                             \
	X(POLICY_VIOLATION, "policy.violation", MEDIUM)                                            \
	X(POLICY_NOT_APPROVED, "policy.not-approved", MEDIUM)                                      \
	X(POLICY_EXCEPTION_CONDITION, "policy.exception-condition", MEDIUM)                        \
	X(POLICY_EXCEPTION_EXPIRED, "policy.exception-expired", MEDIUM)                            \
	X(SENSOR_SILENT, "sensor.silent", HIGH)                                                    \
	X(SENSOR_LOSS, "sensor.loss", HIGH)                                                        \
	X(SENSOR_DROPS, "sensor.drops", HIGH)                                                      \
	X(SENSOR_STALE_DATA, "sensor.stale-data", MEDIUM)                                          \
	X(POLICY_BLOCK_LEAK, "policy.block-leak", HIGH)                                            \
	X(TRANSFER_THIRD_COUNTRY, "transfer.third-country", MEDIUM)                                \
	X(ANOMALY_VOLUME, "anomaly.volume", MEDIUM)                                                \
	X(ANOMALY_SLOW_EXFILTRATION, "anomaly.slow-exfiltration", MEDIUM)                          \
	X(ANOMALY_PEERS, "anomaly.peers", LOW)                                                     \
	X(ANOMALY_AFTER_SILENCE, "anomaly.after-silence", LOW)                                     \
	X(ANOMALY_NEW_APP, "anomaly.new-app", LOW)                                                 \
	X(ANOMALY_NEW_DESTINATION, "anomaly.new-destination", LOW)                                 \
	X(ANOMALY_WAVE, "anomaly.wave", MEDIUM)                                                    \
	X(ANOMALY_UNRESOLVED, "anomaly.unresolved", LOW)                                           \
	X(ANOMALY_BEACON, "anomaly.beacon", MEDIUM)                                                \
	X(ANOMALY_INFERRED_APP, "anomaly.inferred-app", LOW)                                       \
	X(ANOMALY_UNNAMED_SHARE, "anomaly.unnamed-share", LOW)                                     \
	X(POLICY_REVIEW_OVERDUE, "policy.review-overdue", LOW)                                     \
	X(POLICY_ASSESSMENT_LAPSED, "policy.assessment-lapsed", LOW)                               \
	X(POLICY_EXCEPTION_EXPIRING, "policy.exception-expiring", LOW)                             \
	X(POLICY_EXCEPTION_ENDED, "policy.exception-ended", LOW)                                   \
	X(ALERTS_STORM, "alerts.storm", HIGH)

enum alert_kind {
#define X(id, name, severity) ALERT_##id,
	ALERT_KINDS(X)
#undef X
		ALERT_KIND_COUNT
};

const char *alert_kind_name(enum alert_kind kind);

/* Is a kind of that name inferred, so that the budget of false alerts covers it? The others are
 * exact: rules, sensors, what nobody has to believe. */
bool alert_kind_has_budget(const char *name);

/* The number is event.severity, as Elastic's rules count. */
#define ALERT_SEVERITIES(X)                                                                        \
	X(LOW, "low", 21)                                                                          \
	X(MEDIUM, "medium", 47)                                                                    \
	X(HIGH, "high", 73)                                                                        \
	X(CRITICAL, "critical", 99)

enum alert_severity {
#define X(id, name, number) ALERT_SEVERITY_##id,
	ALERT_SEVERITIES(X)
#undef X
		ALERT_SEVERITY_COUNT
};

const char *alert_severity_name(enum alert_severity severity);
unsigned alert_severity_number(enum alert_severity severity);

/* Why it is written: it is new; it grew as stated (alerts.h); its last numbers, which nobody need
 * be told of. */
enum alert_notice { ALERT_NOTICE_NEW, ALERT_NOTICE_GROWTH, ALERT_NOTICE_UPDATE };

const char *alert_notice_name(enum alert_notice notice);

enum { ALERT_SUPPRESSION_BYTES = 40 };

enum { ALERT_FLOWS_MAX = 8, ALERT_COUNTRIES_MAX = 8, ALERT_APPS_MAX = 8, ALERT_NAME_BYTES = 80 };

struct alert_flow {
	uint64_t id, start_ns, bytes_up, bytes_down;
	char device[ADDR_TEXT_MAX]; /* address, or pseudonym */
	char name[128];             /* "" where none was seen */
	char network[64];           /* who runs the server's network */
	char country[3];
	uint32_t asn;
};

struct alert_evidence {
	bool is_frozen;
	char policy_hash[65]; /* in force when it was raised */
	unsigned flow_count;
	struct alert_flow flows[ALERT_FLOWS_MAX]; /* the largest first */
};

/* What a finding of the policy is about: a rule in a unit, in a week of the policy's time zone. */
struct alert_case {
	uint16_t rule, unit, exception; /* exception: that holds no longer; 0 none */
	int64_t week;                   /* day number of its Monday */
	uint64_t flows, bytes_up, bytes_down, devices;
	uint64_t unseen_up, unseen_down; /* records of which that way did not cross the sensor */
	bool is_estimate;                /* devices */
	/* Some are of those that are kept as sums alone (device_detail.h): none of them is named,
	 * and fewer than k of them are not counted aloud. */
	bool has_unnamed;
	struct addr device; /* the first, where addresses are shown; else its pseudonym */
	char pseudonym[PSEUDONYM_LENGTH + 1];
	uint16_t class_, apps[ALERT_APPS_MAX];
	unsigned app_count;                            /* in order of sight */
	bool apps_more;                                /* than fit; how many is not remembered */
	char server_countries[ALERT_COUNTRIES_MAX][3]; /* in order of sight; "" ends */
	/* Of the surest flow: */
	struct verdict verdict;
	struct geo_place place;
	char organization[128], domain[254];
};

static inline enum cell_way alert_case_way_up(const struct alert_case *of)
{
	return cell_way_of(of->bytes_up, of->unseen_up, of->flows);
}

static inline enum cell_way alert_case_way_down(const struct alert_case *of)
{
	return cell_way_of(of->bytes_down, of->unseen_down, of->flows);
}

/* What is said of a sensor. */
struct alert_sensor {
	char name[ALERT_NAME_BYTES];
	char output[32]; /* sensor.loss: of which output */
	uint64_t lost;   /* records */
	char reason[256];
};

struct alert {
	uint64_t id;
	uint8_t kind, notice;
	uint32_t revision; /* 0 is the first */
	uint64_t first_ns, last_ns;
	struct alert_case of; /* of the policy's kinds */
	struct alert_sensor sensor;
	struct finding finding; /* of what a detector found */
	struct alert_evidence evidence;
	/* Recorded, and nobody is told: the suppression that it falls under ("" none); one of many
	 * in a storm, which is an alert of its own. */
	char suppression[ALERT_SUPPRESSION_BYTES];
	bool is_in_storm;
};

/* Is it a case of a rule; or what a detector found? Otherwise it is about a sensor. */
bool alert_is_of_policy(const struct alert *alert);
static inline bool alert_is_finding(const struct alert *alert)
{
	return alert->finding.sentence[0] != '\0';
}

enum { ALERT_ID_BYTES = 18 };
void alert_format_id(const struct alert *alert, char text[ALERT_ID_BYTES]);

/* A case about a sensor: one id for what happened to it at that time. */
struct alert alert_of_sensor(enum alert_kind kind, const char *sensor, uint64_t since_ns);

/* What a detector found. identity: of the series or thing, the same from run to run; first_ns: when
 * it began. sentence: key of its message. */
struct alert alert_of_finding(enum alert_kind kind, const char *observer, const char *identity,
	uint64_t first_ns, const char *sentence);

/* The steps of a severity, as alerts hold them: where it began, and what moved it. What people read
 * of them alert_entry_put_steps() says in their language. */
#define ALERT_STEP_BY_RULE "rule:"
#define ALERT_STEP_BY_KIND "kind:"
#define ALERT_STEP_UP      "secrecy:+1"
#define ALERT_STEP_DOWN    "weak-evidence:-1"

/* The rule's word, one step up where the unit's information is under secrecy or more, one down
 * where the evidence is weak. steps: of a JSON array ("rule:high","secrecy:+1"); may be NULL. */
enum alert_severity alert_severity_of(
	const struct alert *alert, const struct reference *reference, struct text *steps);

/* What is the same in all that a run writes. Each may be NULL. */
struct alert_origin {
	const char *organization; /* organization.id */
	const char *observer;     /* observer.name */
	const char *page;         /* event.url is an alert's place below this address */
};

/* Where it is shown, below the origin's address; "" where there is none. */
void alert_format_page(
	const struct alert *alert, const struct alert_origin *origin, char *page, size_t room);

/* The state that it has before anybody looked at it: new, or suppressed. */
const char *alert_state_name(const struct alert *alert);

/* The alert as one JSON object (ECS and ours), and its one plain sentence why. */
void alert_put_json(struct text *text, const struct alert *alert, const struct reference *reference,
	const struct alert_origin *origin);
void alert_put_sentence(
	struct text *text, const struct alert *alert, const struct reference *reference);

/* Is the number of devices one that is said? Otherwise it is "fewer than k". */
bool alert_says_devices(const struct alert *alert, const struct reference *reference);

/* App, unit, flows and bytes of a case of the policy, and never the device. */
void alert_put_short(
	struct text *text, const struct alert *alert, const struct reference *reference);
