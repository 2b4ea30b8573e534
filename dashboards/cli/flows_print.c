/* Records and groups as ndjson, csv or a table. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/format/record_csv.h"
#include "base/clock.h"
#include "dashboards/cli/flows_cmd.h"
#include "dashboards/cli/flows_packets.h"
#include "dashboards/cli/group_forms.h"
#include "dashboards/cli/terminal.h"

/* The first of them that the record has. */
static void put_first(struct text *text, const struct field_view *view, const char *const *paths)
{
	for (; *paths && text->length == 0; paths++) {
		const struct field *field = field_find(*paths, strlen(*paths));
		struct field_value value;
		if (field_get(field, view, &value)) {
			field_put_text(text, field, &value);
		}
	}
}

static void put_field(struct table *table, unsigned column, const struct field_view *view,
	const char *const *paths)
{
	char memory[512];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	put_first(&text, view, paths);
	table_cell_escaped(table, column, memory);
}

void flows_cell_device(struct table *table, unsigned column, const char *device)
{
	enum { IPV4_COLUMNS = 15 };

	if (strlen(device) <= IPV4_COLUMNS) {
		table_cell_end(table, column, device);
	} else {
		table_cell_escaped(table, column, device);
	}
}

static void put_device(struct table *table, unsigned column, const struct field_view *view)
{
	char memory[TABLE_CELL_MAX];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	put_first(&text, view, (const char *const[]){ "borderflow.device", "source.ip", NULL });
	flows_cell_device(table, column, memory);
}

/* What did not cross the sensor is not known. */
static void put_size(struct table *table, unsigned column, const struct record *record,
	const uint64_t *bytes, unsigned end)
{
	if (record_knows_bytes(record, end)) {
		table_cell_size(table, column, bytes[end]);
	} else {
		table_cell(table, column, "?");
	}
}

void flows_put_when(char when[FLOWS_WHEN_BYTES], const struct field_view *view)
{
	const struct flow_record *flow = &view->record->flow;
	char time[LOCAL_TEXT_LENGTH + 1];

	local_format(view->zone, view->as_part ? flow->start_ns : flow->flow_start_ns, time);
	snprintf(when, FLOWS_WHEN_BYTES, "%.5s %.8s", time + 5, time + 11);
}

void flows_put_clock(
	char heading[FLOWS_HEADING_BYTES], const char *name, const struct flows_answer *answer)
{
	const char *zone = answer->question.zone ? local_zone_name(answer->question.zone) : "UTC";
	const char *city = strrchr(zone, '/');

	snprintf(heading, FLOWS_HEADING_BYTES, "%s (%s)", name, city ? city + 1 : zone);
}

static void put_table_row(struct table *table, const struct field_view *view)
{
	char when[FLOWS_WHEN_BYTES];
	const struct record *record = view->record;
	const uint64_t *bytes = view->as_part ? record->flow.bytes : record->flow.total_bytes;
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;

	table_row(table);
	flows_put_when(when, view);
	table_cell_end(table, 0, when); /* a time is never cut */
	put_device(table, 1, view);
	put_field(table, 2, view,
		(const char *const[]){ "destination.domain", "destination.ip", NULL });
	put_field(table, 3, view, (const char *const[]){ "network.application", NULL });
	if (record->verdict.inferred) {
		table_cell_end(table, 3, " (inferred)");
	}
	put_field(table, 4, view, (const char *const[]){ "borderflow.server_country", NULL });
	put_field(table, 5, view, (const char *const[]){ "borderflow.app.parent_country", NULL });
	put_size(table, 6, record, bytes, own);
	put_size(table, 7, record, bytes, !own);
}

int flows_write_out(struct flows_answer *answer, size_t least, struct err *err)
{
	int status = 0;

	if (answer->text.truncated) {
		return err_set(err, ENOMEM, "out of memory");
	}
	if (answer->text.length >= least) {
		status = out_file_write(&answer->out, answer->text.at, answer->text.length, err);
		text_clear(&answer->text);
	}
	return status;
}

