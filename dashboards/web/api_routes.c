/* Every route of the API, and the document that describes them (OpenAPI 3.1). */
#include <ctype.h>
#include <string.h>

#include "config.h"
#include "dashboards/web/api.h"

#define PERIOD "from to last"
#define FILTERS                                                                                    \
	"app inferred unit class server parent zone control rule action verdict exception "        \
	"block hidden direction via protocol"
#define RANGE "first most"

const struct api_route api_routes[] = {
	{ "GET", "/session", answer_session, WEB_MAY_FIGURES, 0, "session",
		"Who I am, what I may, and what there is to see.", "language" },
	{ "POST", "/session", answer_login, WEB_MAY_FIGURES, API_OPEN, "session",
		"A session for a token: {\"token\": \"…\"}. Sets the cookie.", "" },
	{ "DELETE", "/session", answer_logout, WEB_MAY_FIGURES, 0, "session", "Ends the session.",
		"" },
	{ "GET", "/messages", answer_messages, WEB_MAY_FIGURES, 0, "session",
		"Every sentence and name of the page in a language.", "language" },
	{ "GET", "/openapi.json", answer_openapi, WEB_MAY_FIGURES, 0, "session", "This document.",
		"" },
	{ "GET", "/table", answer_table, WEB_MAY_FIGURES, 0, "figures",
		"A table by up to three dimensions, and with step a series for each row.",
		"by step sort text format language " PERIOD " " RANGE " " FILTERS },
	{ "GET", "/coverage", answer_coverage, WEB_MAY_FIGURES, 0, "figures",
		"What is known of the traffic at all, and what hides the rest.",
		"language " PERIOD },
	{ "GET", "/sensors", answer_sensors, WEB_MAY_SENSORS, 0, "sensors",
		"Sensors that show themselves, and how they are.", "" },
	{ "GET", "/doctor", answer_doctor, WEB_MAY_ALERTS, 0, "sensors",
		"What keeps the sensor from seeing what it should, and what to do: as of when, and "
		"whether it is looking anew.",
		"from to wait language" },
	{ "GET", "/alerts", answer_alerts, WEB_MAY_NOTICES, API_PERSONAL, "alerts",
		"Alerts at the desk, the latest first.",
		"state kind severity app unit text language " PERIOD " " RANGE },
	{ "POST", "/alerts/actions", answer_acts, WEB_MAY_TRIAGE, 0, "alerts",
		"One action on many: {ids, revs, action, note, verdict, done, to}.", "" },
	{ "GET", "/alerts/:id", answer_alert, WEB_MAY_ALERTS, API_PERSONAL, "alerts",
		"One alert, whole: the evidence that it was raised with.", "language" },
	{ "POST", "/alerts/:id/:action", answer_act, WEB_MAY_TRIAGE, API_PERSONAL, "alerts",
		"ack, escalate {to}, close {verdict, done}, reopen {note}, note {note}, "
		"hold {note} or release, with rev: 409 where somebody was faster, or where its "
		"state does not allow it.",
		"language" },
	{ "GET", "/morning", answer_morning, WEB_MAY_ALERTS, API_PERSONAL, "alerts",
		"What is new since yesterday, unresolved from before, and of one cause in several "
		"units.",
		"day language" },
	{ "GET", "/suppressions", answer_suppressions, WEB_MAY_ALERTS, 0, "alerts",
		"Suppressions, with what each has hidden.", "" },
	{ "POST", "/suppressions", answer_suppress, WEB_MAY_TRIAGE, 0, "alerts",
		"Makes one: {kind, app, unit, device, destination, cidr, reason, until}.", "" },
	{ "POST", "/suppressions/preview", answer_suppression_preview, WEB_MAY_TRIAGE, 0, "alerts",
		"What it would have hidden in the last 30 days.", "language" },
	{ "DELETE", "/suppressions/:id", answer_lift, WEB_MAY_TRIAGE, 0, "alerts", "It ends now.",
		"" },
	{ "GET", "/flows", answer_flows, WEB_MAY_DEVICES, API_PERSONAL, "flows",
		"Flows that a filter lets through, in the order of the archive.",
		"where format " PERIOD " " RANGE },
	{ "GET", "/flows/:id", answer_flow, WEB_MAY_DEVICES, API_PERSONAL, "flows",
		"Every record of one flow: {flows: […]}.", PERIOD },
	{ "GET", "/events", answer_events, WEB_MAY_NOTICES, API_PERSONAL, "alerts",
		"Server-sent events: alert (as lists have it), figures, state. Last-Event-ID or "
		"after: everything that changed since that number.",
		"after last_event_id language" },
	{ "GET", "/usual", answer_usual, WEB_MAY_FIGURES, 0, "figures",
		"What is usual for a question: the same days and hours of earlier weeks.",
		"step text " PERIOD " " FILTERS },
	{ "GET", "/apps", answer_apps, WEB_MAY_FIGURES, 0, "subjects", "Apps of the catalogue.",
		"text language " RANGE },
	{ "GET", "/apps/:id", answer_app, WEB_MAY_FIGURES, 0, "subjects",
		"An app: who owns and controls it, the names and networks that prove it.",
		"language" },
	{ "GET", "/units", answer_units, WEB_MAY_FIGURES, 0, "subjects", "Units of the policy.",
		"" },
	{ "GET", "/units/:name", answer_unit, WEB_MAY_FIGURES, 0, "subjects",
		"A unit, and what it has assessed.", "language" },
	{ "GET", "/countries/:code", answer_country, WEB_MAY_FIGURES, 0, "subjects",
		"A country: its zone and the decision it rests on.", "language" },
	{ "GET", "/networks/:asn", answer_network, WEB_MAY_FIGURES, 0, "subjects",
		"A network: whose it is, the apps that are tied to it, and what its flows add up "
		"to for roles that may see flows.",
		"language " PERIOD },
	{ "GET", "/search", answer_search, WEB_MAY_FIGURES, API_PERSONAL, "subjects",
		"Apps, units, countries, networks, flows, alerts and addresses by a text.",
		"q language" },
	{ "GET", "/devices", answer_devices, WEB_MAY_DEVICES, API_PERSONAL, "devices",
		"Devices that the sensor knows.", "language" },
	{ "GET", "/devices/:id", answer_device, WEB_MAY_DEVICES, API_PERSONAL, "devices",
		"A device: when it had which address in which network, and what of it in that "
		"time.",
		"language " PERIOD },
	{ "GET", "/policy", answer_policy, WEB_MAY_POLICY, 0, "policy",
		"The rules in force as sentences, what came of them, exceptions, assessments.",
		"language " PERIOD },
	{ "POST", "/policy/replay", answer_replay, WEB_MAY_REPLAY, API_PERSONAL, "policy",
		"Who would be affected by a draft: {policy, from, to, reason}.", "" },
	{ "GET", "/reports", answer_reports, WEB_MAY_REPORTS, 0, "reports",
		"Reports that were made.", "" },
	{ "POST", "/reports", answer_make_report, WEB_MAY_REPORTING, 0, "reports",
		"Makes one: {from, to, language, pdf}.", "" },
	{ "GET", "/reports/:id/:file", answer_report_file, WEB_MAY_REPORTS, 0, "reports",
		"A file of a report.", "" },
	{ NULL },
};

