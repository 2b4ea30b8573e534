/* Every table of the report: the types (report_table.h), by the file that fills them. */
#pragma once

#include "dashboards/report/report_table.h"

/* tables_traffic.c: what went where */
extern const struct report_table_type table_zones, table_months, table_days, table_countries,
	table_matrix, table_apps, table_paths;
/* tables_hidden.c: what does not show what it is */
extern const struct report_table_type table_hidden, table_hidden_places, table_inferred;
/* tables_policy.c: what the rules said of it */
extern const struct report_table_type table_rule_hits, table_violations, table_residual,
	table_verdicts, table_alerts, table_attempts, table_block_weeks;
/* tables_rules.c: the rules and exceptions themselves, as each version of the policy has them */
extern const struct report_table_type table_rules, table_exceptions;
/* tables_register.c: what the body keeps on record, against what was seen */
extern const struct report_table_type table_units, table_app_states, table_new_services,
	table_register, table_edpb, table_coverage, table_proof;
/* tables_assessed.c: what contracts name, against where services were seen */
extern const struct report_table_type table_services, table_observed;
/* tables_sources.c: what the report rests on */
extern const struct report_table_type table_compare, table_changes, table_sources, table_lookups,
	table_commands;
/* tables_versions.c: the data in force */
extern const struct report_table_type table_versions;

/* All of them, in the order of the report; NULL ends. */
extern const struct report_table_type *const report_tables[];

/* Sums that more than one of them, or a sentence, is made from. */

/* The zones in the order in which every list has them; how many. */
enum { REPORT_ZONES = 6 };
extern const uint8_t report_zones[REPORT_ZONES];

/* Sent to servers inside EU and EEA of services that a third country controls. */
struct overview_row report_inside_under_third(const struct report_model *model);

/* What our end sent out, all zones; and flows across the border, in all and without a name. */
uint64_t report_bytes_left(struct overview *overview);
uint64_t report_flows_across(struct overview *overview);
uint64_t report_flows_unnamed(struct overview *overview);

/* How the body stands to an app: allowed, denied, to_assess, pending, no_decision. */
const char *report_app_state(const struct report_model *model, uint16_t app);
