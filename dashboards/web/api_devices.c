/* Devices: which there are; and of one its time line: bindings, apps, alerts, gaps, changes of the
 * policy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "dashboards/web/api.h"
#include "dashboards/web/own_program.h"

enum { DEVICES_SECONDS = 60, ID_MOST = 64, FLOWS_MOST = 200000, ALERTS_MOST = 1000 };

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

/* Lines of ndjson become an array. */
static void put_lines(struct call *call, const char *key, const char *at)
{
	json_array_begin(&call->json, key);
	while (*at) {
		size_t length = strcspn(at, "\n");
		if (length > 0 && at[0] == '{') {
			char *line = strndup(at, length);
			json_raw(&call->json, NULL, line ? line : "null");
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
		put_lines(call, "devices", output.at ? output.at : "");
		json_object_end(&call->json);
	}
	text_deinit(&output);
}

/* What the sensor knows of it: the first line is of the device, each other one a binding. reason:
 * why nothing is known. */
static void put_bindings(struct call *call, const char *id)
{
	struct own_program program = ask_devices(call, "show");
	bool has_state = call->web->options.source.desk != NULL;
	struct text output;
	struct err err;

	own_program_add(&program, id);
	text_init_heap(&output);
	int status = has_state ? own_program_run(&program, DEVICES_SECONDS, &output, &err)
			       : err_set(&err, ENOTSUP, "%s", no_state);
	const char *lines = status == 0 && output.at ? output.at : "";
	size_t first = strcspn(lines, "\n");
	if (first > 0) {
		char *line = strndup(lines, first);
		json_raw(&call->json, "device", line ? line : "null");
		json_null(&call->json, "reason");
		free(line);
	} else {
		json_null(&call->json, "device");
		json_string(&call->json, "reason", status < 0 ? err.text : "");
	}
	put_lines(call, "bindings", lines + first);
	text_deinit(&output);
}

/* What its flows add up to by app: records of single devices are in no cell. */
struct device_apps {
	struct app_use {
		uint64_t first_ns, last_ns, flows, up, down;
	} uses[SYMBOLS_MAX + 1];
	uint64_t told;
	bool is_cut;
};

static bool add_flow(void *context, const struct archived *flow)
{
	struct device_apps *apps = context;
	const struct flow_record *record = &flow->record.flow;
	struct app_use *use = &apps->uses[flow->record.verdict.app];

	use->first_ns = !use->flows || record->flow_start_ns < use->first_ns ? record->flow_start_ns
									     : use->first_ns;
	use->last_ns = record->end_ns > use->last_ns ? record->end_ns : use->last_ns;
	use->up += record->total_bytes[0];
	use->down += record->total_bytes[1];
	use->flows++;
	apps->is_cut = ++apps->told == FLOWS_MOST;
	return !apps->is_cut;
}

static void put_uses(struct call *call, const struct device_apps *apps)
{
	struct json *json = &call->json;

	json_array_begin(json, "apps");
	for (unsigned i = 0; i <= SYMBOLS_MAX; i++) {
		const struct app_use *use = &apps->uses[i];
		const char *id = i ? symbol_name(SYMBOL_APP, (uint16_t)i) : "unknown";
		if (!use->flows) {
			continue;
		}
		json_object_begin(json, NULL);
		json_string(json, "app", id);
		json_string(json, "app_name", name_value(call, VIEW_BY_APP, id));
		put_time(json, "first", use->first_ns);
		put_time(json, "last", use->last_ns);
		json_u64(json, "flows", use->flows);
		json_u64(json, "bytes_up", use->up);
		json_u64(json, "bytes_down", use->down);
		json_object_end(json);
	}
	json_array_end(json);
	json_bool(json, "has_more", apps->is_cut);
}

static int put_apps(
	struct call *call, const char *id, uint64_t from_ns, uint64_t to_ns, struct err *err)
{
	struct device_apps *apps = calloc(1, sizeof(*apps));
	struct view *view = apps ? views_take_flows(call->web->views, err) : NULL;
	struct view_notes notes = { .from_ns = 0 };
	char filter[ID_MOST + 16];

	bool is_address = strpbrk(id, ".:") != NULL; /* own devices are shown as they are */
	snprintf(filter, sizeof(filter), is_address ? "ip in %s" : "device == \"%s\"", id);
	const struct view_flows question = { .from_ns = from_ns, .to_ns = to_ns, .filter = filter };
	int status =
		view ? view_ask_flows(view, &call->access, &question, add_flow, apps, &notes, err)
		     : -EIO;
	views_give(call->web->views, view);
	if (status == 0) {
		put_uses(call, apps);
		put_notes(&call->json, &notes);
	}
	free(apps);
	return status;
}

/* Alerts of the time, and which of them have the device among the flows behind them. */
struct device_alerts {
	struct call *call;
	const char *id;
	uint64_t from_ns, to_ns;
	char ids[ALERTS_MOST][ALERT_STORE_ID_BYTES];
	unsigned count;
};

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

/* As the page's marks call them: rule_from, rule_grace, rule_to, exception_from, exception_to. */
static void put_changes(struct call *call, const struct device_alerts *period)
{
	const struct policy *policy = call->web->options.reference->policy;

	json_array_begin(&call->json, "policy");
	for (unsigned i = 0; i < policy_rule_count(policy); i++) {
		const struct policy_rule *rule = policy_rule_at(policy, i);
		put_change(call, "rule_from", rule->id, rule->effective_from_ns, period);
		put_change(call, "rule_grace", rule->id, rule->grace_until_ns, period);
		put_change(call, "rule_to", rule->id, rule->valid_to_ns, period);
	}
	for (unsigned i = 0; i < policy_exception_count(policy); i++) {
		const struct policy_exception *exception = policy_exception_at(policy, i);
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
	json_object_begin(&call->json, NULL);
	json_string(&call->json, "id", id);
	put_bindings(call, id);
	if (put_apps(call, id, period.from_ns, period.to_ns, &err) < 0) {
		json_null(&call->json, "apps");
	}
	put_findings(call, &period);
	put_changes(call, &period);
	json_object_end(&call->json);
}
