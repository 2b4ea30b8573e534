/* What the report rests on: the period before, the archives, the data in force, and the command
 * behind each table. */
#include <stdlib.h>
#include <string.h>

#include "base/local_time.h"
#include "base/text.h"
#include "dashboards/report/report_figures.h"
#include "dashboards/report/report_tables.h"
#include "dashboards/report/report_versions.h"

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

/* What differs from the edition before. */
static void fill_changes(struct report_table *table, const struct report_model *model)
{
	for (size_t i = 0; model->changes && i < model->changes->count; i++) {
		const struct report_change *change = &model->changes->items[i];
		report_row(table, ROW_PLAIN);
		report_put_word(table, "table", change->table);
		report_put_text(table, change->row);
		report_put_word(table, "column", change->column);
		report_put_text(table, change->before);
		report_put_text(table, change->now);
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
		report_put_date(table, source->deleted_until_ns);
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

static void put_version(struct report_table *table, const char *part, const char *name,
	uint64_t date_ns, const char *digest)
{
	report_row(table, ROW_PLAIN);
	report_put_word(table, "version", part);
	report_put_text(table, name);
	report_put_date(table, date_ns);
	report_put_text(table, digest);
}

/* By which flows of the period were judged, whatever policy the report is made with. */
static void put_policies_of_sensors(struct report_table *table, const struct report_model *model)
{
	const struct local_zone *zone = policy_header(model->reference->policy)->zone;
	const struct report_versions *versions = model->versions;
	char moment[LOCAL_TEXT_LENGTH + 1], name[128];

	for (unsigned i = 0; versions && i < versions->policy_count; i++) {
		const struct policy_acceptance *policy = &versions->policies[i];
		local_format(zone, policy->in_force_ns, moment);
		snprintf(name, sizeof(name), "%s %.10s %.5s", policy->by, moment, moment + 11);
		report_row(table, ROW_PLAIN);
		report_put_word(table, "version", "policy_of_sensor");
		report_put_copy(table, name);
		report_put_date(table, policy->in_force_ns);
		report_put_text(table, policy->hash);
	}
}

static void fill_versions(struct report_table *table, const struct report_model *model)
{
	const struct reference *reference = model->reference;
	const struct geo *geo = reference->geo;

	put_version(table, "policy", policy_header(reference->policy)->reference, 0,
		policy_hash(reference->policy));
	put_policies_of_sensors(table, model);
	put_version(table, "catalogue", "", 0, catalogue_hash(reference->catalogue));
	for (size_t i = 0; geo && i < geo_database_count(geo); i++) {
		put_version(table, "geo", geo_database_file(geo, i), geo_database_built_ns(geo, i),
			report_versions_database(model->versions, i));
	}
	put_version(table, "zones", "jurisdictions.tsv", 0,
		model->versions ? model->versions->zones : "");
}

const struct report_table_type table_versions = {
	.id = "in_force",
	.columns = { "part", "name", "date", "digest" },
	.key_columns = 2,
	.fill = fill_versions,
	.command = "borderflow geo info",
};

/* "--archive a --archive b" and "--from 2026-03-01 --to 2026-04-01", as a shell takes them. */
static void put_quoted(struct text *text, const char *word)
{
	bool is_plain =
		word[0] && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789_-./:=,+@") == strlen(word);

	if (is_plain) {
		text_put(text, word);
		return;
	}
	text_put_char(text, '\'');
	for (; *word; word++) {
		if (*word == '\'') {
			text_put(text, "'\\''");
		} else {
			text_put_char(text, *word);
		}
	}
	text_put_char(text, '\'');
}

static void put_archives(struct text *text, const struct report_model *model)
{
	for (unsigned i = 0; i < model->source_count; i++) {
		text_put(text, i > 0 ? " --archive " : "--archive ");
		put_quoted(text, model->sources[i].folder);
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

/* Of a report the last day is named, of flows the one after it. */
static void put_report_period(struct text *text, const struct report_model *model)
{
	const struct local_zone *zone = policy_header(model->reference->policy)->zone;
	char from[11], last[11];

	local_format_date(zone, model->from_ns, from);
	local_format_date(zone, model->to_ns - 1, last);
	text_printf(text, " --from %s --to %s --policy POLICY.yaml", from, last);
}

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
			put_quoted(text, model->source_count ? model->sources[0].folder : "");
		} else if (strncmp(command, "{period}", 8) == 0) {
			put_period(text, model);
		} else if (*command == '{') {
			text_put(text, "POLICY.yaml");
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

/* What an auditor asks of a report: which devices, which rule and since when, how complete, who
 * looked. */
static void put_questions(struct report_table *table, const struct report_model *model)
{
	static const char *const questions[][2] = {
		{ "devices", "borderflow flows {archives} {period} --key KEYFILE --reason REASON "
			     "-g device,rule,app --top 0 'verdict == violation'" },
		{ "rules", "borderflow policy print {policy}" },
		{ "complete", "borderflow flows {archives} --verify" },
		{ "lookups", "borderflow reveal --audit {first} --reason REASON" },
	};

	for (unsigned i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		put_question(table, model, questions[i][0], questions[i][1]);
	}
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
			text_printf(&text, "borderflow report ");
			put_archives(&text, model);
			put_report_period(&text, model);
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
