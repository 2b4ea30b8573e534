/* Devices: which there are; and of one its time line: bindings, apps, alerts, gaps, changes of the
 * policy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/format/json_doc.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "dashboards/web/api.h"
#include "dashboards/web/own_program.h"

enum {
	DEVICES_SECONDS = 60,
	ID_MOST = 64,
	FLOWS_MOST = 200000,
	ALERTS_MOST = 1000,
	PARTS_MOST = 8
};

static const char no_state[] =
	"devices are known where the server was started with --state, the folder of a sensor";

static bool is_of_body(struct call *call)
{
	if (call->who.unit[0]) {
		call_refuse(call, 403,
			"this session is for one unit; devices are known of the body as a whole");
	}
	return call->who.unit[0] == '\0';
}

static struct own_program ask_devices(const struct call *call, const char *what)
{
	const struct web_options *options = &call->web->options;
	struct own_program program = { .path = options->program, .running = &call->web->commands };

	own_program_add(&program, "devices");
	own_program_add(&program, what);
	own_program_option(&program, "--state", options->source.desk);
	own_program_option(&program, "--keys", options->keys);
	own_program_option(&program, "--language", messages_language(call->messages));
	own_program_option(&program, "--format", "ndjson");
	call_add_facts(call, &program);
	return program;
}

/* Does the line's time touch the period? What says no time does. */
static bool is_within(const char *line, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t first_ns = UINT64_MAX, last_ns = 0;
	struct json_doc *doc;

	if (json_doc_open(&doc, line, strlen(line), NULL) < 0) {
		return true;
	}
	bool is_timed = clock_parse(json_doc_text(doc, "from"), &first_ns) &&
			clock_parse(json_doc_text(doc, "to"), &last_ns);
	json_doc_close(doc);
	return !is_timed || (last_ns >= from_ns && (to_ns == 0 || first_ns < to_ns));
}

/* Lines of ndjson become an array: those of the period; to 0: no end. */
static void put_lines(
	struct call *call, const char *key, const char *at, uint64_t from_ns, uint64_t to_ns)
{
	json_array_begin(&call->json, key);
	while (*at) {
		size_t length = strcspn(at, "\n");
		if (length > 0 && at[0] == '{') {
			char *line = strndup(at, length);
			if (line && is_within(line, from_ns, to_ns)) {
				json_raw(&call->json, NULL, line);
			}
			free(line);
		}
		at += length + (at[length] == '\n');
	}
	json_array_end(&call->json);
}

void answer_devices(struct call *call)
{
	struct text output;
	struct err err;

	if (!is_of_body(call)) {
		return;
	}
	if (!call->web->options.source.desk) {
		call_refuse(call, 501, no_state);
		return;
	}
	struct own_program program = ask_devices(call, "list");
	text_init_heap(&output);
	int status = own_program_run(&program, DEVICES_SECONDS, &output, &err);
	if (status < 0) {
		call_fail(call, status, &err);
	} else {
		json_object_begin(&call->json, NULL);
		put_lines(call, "devices", output.at ? output.at : "", 0, 0);
		json_object_end(&call->json);
	}
	text_deinit(&output);
}

/* What its flows add up to by app: records of single devices are in no cell; and under which rules
 * it stood: those of its units and classes, and those by which a flow of it was judged. */
struct device_facts {
	struct view_figures uses[SYMBOLS_MAX + 1];
	bool rules[SYMBOLS_MAX + 1], exceptions[SYMBOLS_MAX + 1];
	struct device_part {
		uint16_t unit, class_;
	} parts[PARTS_MOST];
	unsigned part_count;
	uint64_t told;
	bool is_cut;
};

static void note_part(struct device_facts *facts, uint16_t unit, uint16_t class_)
{
	for (unsigned i = 0; i < facts->part_count; i++) {
		if (facts->parts[i].unit == unit && facts->parts[i].class_ == class_) {
			return;
		}
	}
	if (facts->part_count < PARTS_MOST) {
		facts->parts[facts->part_count++] = (struct device_part){ unit, class_ };
	}
}

static void note_device(struct device_facts *facts, const char *line)
{
	struct json_doc *doc;

	if (json_doc_open(&doc, line, strlen(line), NULL) == 0) {
		note_part(facts, symbol_find(SYMBOL_UNIT, json_doc_text(doc, "unit")),
			symbol_find(SYMBOL_CLASS, json_doc_text(doc, "class")));
		json_doc_close(doc);
	}
}

/* Alerts of the time, and which of them have the device among the flows behind them. */
struct device_alerts {
	struct call *call;
	const char *id;
	uint64_t from_ns, to_ns;
	char ids[ALERTS_MOST][ALERT_STORE_ID_BYTES];
	unsigned count;
};

