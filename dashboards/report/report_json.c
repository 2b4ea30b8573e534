/* The report for programs: what a run's summary says (summary_json.c), and beside it the lights and
 * every table under its name, a member a column. Names are never given another meaning. */
#include "base/json.h"
#include "dashboards/report/report.h"
#include "dashboards/report/report_calendar.h"
#include "dashboards/report/report_lights.h"
#include "dashboards/report/report_tables.h"
#include "dashboards/report/report_value.h"

static void put_lights(struct json *json, const struct report_model *model)
{
	struct report_lights lights;

	report_lights_init(&lights, model, NULL);
	json_object_begin(json, "lights");
	for (unsigned i = 0; i < LIGHT_COUNT; i++) {
		const char *state = report_light_state_name(lights.lights[i].state);
		json_string(json, report_light_name(i), state + sizeof("light_") - 1);
	}
	json_object_end(json);
	json_array_begin(json, "actions");
	for (unsigned i = 0; i < lights.action_count; i++) {
		json_string(json, NULL, lights.actions[i].key + sizeof("action_") - 1);
	}
	json_array_end(json);
	report_lights_deinit(&lights);
}

/* The columns of the row that say at least, where they are numbers. */
static void put_floors(struct json *json, const struct report_table *table, size_t row)
{
	bool is_open = false;

	for (unsigned i = 0; i < table->column_count; i++) {
		const struct report_value *value = &table->rows[row].values[i];
		bool is_number = value->kind == VALUE_BYTES || value->kind == VALUE_COUNT;
		if (!is_number || !value->is_at_least) {
			continue;
		}
		if (!is_open) {
			json_array_begin(json, "at_least");
			is_open = true;
		}
		json_string(json, NULL, report_column(table->type, i).key);
	}
	if (is_open) {
		json_array_end(json);
	}
}

static void put_table(
	struct json *json, const struct report_model *model, const struct report_table_type *type)
{
	struct report_table table;

	report_table_fill(&table, type, model);
	json_array_begin(json, type->id);
	for (size_t row = 0; row < table.count; row++) {
		json_object_begin(json, NULL);
		if (table.rows[row].kind == ROW_SUM) {
			json_bool(json, "is_sum", true);
		}
		for (unsigned i = 0; i < table.column_count; i++) {
			report_value_put_json(json, report_column(type, i).key,
				&table.rows[row].values[i], model);
		}
		put_floors(json, &table, row);
		json_object_end(json);
	}
	json_array_end(json);
	report_table_deinit(&table);
}

static void put_report(struct json *json, const struct report_model *model)
{
	const struct report_value from = { .kind = VALUE_TIME, .number = model->from_ns },
				  to = { .kind = VALUE_TIME, .number = model->to_ns };

	json_object_begin(json, "report");
	json_string(json, "format", "borderflow.report.1");
	if (model->period) {
		json_string(json, "period", model->period);
		report_value_put_json(json, "from", &from, model);
		report_value_put_json(json, "to", &to, model);
		json_u64(json, "edition", model->edition);
	}
	if (model->calendar) {
		json_u64(json, "days_withheld", report_calendar_withheld(model->calendar));
	}
	put_lights(json, model);
	json_object_begin(json, "tables");
	for (unsigned i = 0; report_tables[i]; i++) {
		put_table(json, model, report_tables[i]);
	}
	json_object_end(json);
	json_object_end(json);
}

void report_put_json(struct text *text, const struct report_model *model)
{
	struct json json = json_over(text);

	json_object_begin(&json, NULL);
	summary_put_members(&json, model);
	put_report(&json, model);
	json_object_end(&json);
	text_put_char(text, '\n');
}
