/* Flows themselves, for roles that may see devices: as a list, as a file, or one by its id. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/format/fields.h"
#include "analyzer/format/query.h"
#include "analyzer/format/saved_filters.h"
#include "analyzer/format/record_csv.h"
#include "analyzer/format/record_json.h"
#include "dashboards/web/api.h"

enum {
	FLOWS_USUAL = 100,
	FLOWS_MOST = 10000,
	FILE_MOST = 1000000,
	FILE_BYTES = 64 << 20, /* of one download: the server's memory is not without end */
	FILTER_BYTES = 4096
};

enum form { FORM_JSON, FORM_CSV, FORM_NDJSON };

struct listing {
	struct call *call;
	struct json_plan *plan;
	enum form form;
	uint64_t told, most;
	bool is_cut; /* there is more */
};

static void put_flow(struct listing *listing, const struct archived *flow)
{
	const struct field_view view = {
		.record = &flow->record, .labels = &flow->labels, .zone = listing->call->clock.zone
	};
	struct text *body = &listing->call->response->body;

	if (listing->form == FORM_CSV) {
		record_csv_put(body, &view);
		return;
	}
	if (listing->form == FORM_JSON && listing->told > 0) {
		text_put_char(body, ',');
	}
	record_json_put(listing->plan, body, &view);
	if (listing->form == FORM_NDJSON) {
		text_put_char(body, '\n');
	}
}

static bool tell_flow(void *context, const struct archived *flow)
{
	struct listing *listing = context;

	listing->is_cut =
		listing->told == listing->most || listing->call->response->body.length > FILE_BYTES;
	if (!listing->is_cut) {
		put_flow(listing, flow);
		listing->told++;
	}
	return !listing->is_cut;
}

/* A session that is bound to a unit sees that unit's flows, whatever the filter says. */
static int make_filter(
	const struct call *call, const char *where, struct text *filter, struct err *err)
{
	struct query *query = NULL;
	char memory[FILTER_BYTES + 1];
	struct text typed;

	text_init(&typed, memory, sizeof(memory));
	int status = saved_filters_expand(&typed, where, err);
	if (status == 0 && typed.truncated) {
		status = err_set(err, EINVAL, "where: expected at most %d bytes", FILTER_BYTES);
	}
	where = memory;
	if (status == 0 && *where) {
		status = query_parse(&query, where, NULL, err);
	}
	query_free(query);
	if (status < 0) {
		return status;
	}
	if (call->who.unit[0] && strpbrk(call->who.unit, "\"\\")) {
		return err_set(err, EPERM, "the unit's name cannot be asked for");
	}
	if (call->who.unit[0]) {
		text_printf(filter, "unit == \"%s\"", call->who.unit);
	}
	if (*where) {
		text_printf(filter, "%s(%s)", filter->length ? " and " : "", where);
	}
	return 0;
}

static int ask_flows(struct listing *listing, const struct view_flows *question,
	struct view_notes *notes, struct err *err)
{
	struct call *call = listing->call;
	struct view *view = views_take_flows(call->web->views, err);

	if (!view) {
		return -EIO;
	}
	int status = call_source_status(
		view_ask_flows(view, &call->access, question, tell_flow, listing, notes, err));
	views_give(call->web->views, view);
	return status;
}

static enum form choose_form(const struct call *call)
{
	const char *format = http_parameter(call->request, "format");

	return strcmp(format, "csv") == 0      ? FORM_CSV
	       : strcmp(format, "ndjson") == 0 ? FORM_NDJSON
					       : FORM_JSON;
}

static void begin_file(struct listing *listing)
{
	struct call *call = listing->call;

	if (listing->form == FORM_CSV) {
		call_attach(call, "text/csv; charset=utf-8", "flows", "csv");
		record_csv_put_header(&call->response->body);
	} else {
		call_attach(call, "application/x-ndjson", "flows", "ndjson");
	}
}

static void list_flows(struct listing *listing, const struct view_flows *question)
{
	struct call *call = listing->call;
	struct text *body = &call->response->body;
	struct view_notes notes;
	struct err err;

	if (listing->form == FORM_JSON) {
		text_put(body, "{\"flows\":[");
	} else {
		begin_file(listing);
	}
	int status = ask_flows(listing, question, &notes, &err);
	if (status < 0) {
		call_fail(call, status, &err);
	} else if (listing->form == FORM_JSON) {
		text_put_char(body, ']');
		call->json.needs_comma = true;
		put_notes(&call->json, &notes);
		json_u64(&call->json, "first", question->first);
		json_bool(&call->json, "has_more", listing->is_cut);
		text_put_char(body, '}');
	} else if (listing->is_cut) {
		http_header(call->response, "X-Has-More", "true");
	}
}

static void answer_listing(
	struct call *call, struct listing *listing, struct view_flows *question, const char *where)
{
	struct text filter;
	struct err err;

	text_init_heap(&filter);
	listing->plan = json_plan_create();
	int status = listing->plan ? make_filter(call, where, &filter, &err)
				   : err_set(&err, ENOMEM, "out of memory");
	if (status < 0) {
		call_fail(call, status, &err);
	} else {
		question->filter = filter.length ? filter.at : NULL;
		list_flows(listing, question);
	}
	json_plan_destroy(listing->plan);
	text_deinit(&filter);
}

void answer_flows(struct call *call)
{
	struct listing listing = { .call = call, .form = choose_form(call) };
	uint64_t usual = listing.form == FORM_JSON ? FLOWS_USUAL : FILE_MOST;
	uint64_t limit = listing.form == FORM_JSON ? FLOWS_MOST : FILE_MOST;
	struct view_flows question = { 0 };
	uint64_t first = 0;
	struct err err;
	int status =
		ask_period(&question.from_ns, &question.to_ns, call->request, &call->clock, &err);

	if (status == 0) {
		status = ask_number(&first, call->request, "first", 0, UINT32_MAX, &err);
	}
	if (status == 0) {
		status = ask_number(&listing.most, call->request, "most", usual, limit, &err);
	}
	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	question.first = first;
	answer_listing(call, &listing, &question, http_parameter(call->request, "where"));
}

/* An id is "f" and sixteen hexadecimal digits. */
static bool is_flow_id(const char *id)
{
	return strlen(id) == 17 && id[0] == 'f' && strspn(id + 1, "0123456789abcdef") == 16;
}

void answer_flow(struct call *call)
{
	const char *id = http_parameter(call->request, "id");
	struct listing listing = { .call = call, .form = FORM_JSON, .most = FLOWS_USUAL };
	struct view_flows question = { 0 };
	char where[64];
	struct err err;

	if (!is_flow_id(id)) {
		call_refuse(call, 400, "expected the id of a flow: f and sixteen digits");
		return;
	}
	if (ask_period(&question.from_ns, &question.to_ns, call->request, &call->clock, &err) < 0) {
		call_fail(call, -EINVAL, &err);
		return;
	}
	snprintf(where, sizeof(where), "flow == %s", id);
	answer_listing(call, &listing, &question, where);
	if (call->response->status == 200 && listing.told == 0) {
		call_refuse(call, 404, "no flow of that id is kept");
	}
}