/* What the sensor knows of it: the first line is of the device, each other one a binding. reason:
 * why nothing is known. */
static void put_bindings(
	struct call *call, const struct device_alerts *period, struct device_facts *facts)
{
	struct own_program program = ask_devices(call, "show");
	bool has_state = call->web->options.source.desk != NULL;
	struct text output;
	struct err err;

	own_program_add(&program, period->id);
	text_init_heap(&output);
	int status = has_state ? own_program_run(&program, DEVICES_SECONDS, &output, &err)
			       : err_set(&err, ENOTSUP, "%s", no_state);
	const char *lines = status == 0 && output.at ? output.at : "";
	size_t first = strcspn(lines, "\n");
	if (first > 0) {
		char *line = strndup(lines, first);
		json_raw(&call->json, "device", line ? line : "null");
		json_null(&call->json, "reason");
		note_device(facts, line ? line : "");
		free(line);
	} else {
		json_null(&call->json, "device");
		json_string(&call->json, "reason", status < 0 ? err.text : "");
	}
	put_lines(call, "bindings", lines + first, period->from_ns, period->to_ns);
	text_deinit(&output);
}

static bool add_flow(void *context, const struct archived *flow)
{
	struct device_facts *facts = context;

	figures_add(&facts->uses[flow->record.verdict.app], &flow->record);
	note_part(facts, flow->record.decision.unit, flow->record.decision.class_);
	facts->rules[flow->record.decision.rule] = true;
	facts->exceptions[flow->record.decision.exception] = true;
	facts->is_cut = ++facts->told == FLOWS_MOST;
	return !facts->is_cut;
}

static void put_uses(struct call *call, const struct device_facts *facts)
{
	struct json *json = &call->json;

	json_array_begin(json, "apps");
	for (unsigned i = 0; i <= SYMBOLS_MAX; i++) {
		const struct view_figures *use = &facts->uses[i];
		const char *id = i ? symbol_name(SYMBOL_APP, (uint16_t)i) : "unknown";
		if (!use->last_ns) {
			continue;
		}
		json_object_begin(json, NULL);
		json_string(json, "app", id);
		json_string(json, "app_name", name_value(call, VIEW_BY_APP, id));
		put_time(json, "first", use->first_ns);
		put_time(json, "last", use->last_ns);
		json_u64(json, "flows", use->flows);
		put_way(json, "bytes_up", use->bytes_up, use->way_up);
		put_way(json, "bytes_down", use->bytes_down, use->way_down);
		json_object_end(json);
	}
	json_array_end(json);
	json_bool(json, "has_more", facts->is_cut);
}

static int put_apps(struct call *call, const struct device_alerts *period,
	struct device_facts *facts, struct err *err)
{
	const char *id = period->id;
	struct view *view = views_take_flows(call->web->views, err);
	struct view_notes notes = { .from_ns = 0 };
	char filter[ID_MOST + 16];

	bool is_address = strpbrk(id, ".:") != NULL; /* own devices are shown as they are */
	snprintf(filter, sizeof(filter), is_address ? "ip in %s" : "device == \"%s\"", id);
	const struct view_flows question = {
		.from_ns = period->from_ns, .to_ns = period->to_ns, .filter = filter
	};
	int status = view ? call_source_status(view_ask_flows(
				    view, &call->access, &question, add_flow, facts, &notes, err))
			  : -EIO;
	views_give(call->web->views, view);
	if (status == 0) {
		put_uses(call, facts);
		put_notes(&call->json, &notes);
	}
	return status;
}

static bool note_alert(void *context, const struct alert_line *line)
{
	struct device_alerts *alerts = context;
	bool is_in_time = line->entry->last_ns >= alerts->from_ns &&
			  (!alerts->to_ns || line->entry->first_ns < alerts->to_ns);

	if (is_in_time) {
		strcpy(alerts->ids[alerts->count++], line->id);
	}
	return alerts->count < ALERTS_MOST;
}

static bool is_of_device(struct call *call, const char *alert, const char *device)
{
	struct alert_entry entry;
	struct err err;
	bool is_it = false;

	if (call_read_alert(call, alert, &entry, &err) < 0) {
		return false;
	}
	is_it = strcmp(entry.device, device) == 0;
	for (unsigned i = 0; i < alert_entry_flow_count(&entry) && !is_it; i++) {
		is_it = strcmp(alert_entry_flow(&entry, i).device, device) == 0;
	}
	alert_entry_clear(&entry);
	return is_it;
}