/* What each parameter of a query is. */
static const struct {
	const char *name, *says;
} parameters[] = {
	{ "by", "Dimensions with commas between, at most three." },
	{ "step", "A series: 300, 3600 (seconds) or day." },
	{ "sort", "bytes, up, down, flows, devices or name; the largest first." },
	{ "first", "Rows from that one on; 0 is the first." },
	{ "most", "So many rows at most." },
	{ "text", "Only what has this text in it, whatever the case." },
	{ "format", "json, csv or ndjson." },
	{ "language", "en, sv, nb, nn, da or fi." },
	{ "from", "2026-03-31, 2026-03-31T10:15:00Z, yesterday, 24h." },
	{ "to", "As from; not included." },
	{ "last", "Instead of both: 24h, 7d, 30d." },
	{ "where", "A filter as borderflow flows takes it: app == tiktok and zone != eu." },
	{ "day", "The page of that day: 2026-03-31." },
	{ "wait", "Seconds, where nothing is known yet; 0: it is said that it is running." },
	{ "q", "What to look for: tiktok, AS32934, school, 2001:db8::/32, an id." },
	{ "after", "The number of an event." },
	{ "last_event_id", "As the header of that name, for a stream that is opened anew." },
	{ "state", "new, acknowledged, escalated, closed, suppressed; open is the first three." },
	{ "kind", "policy.violation, or policy for all that begin so." },
	{ "severity", "At least low, medium, high or critical." },
};

static const char *say_parameter(const char *name)
{
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		if (strcmp(parameters[i].name, name) == 0) {
			return parameters[i].says;
		}
	}
	return "Only this value; \"!\" before it: all but this. Several are alternatives.";
}