int flows_print_record(struct flows_answer *answer, const struct field_view *view, struct err *err)
{
	if (answer->packets) {
		answer->printed++;
		return flows_packets_take(answer->packets, view, err);
	}
	answer->has_parts |= !answer->settings->whole && view->record->flow.part > 0;
	if (answer->rows) {
		return flows_rows_take(answer->rows, answer, view, err);
	}
	answer->printed++;
	switch (answer->form) {
	case FORM_NDJSON:
		record_json_put(answer->plan, &answer->text, view);
		text_put_char(&answer->text, '\n');
		break;
	case FORM_CSV:
		record_csv_put(&answer->text, view);
		break;
	case FORM_TABLE:
		put_table_row(&answer->table, view);
		break;
	}
	answer->is_full = answer->settings->limit && answer->printed >= answer->settings->limit;
	return flows_write_out(answer, OUT_FILE_BUFFER_BYTES, err);
}

void flows_print_table(const struct flows_answer *answer)
{
	table_put(&answer->table, stdout, terminal_width(), terminal_has_color(),
		terminal_has_utf8());
}

void flows_say_more(size_t count, size_t shown)
{
	if (count > shown) {
		printf("... %zu more groups (--top 0 --format csv prints all)\n", count - shown);
	}
}

int flows_print_groups(struct flows_answer *answer, struct err *err)
{
	struct grouping *grouping = answer->grouping;
	const struct group_row *rows;
	size_t count = 0, top = answer->settings->top, at_least = 0;

	if (answer->sums) {
		count = flow_sums_rows(answer->sums, top, &rows);
	} else {
		count = grouping_rows(grouping, top, &rows);
	}
	if (answer->form == FORM_CSV) {
		group_put_csv_header(&answer->text, grouping);
	}
	for (size_t i = 0; i < count; i++) {
		if (answer->form == FORM_NDJSON) {
			group_put_json(&answer->text, grouping, &rows[i]);
		} else if (answer->form == FORM_CSV) {
			group_put_csv(&answer->text, grouping, &rows[i]);
			at_least += group_has_at_least(grouping, &rows[i]);
		} else if (i < TABLE_ROWS_MAX - 1) {
			group_put_table_row(&answer->table, grouping, &rows[i]);
		}
	}
	if (answer->form == FORM_TABLE) {
		flows_print_table(answer);
		size_t shown = count < TABLE_ROWS_MAX - 1 ? count : TABLE_ROWS_MAX - 1;
		/* Of sums no groups were made: what was matched are their rows. */
		flows_say_more(answer->sums ? answer->matched : grouping_count(grouping), shown);
	}
	if (at_least > 0) {
		cli_notice("flows",
			"sums of %zu group%s are at least what they say: of some flows one way did "
			"not cross the sensor (-o ndjson says which)",
			at_least, at_least == 1 ? "" : "s");
	}
	if (grouping_left_out(grouping)) {
		fprintf(stderr,
			"borderflow flows: %" PRIu64
			" records of further groups are left out: more "
			"than %d groups\n",
			grouping_left_out(grouping), GROUPS_MAX);
	}
	return flows_write_out(answer, 0, err);
}

bool flows_prepare_output(struct flows_answer *answer)
{
	char started[FLOWS_HEADING_BYTES];
	const char *const headings[] = { started, "from", "to", "app", "in", "under", ">up",
		">down", NULL };

	flows_put_clock(started, "started", answer);
	text_init_heap(&answer->text);
	answer->plan = json_plan_create();
	if (answer->rows) {
		struct err err;
		return answer->plan && flows_rows_begin(answer->rows, answer, &err) == 0;
	}
	if (answer->form == FORM_CSV && !answer->grouping) {
		record_csv_put_header(&answer->text);
	}
	if (answer->form != FORM_TABLE) {
		return answer->plan != NULL;
	}
	return answer->plan &&
	       (answer->grouping ? group_table_init(&answer->table, answer->grouping)
				 : table_init(&answer->table, headings));
}