static bool put_finding(void *context, const struct alert_line *line)
{
	const struct device_alerts *alerts = context;

	for (unsigned i = 0; i < alerts->count; i++) {
		if (strcmp(alerts->ids[i], line->id) == 0) {
			put_alert_line(alerts->call, NULL, line);
			break;
		}
	}
	return true;
}

static void put_findings(struct call *call, struct device_alerts *alerts)
{
	unsigned kept = 0;

	json_array_begin(&call->json, "alerts");
	if (call->web->feed) {
		alert_feed_each(call->web->feed, note_alert, alerts);
		for (unsigned i = 0; i < alerts->count; i++) {
			if (is_of_device(call, alerts->ids[i], alerts->id)) {
				memmove(alerts->ids[kept++], alerts->ids[i],
					sizeof(alerts->ids[i]));
			}
		}
		alerts->count = kept;
		alert_feed_each(call->web->feed, put_finding, alerts);
	}
	json_array_end(&call->json);
}

static void put_change(struct call *call, const char *what, const char *id, uint64_t time_ns,
	const struct device_alerts *period)
{
	if (time_ns && time_ns >= period->from_ns && (!period->to_ns || time_ns < period->to_ns)) {
		json_object_begin(&call->json, NULL);
		json_string(&call->json, "what", what);
		json_string(&call->json, "id", id);
		put_time(&call->json, "at", time_ns);
		json_object_end(&call->json);
	}
}

typedef bool is_for_devices(
	const struct policy *policy, unsigned index, uint16_t unit, uint16_t device_class);

static bool is_for_it(const struct policy *policy, unsigned index, const struct device_facts *facts,
	is_for_devices *is_for)
{
	for (unsigned i = 0; i < facts->part_count; i++) {
		if (is_for(policy, index, facts->parts[i].unit, facts->parts[i].class_)) {
			return true;
		}
	}
	return false;
}

/* As the page's marks call them: rule_from, rule_grace, rule_to, exception_from, exception_to. What
 * is for other devices is theirs. */
static void put_changes(
	struct call *call, const struct device_alerts *period, const struct device_facts *facts)
{
	const struct policy *policy = call->web->options.reference->policy;

	json_array_begin(&call->json, "policy");
	for (unsigned i = 0; i < policy_rule_count(policy); i++) {
		const struct policy_rule *rule = policy_rule_at(policy, i);
		if (!facts->rules[rule->symbol] &&
			!is_for_it(policy, i, facts, policy_rule_is_for_devices)) {
			continue;
		}
		put_change(call, "rule_from", rule->id, rule->effective_from_ns, period);
		put_change(call, "rule_grace", rule->id, rule->grace_until_ns, period);
		put_change(call, "rule_to", rule->id, rule->valid_to_ns, period);
	}
	for (unsigned i = 0; i < policy_exception_count(policy); i++) {
		const struct policy_exception *exception = policy_exception_at(policy, i);
		if (!facts->exceptions[exception->symbol] &&
			!is_for_it(policy, i, facts, policy_exception_is_for_devices)) {
			continue;
		}
		put_change(call, "exception_from", exception->id, exception->valid_from_ns, period);
		put_change(call, "exception_to", exception->id, exception->valid_to_ns, period);
	}
	json_array_end(&call->json);
}

/* A pseudonym, or an address where own devices are shown as they are. */
static bool is_device_id(const char *id)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ.:_-";

	return id[0] && id[0] != '-' && strlen(id) < ID_MOST && strspn(id, letters) == strlen(id);
}

void answer_device(struct call *call)
{
	const char *id = http_parameter(call->request, "id");
	struct device_alerts period = { .call = call, .id = id };
	struct err err;

	if (!is_of_body(call)) {
		return;
	}
	if (!is_device_id(id)) {
		call_refuse(call, 400, "expected the pseudonym of a device");
		return;
	}
	int status = ask_period(&period.from_ns, &period.to_ns, call->request, &call->clock, &err);
	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	struct device_facts *facts = calloc(1, sizeof(*facts));
	if (!facts) {
		call_refuse(call, 503, "out of memory");
		return;
	}
	json_object_begin(&call->json, NULL);
	json_string(&call->json, "id", id);
	put_bindings(call, &period, facts);
	status = put_apps(call, &period, facts, &err);
	if (status == -ENOTSUP) {
		json_null(&call->json, "apps");
	}
	put_findings(call, &period);
	put_changes(call, &period, facts);
	json_object_end(&call->json);
	if (status < 0 && status != -ENOTSUP) {
		call_fail(call, status, &err); /* what could not be read is not "nothing" */
	}
	free(facts);
}
