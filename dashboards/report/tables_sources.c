/* What the report rests on: the period before, the archives, and the command behind each table. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/policy/policy_history.h"
#include "base/local_time.h"
#include "base/text.h"
#include "dashboards/report/policies_in_force.h"
#include "dashboards/report/report_figures.h"
#include "dashboards/report/report_tables.h"

const struct report_table_type *const report_tables[] = { &table_compare, &table_changes,
	&table_sources, &table_zones, &table_months, &table_days, &table_countries, &table_matrix,
	&table_apps, &table_paths, &table_rules, &table_rule_hits, &table_violations,
	&table_residual, &table_verdicts, &table_alerts, &table_block_weeks, &table_attempts,
	&table_exceptions, &table_units, &table_app_states, &table_new_services, &table_services,
	&table_observed, &table_register, &table_edpb, &table_hidden, &table_hidden_places,
	&table_inferred, &table_coverage, &table_proof, &table_lookups, &table_versions,
	&table_commands, NULL };

struct figure {
	const char *name;
	struct report_value now;
};

enum { FIGURES_MAX = 10 };

static uint64_t inside_under_third(struct overview *overview)
{
	struct report_model model = { .overview = overview };

	return report_inside_under_third(&model).bytes_up;
}

static uint64_t flows_denied(struct overview *overview)
{
	const struct overview_verdict *rows;
	size_t count = overview_verdicts(overview, false, &rows);
	uint64_t flows = 0;

	for (size_t i = 0; i < count; i++) {
		flows += rows[i].verdict == POLICY_VERDICT_VIOLATION ? rows[i].total.flows : 0;
	}
	return flows;
}

static unsigned figures_of(struct overview *overview, struct figure figures[FIGURES_MAX])
{
	struct report_model model = { .overview = overview };
	uint64_t left = report_bytes_left(overview);
	const struct figure all[] = {
		{ "sent", report_bytes(left) },
		{ "outside", report_bytes(report_model_bytes_outside(&model)) },
		{ "outside_share", report_share(report_model_bytes_outside(&model), left) },
		{ "third", report_bytes(overview_zone(overview, GEO_ZONE_THIRD).bytes_up) },
		{ "inside_under_third", report_bytes(inside_under_third(overview)) },
		{ "unknown", report_bytes(overview_zone(overview, GEO_ZONE_UNKNOWN).bytes_up) },
		{ "flows", report_count(overview_total(overview).flows) },
		{ "hidden_share", report_share(report_flows_unnamed(overview),
					  report_flows_across(overview)) },
		{ "denied", report_count(flows_denied(overview)) },
	};

	memcpy(figures, all, sizeof(all));
	return sizeof(all) / sizeof(all[0]);
}

/* A share's change is told by the two shares themselves. */
static struct report_value change(const struct report_value *now, const struct report_value *before)
{
	if (now->kind == VALUE_SHARE || before->kind == VALUE_SHARE) {
		return (struct report_value){ .kind = VALUE_NONE };
	}
	return (struct report_value){
		.kind = VALUE_CHANGE, .number = now->number, .whole = before->number
	};
}

static void fill_compare(struct report_table *table, const struct report_model *model)
{
	struct report_model previous = { .overview = model->previous,
		.group_minimum = model->group_minimum };
	struct figure now[FIGURES_MAX], before[FIGURES_MAX];
	unsigned count = figures_of(model->overview, now);

	if (!model->previous || report_model_hides(&previous)) {
		return;
	}
	figures_of(model->previous, before);
	for (unsigned i = 0; i < count; i++) {
		report_row(table, ROW_PLAIN);
		report_put_word(table, "figure", now[i].name);
		report_put_figure(table, model, now[i].now);
		report_put(table, before[i].now);
		report_put_figure(table, model, change(&now[i].now, &before[i].now));
	}
}

const struct report_table_type table_compare = {
	.id = "compared",
	.columns = { "figure_name", ">now", ">before", ">change" },
	.key_columns = 1,
	.fill = fill_compare,
};

/* Columns of what was sent and received, in whatever table. */
static bool is_bytes(const struct report_change *change)
{
	bool is_by_zone =
		strcmp(change->table, "days") == 0 || strcmp(change->table, "months") == 0;

	return strcmp(change->column, "sent") == 0 || strcmp(change->column, "received") == 0 ||
	       (is_by_zone && strcmp(change->column, "flows") != 0 &&
		       strcmp(change->column, "denied") != 0 &&
		       strcmp(change->column, "devices") != 0);
}

/* A figure as figures.tsv has it, as the number that it was. */
static void put_changed(
	struct report_table *table, const struct report_change *change, const char *figure)
{
	struct report_value value = { .kind = VALUE_TEXT };
	char end;