static void put_parameter(struct json *json, const char *name, const char *where)
{
	bool is_path = strcmp(where, "path") == 0;

	json_object_begin(json, NULL);
	json_string(json, "name", name);
	json_string(json, "in", where);
	json_bool(json, "required", is_path);
	json_string(json, "description", is_path ? "As lists name it." : say_parameter(name));
	json_object_begin(json, "schema");
	json_string(json, "type", "string");
	json_object_end(json);
	json_object_end(json);
}

/* "/alerts/:id" names the parameter id. */
static void put_path_parameters(struct json *json, const char *path)
{
	char name[32];

	for (const char *at = path; (at = strchr(at, ':')); at++) {
		size_t length = strcspn(at + 1, "/");
		length = length < sizeof(name) ? length : sizeof(name) - 1;
		memcpy(name, at + 1, length);
		name[length] = '\0';
		put_parameter(json, name, "path");
	}
}

static void put_query_parameters(struct json *json, const char *names)
{
	char name[32];

	while (*names) {
		size_t length = strcspn(names, " ");
		memcpy(name, names, length);
		name[length] = '\0';
		put_parameter(json, name, "query");
		names += length + strspn(names + length, " ");
	}
}

static void put_response(struct json *json, const char *status, const char *says)
{
	json_object_begin(json, status);
	json_string(json, "description", says);
	json_object_end(json);
}

static void put_operation(struct json *json, const struct api_route *route)
{
	char method[8] = "";

	for (size_t i = 0; route->method[i]; i++) {
		method[i] = (char)tolower((unsigned char)route->method[i]);
	}
	json_object_begin(json, method);
	json_string(json, "summary", route->summary);
	json_array_begin(json, "tags");
	json_string(json, NULL, route->tag);
	json_array_end(json);
	json_string(json, "x-right", web_right_name(route->right));
	json_array_begin(json, "parameters");
	put_path_parameters(json, route->path);
	put_query_parameters(json, route->parameters);
	json_array_end(json);
	json_object_begin(json, "responses");
	put_response(json, "200", "The answer.");
	put_response(json, "400", "A parameter that cannot be read: {\"error\": \"…\"}.");
	if (!(route->flags & API_OPEN)) {
		put_response(json, "401", "There is no session.");
		put_response(json, "403", "The role may not.");
	}
	json_object_end(json);
	json_object_end(json);
}

/* "/alerts/:id" is written "/alerts/{id}". */
static void put_path(struct text *text, const char *path)
{
	text_put(text, "/api/1");
	for (; *path; path++) {
		if (*path != ':') {
			text_put_char(text, *path);
			continue;
		}
		size_t length = strcspn(path + 1, "/");
		text_put_char(text, '{');
		text_put_bytes(text, path + 1, length);
		text_put_char(text, '}');
		path += length;
	}
}

static bool is_first_of_path(const struct api_route *route)
{
	for (const struct api_route *before = api_routes; before < route; before++) {
		if (strcmp(before->path, route->path) == 0) {
			return false;
		}
	}
	return true;
}

static void put_paths(struct json *json)
{
	struct text path;

	text_init_heap(&path);
	json_object_begin(json, "paths");
	for (const struct api_route *route = api_routes; route->path; route++) {
		if (!is_first_of_path(route)) {
			continue;
		}
		text_clear(&path);
		put_path(&path, route->path);
		json_object_begin(json, path.at);
		for (const struct api_route *same = route; same->path; same++) {
			if (strcmp(same->path, route->path) == 0) {
				put_operation(json, same);
			}
		}
		json_object_end(json);
	}
	json_object_end(json);
	text_deinit(&path);
}

void answer_openapi(struct call *call)
{
	struct json *json = &call->json;

	json_object_begin(json, NULL);
	json_string(json, "openapi", "3.1.0");
	json_object_begin(json, "info");
	json_string(json, "title", "borderflow");
	json_string(json, "version", PACKAGE_VERSION);
	json_string(json, "description",
		"Figures of one analysis, archive or Redis. Changes carry the session's csrf in "
		"the header X-CSRF. Times are RFC 3339, bytes numbers, ids text.");
	json_object_end(json);
	put_paths(json);
	json_object_begin(json, "components");
	json_object_begin(json, "securitySchemes");
	json_object_begin(json, "session");
	json_string(json, "type", "apiKey");
	json_string(json, "in", "cookie");
	json_string(json, "name", "borderflow");
	json_object_end(json);
	json_object_end(json);
	json_object_end(json);
	json_object_end(json);
}
