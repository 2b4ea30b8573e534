/* What does not show what it is: by reason, by unit and zone, and what it may be. */
#include <stdio.h>
#include <stdlib.h>

#include "dashboards/report/report_tables.h"

static void fill_hidden(struct report_table *table, const struct report_model *model)
{
	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		struct overview_row row = overview_unnamed(model->overview, i);
		if (row.packets > 0) {
			report_row(table, ROW_PLAIN);
			report_put_word(table, "unnamed", unnamed_reason_name(i));
			report_put_sums(table, model, &row);
		}
	}
}

const struct report_table_type table_hidden = {
	.id = "hidden",
	.columns = { "reason", ">sent", ">received", ">flows", ">devices" },
	.key_columns = 1,
	.fill = fill_hidden,
};

static void put_place(struct report_table *table, const struct report_model *model,
	const struct overview_place *place)
{
	const struct overview_row *total = &place->total, *hidden = &place->hidden;
	enum unnamed_reason reason = report_model_chief_reason(model, place);

	report_row(table, ROW_PLAIN);
	report_put_unit(table, place->unit);
	report_put_word(table, "zone", geo_zone_name(place->zone));
	report_put_figure(table, model, report_share(hidden->flows, total->flows));
	report_put_figure(table, model,
		report_share(hidden->bytes_up + hidden->bytes_down,
			total->bytes_up + total->bytes_down));
	report_put_figure(table, model, report_count(hidden->flows));
	if (reason < UNNAMED_REASON_COUNT && !report_model_hides(model)) {
		report_put_word(table, "unnamed", unnamed_reason_name(reason));
	} else {
		report_put_none(table);
	}
}

static void fill_hidden_places(struct report_table *table, const struct report_model *model)
{
	struct overview_place *places;
	size_t count = report_model_places(model, &places);

	for (size_t i = 0; i < count; i++) {
		if (places[i].hidden.packets > 0) {
			put_place(table, model, &places[i]);
		}
	}
	free(places);
}

const struct report_table_type table_hidden_places = {
	.id = "hidden_places",
	.columns = { "unit", "zone", ">hidden-flows", ">hidden-bytes", ">flows", "chief-reason" },
	.key_columns = 2,
	.fill = fill_hidden_places,
};

static void fill_inferred(struct report_table *table, const struct report_model *model)
{
	const struct overview_inferred *rows;
	size_t count = overview_inferred(model->overview, &rows);

	for (size_t i = 0; i < count; i++) {
		char confidence[32];
		snprintf(confidence, sizeof(confidence), "%u\xe2\x80\x93%u",
			rows[i].confidence_least, rows[i].confidence_most);
		report_row(table, ROW_PLAIN);
		report_put_app(table, rows[i].app);
		report_put_country(table, report_model_app(model, rows[i].app).parent_country);
		report_put_copy(table, confidence);
		report_put_sums(table, model, &rows[i].total);
	}
}

const struct report_table_type table_inferred = {
	.id = "inferred",
	.columns = { "service", "control", "confidence", ">sent", ">received", ">flows",
		">devices" },
	.key_columns = 1,
	.fill = fill_inferred,
};