	if (sscanf(figure, "{\"part\":%" SCNu64 ",\"whole\":%" SCNu64 "%c", &value.number,
		    &value.whole, &end) == 3) {
		value.kind = value.whole ? VALUE_SHARE : VALUE_NONE;
	} else if (sscanf(figure, "{\"now\":%" SCNu64 ",\"before\":%" SCNu64 "%c", &value.number,
			   &value.whole, &end) == 3) {
		value.kind = VALUE_CHANGE;
	} else if (sscanf(figure, "{\"below\":%" SCNu64 "%c", &value.number, &end) == 2) {
		value.kind = VALUE_DEVICES;
		value.is_fewer = true;
	} else if (sscanf(figure, "{\"at_least\":%" SCNu64 "%c", &value.number, &end) == 2) {
		value.kind = VALUE_DEVICES;
		value.is_at_least = true;
	} else if (sscanf(figure, "{\"estimated\":%" SCNu64 "%c", &value.number, &end) == 2) {
		value.kind = VALUE_DEVICES;
		value.is_estimated = true;
	} else if (figure[0] && figure[strspn(figure, "0123456789")] == '\0') {
		value.kind = is_bytes(change) ? VALUE_BYTES : VALUE_COUNT;
		value.number = strtoull(figure, NULL, 10);
	} else {
		report_put_text(table, strcmp(figure, "null") == 0 ? "" : figure);
		return;
	}
	report_put(table, value);
}

/* What differs from the edition before. */
static void fill_changes(struct report_table *table, const struct report_model *model)
{
	for (size_t i = 0; model->changes && i < model->changes->count; i++) {
		const struct report_change *change = &model->changes->items[i];
		report_row(table, ROW_PLAIN);
		report_put_word(table, "table", change->table);
		report_put(table, (struct report_value){ .kind = VALUE_ROW, .text = change->row });
		report_put_word(table, "column", change->column);
		put_changed(table, change, change->before);
		put_changed(table, change, change->now);
	}
}

const struct report_table_type table_changes = {
	.id = "changes",
	.columns = { "table_name", "row", "column", ">before", ">now" },
	.key_columns = 3,
	.fill = fill_changes,
};

static void fill_sources(struct report_table *table, const struct report_model *model)
{
	for (unsigned i = 0; i < model->source_count; i++) {
		const struct report_source *source = &model->sources[i];
		report_row(table, ROW_PLAIN);
		report_put_text(table, source->folder);
		report_put_count(table, source->cells);
		report_put_count(table, source->gaps);
		report_put_count(table, source->gap_records);
		report_put_count(table, source->problems);
		report_put_since(table, source->deleted_until_ns);
		report_put_text(table, source->anchor);
		report_put_text(table, source->signer);
		report_put_text(table, source->lookups.last);
	}
	for (unsigned i = 0; i < model->input_count && model->source_count == 0; i++) {
		const char *name = strrchr(model->inputs[i], '/');
		report_row(table, ROW_PLAIN);
		report_put_text(table, name ? name + 1 : model->inputs[i]);
	}
}

const struct report_table_type table_sources = {
	.id = "sources",
	.columns = { "source", ">cells", ">gaps", ">missing", ">damaged", "deleted_until", "digest",
		"~signer", "~lookup_log" },
	.key_columns = 1,
	.fill = fill_sources,
	.command = "borderflow flows {archives} --verify",
};

/* How often data of single devices was asked for, by the logs beside the archives. */
static void fill_lookups(struct report_table *table, const struct report_model *model)
{
	for (unsigned kind = 0; kind < LOOKUP_KIND_COUNT && model->source_count > 0; kind++) {
		uint64_t count = 0;
		for (unsigned i = 0; i < model->source_count; i++) {
			count += model->sources[i].lookups.kinds[kind];
		}
		report_row(table, count > 0 && kind == LOOKUP_BREAK_GLASS ? ROW_MARKED : ROW_PLAIN);
		report_put_word(table, "lookup", lookup_kind_name(kind));
		report_put_count(table, count);
	}
}

const struct report_table_type table_lookups = {
	.id = "lookups",
	.columns = { "kind", ">times" },
	.key_columns = 1,
	.fill = fill_lookups,
};

/* "--archive a --archive b" and "--from 2026-03-01 --to 2026-04-01", as a shell takes them. */
static void put_archives(struct text *text, const struct report_model *model)
{
	for (unsigned i = 0; i < model->source_count; i++) {
		text_put(text, i > 0 ? " --archive " : "--archive ");
		text_put_shell(text, model->sources[i].folder);
	}
}

static void put_period(struct text *text, const struct report_model *model)
{
	const struct local_zone *zone = policy_header(model->reference->policy)->zone;
	char from[11], to[11];

	local_format_date(zone, model->from_ns, from);
	local_format_date(zone, model->to_ns, to);
	text_printf(text, "--from %s --to %s", from, to);
	if (zone) {
		text_put(text, " --time-zone ");
		text_put(text, local_zone_name(zone));
	}
}

/* The report itself, made again: of a report the last day is named, of flows the one after it. */
static void put_report(struct text *text, const struct report_model *model)
{
	const struct local_zone *zone = policy_header(model->reference->policy)->zone;
	char from[11], last[11];

	text_put(text, "borderflow report ");
	put_archives(text, model);
	local_format_date(zone, model->from_ns, from);
	local_format_date(zone, model->to_ns - 1, last);
	text_printf(text, " --from %s --to %s%s", from, last,
		model->report_options ? model->report_options : "");
}

