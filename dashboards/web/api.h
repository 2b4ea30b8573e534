/* The parts of the API: what one request is given, and the routes.
 *
 * Every route is a row of api_routes: who may ask, what it does in a line (the OpenAPI document is
 * written from it), and the function that answers. Before that function runs, api.c has found out
 * who asks and in which language, has refused who may not, and has logged what shows single
 * devices; after it, it adds an ETag and compresses.
 *
 * Memory   a call and what it points to live for one request.
 * Threads  several calls at once; struct web is read-only but for what locks itself. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "analyzer/format/json_doc.h"
#include "analyzer/messages/messages.h"
#include "base/json.h"
#include "dashboards/web/access.h"
#include "dashboards/web/alert_feed.h"
#include "dashboards/web/answer_cache.h"
#include "dashboards/web/ask.h"
#include "dashboards/web/extent.h"
#include "dashboards/web/httpd.h"
#include "dashboards/web/web.h"

struct web {
	struct web_options options;
	struct httpd *httpd;
	struct access *access;
	struct views *views;
	struct answer_cache *answers;
	struct kept_commands *kept_commands;
	struct extent *extent;   /* NULL: of an analysis, which is asked itself */
	struct alert_feed *feed; /* NULL: there is no desk */
	struct messages *messages[GEO_LANGUAGE_COUNT];
	struct route *routes;
	struct api_binding *bindings;
	struct router router;
	atomic_uint commands;      /* that are run beside the server just now */
	atomic_uint streams;       /* of events that are open */
	pthread_mutex_t reporting; /* held while a report is made */
	uint64_t started_ns;
};

/* Of HTTPD_CONNECTIONS_MAX: the rest is for requests, so that streams keep nobody out. */
enum { WEB_STREAMS_MAX = 384 };

struct call {
	struct web *web;
	const struct http_request *request;
	struct http_response *response;
	struct who who;
	struct view_access access;
	struct ask_clock clock;
	const struct messages *messages;
	uint64_t now_ns;
	struct json json; /* over the response's body */
};

enum {
	API_OPEN = 1,     /* nobody needs a session */
	API_PERSONAL = 2, /* shows single devices where the role may see them: logged */
	API_FORWARD = 4,  /* a change that needs no X-CSRF */
};

struct api_route {
	const char *method, *path; /* below /api/1 */
	void (*answer)(struct call *call);
	enum web_right right;
	unsigned flags;
	const char *tag, *summary; /* of the OpenAPI document */
	const char *parameters;    /* names in its list of parameters, with blanks between */
};

extern const struct api_route api_routes[]; /* ended by a NULL path */

int api_open(struct web *web, struct err *err);
void api_close(struct web *web);

/* Answers {"error": …}: what an -errno of a view, a store or a question means to who asked. */
void call_fail(struct call *call, int status, const struct err *err);
void call_refuse(struct call *call, unsigned status, const char *sentence);

/* What a view answered: where its folder is gone nothing is missing that was asked for (404), but
 * the source itself (503). */
int call_source_status(int status);

/* A source that does not answer: as_of_ns is when it last did, 0 where that is not known. */
struct trouble {
	uint64_t as_of_ns;
	struct err err;
};

bool call_find_trouble(const struct web *web, struct trouble *trouble);

/* Who may see the same, asks the same and reads the same language gets the same answer. */
void call_put_key(struct text *key, const struct call *call, const struct view_question *question);

/* Asks the view, of the session's unit where it has one. 0 or -errno. */
int call_ask(struct call *call, struct view_question *question, struct view_answer **answer,
	struct err *err);

/* A file to keep: borderflow-NAME.ENDING. */
void call_attach(struct call *call, const char *type, const char *name, const char *ending);

/* Is there a desk? False, and the call has failed. */
bool call_has_desk(struct call *call);
/* As it stands at the desk; -ENOENT also where the session may not see it. */
int call_read_alert(struct call *call, const char *id, struct alert_entry *entry, struct err *err);
int call_read_body(struct call *call, struct json_doc **doc, struct err *err); /* an object */
bool call_sees_alert(const struct call *call, const struct alert_entry *entry);
void put_alert_line(struct call *call, const char *key, const struct alert_line *line);

/* --policy, --geo and the like of this server, for a command that is run beside it. */
struct own_program;
void call_add_facts(const struct call *call, struct own_program *program);

/* Members of answers (api_values.c). */
void put_time(struct json *json, const char *key, uint64_t time_ns); /* 0: null */
/* Bytes of one way (enum cell_way); null where it did not cross the sensor. */
void put_way(struct json *json, const char *key, uint64_t bytes, uint8_t way);
void put_figures(struct json *json, const char *key, const struct view_figures *figures);
/* A whole flow more: where flows themselves are added up. Devices are not counted. */
struct record;
void figures_add(struct view_figures *figures, const struct record *record);
struct app;
void put_app(struct call *call, const struct app *app);
void put_named_country(struct call *call, const char *key, const char *code);
void put_notes(struct json *json, const struct view_notes *notes);
/* As people call it in the call's language. */
const char *name_value(const struct call *call, enum view_dimension by, const char *value);
const char *name_country(const struct call *call, const char *code);

void answer_session(struct call *call);
void answer_login(struct call *call);
void answer_logout(struct call *call);
void answer_messages(struct call *call);
void answer_table(struct call *call);
void answer_coverage(struct call *call);
void answer_sensors(struct call *call);
void answer_alerts(struct call *call);
void answer_alert(struct call *call);
void answer_act(struct call *call);
void answer_acts(struct call *call);
void answer_morning(struct call *call);
void answer_suppressions(struct call *call);
void answer_suppress(struct call *call);
void answer_suppression_preview(struct call *call);
void answer_lift(struct call *call);
void answer_flows(struct call *call);
void answer_flow(struct call *call);
void answer_events(struct call *call);
void answer_usual(struct call *call);
void answer_apps(struct call *call);
void answer_app(struct call *call);
void answer_units(struct call *call);
void answer_unit(struct call *call);
void answer_country(struct call *call);
void answer_network(struct call *call);
void answer_policy(struct call *call);
void answer_replay(struct call *call);
void answer_doctor(struct call *call);
void answer_devices(struct call *call);
void answer_device(struct call *call);
void answer_reports(struct call *call);
void answer_make_report(struct call *call);
void answer_report_file(struct call *call);
void answer_search(struct call *call);
void answer_openapi(struct call *call);