/* What our end sent depends on who began a flow, which records tell; where they are not all there,
 * sums of both ways are what can be asked for. */
static void put_sums(struct text *text, const struct report_model *model)
{
	text_put(text, model->observed ? " --sum flows,source.bytes,destination.bytes"
				       : " --sum flows,bytes");
}

static void put_policy_path(struct text *text, const struct report_model *model)
{
	text_put_shell(text, model->policy_path ? model->policy_path : "POLICY.yaml");
}

/* Of several archives one may hold the question and another the answer: neither says that what was
 * denied passed, and the report decides it (archive_judged.h). The rows are those it decides of. */
#define OR_UNDECIDED " or (action == deny and block == none)"

static void put_command(struct text *text, const struct report_model *model, const char *command)
{
	while (*command) {
		size_t plain = strcspn(command, "{");
		text_put_bytes(text, command, plain);
		command += plain;
		if (strncmp(command, "{archives}", 10) == 0) {
			put_archives(text, model);
		} else if (strncmp(command, "{first}", 7) == 0) {
			text_put(text, "--archive ");
			text_put_shell(text, model->source_count ? model->sources[0].folder : "");
		} else if (strncmp(command, "{period}", 8) == 0) {
			put_period(text, model);
		} else if (strncmp(command, "{ways}", 6) == 0) {
			text_put(text, model->observed ? ",direction" : "");
			put_sums(text, model);
		} else if (strncmp(command, "{sums}", 6) == 0) {
			put_sums(text, model);
		} else if (strncmp(command, "{violations}", 12) == 0) {
			text_put(text, "verdict == violation");
			text_put(text, model->source_count > 1 ? OR_UNDECIDED : "");
		} else if (strncmp(command, "{verdict}", 9) == 0) {
			text_put(text, model->source_count > 1 ? ",verdict" : "");
		} else if (strncmp(command, "{rules}", 7) == 0) {
			text_put(text, policy_history_is(model->policy_path) ? "history --history "
									     : "print ");
			put_policy_path(text, model);
		} else if (strncmp(command, "{state}", 7) == 0) {
			text_put_shell(text, model->state_path ? model->state_path : "STATE");
		}
		command += strcspn(command, "}");
		command += *command == '}';
	}
}

static void put_question(struct report_table *table, const struct report_model *model,
	const char *question, const char *command)
{
	struct text text;

	text_init_heap(&text);
	put_command(&text, model, command);
	report_row(table, ROW_PLAIN);
	report_put_word(table, "question", question);
	report_put_copy(table, text.at ? text.at : "");
	text_deinit(&text);
}

/* Each version in force in the period, as its history keeps it; a policy of several files is a
 * folder there. */
static void put_versions(struct report_table *table, const struct report_model *model)
{
	struct policies_in_force policies;
	struct text text, path;

	policies_in_force_find(&policies, model);
	for (unsigned i = 0; i < policies.count; i++) {
		struct stat stat_of;
		text_init_heap(&text);
		text_init_heap(&path);
		text_printf(
			&path, "%s/%s", model->policy_path, policy_hash(policies.items[i].policy));
		if (path.at && stat(path.at, &stat_of) < 0) {
			text_put(&path, ".yaml");
		}
		text_put(&text, "borderflow policy print ");
		text_put_shell(&text, path.at ? path.at : "");
		report_row(table, ROW_PLAIN);
		report_put_word(table, "question", "rules");
		report_put_copy(table, text.at ? text.at : "");
		text_deinit(&text);
		text_deinit(&path);
	}
}

static void put_question_of_rules(struct report_table *table, const struct report_model *model)
{
	put_question(table, model, "rules", "borderflow policy {rules}");
	if (policy_history_is(model->policy_path)) {
		put_versions(table, model);
	}
}

/* What an auditor asks of a report: which devices, which rule and since when, how complete, who
 * looked. */
static void put_questions(struct report_table *table, const struct report_model *model)
{
	put_question(table, model, "devices",
		"borderflow flows {archives} {period} --key KEYFILE --reason REASON "
		"-g device,rule,app{verdict} --top 0 '{violations}'");
	put_question_of_rules(table, model);
	put_question(table, model, "complete", "borderflow flows {archives} --verify");
	put_question(table, model, "lookups", "borderflow reveal --audit {first} --reason REASON");
}

/* A table that no other command yields is had from the report itself, as JSON. */
static void fill_commands(struct report_table *table, const struct report_model *model)
{
	struct text text;

	if (model->source_count > 0) {
		put_questions(table, model);
	}
	for (unsigned i = 0; report_tables[i] && model->source_count > 0; i++) {
		const struct report_table_type *type = report_tables[i];
		text_init_heap(&text);
		if (type->command) {
			put_command(&text, model, type->command);
		} else {
			put_report(&text, model);
		}
		report_row(table, ROW_PLAIN);
		report_put_word(table, "table", type->id);
		report_put_copy(table, text.at ? text.at : "");
		text_deinit(&text);
	}
}

const struct report_table_type table_commands = {
	.id = "commands",
	.columns = { "table_name", "command" },
	.key_columns = 1,
	.fill = fill_commands,
};
