/* What changes, as it changes: server-sent events.
 *
 *     event: alert     an alert is new or has changed; its id is the number of the change, so that
 *                      whoever comes back with it (Last-Event-ID) gets all that changed since, from
 *                      this server or the next
 *     event: figures   the source has more: ask again for what is shown
 *     event: state     the analysis goes on or has ended; the source does not answer, or does again
 *
 * A comment each 15 s keeps the way open. A session that ends, ends its stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/web/api.h"
#include "dashboards/web/login.h"

#define HEARTBEAT_NS (15 * NS_PER_S)
#define FIGURES_NS   (2 * NS_PER_S)
#define SESSION_NS   (10 * NS_PER_S)

enum { PORTION_BYTES = 16384 }; /* about so much is made at a time, however much there is to tell */

struct events {
	struct web *web;
	struct call call; /* whose names and words are told; its response is ours */
	struct http_response response;
	char cookie[ACCESS_SECRET_BYTES];
	uint64_t number;  /* of the last alert that was told */
	uint64_t figures; /* of the source, as they were told */
	uint64_t percent;
	bool is_troubled; /* as it was told */
	uint64_t said_ns, looked_ns, checked_ns;
	size_t sent; /* of the text */
};

static void put_event(struct events *events, const char *name, const char *data)
{
	text_printf(&events->response.body, "event: %s\ndata: %s\n\n", name, data);
}

static bool put_alert(void *context, const struct alert_line *line)
{
	struct events *events = context;
	struct text *body = &events->response.body;

	events->number = line->number;
	if (call_sees_alert(&events->call, line->entry)) {
		text_printf(
			body, "id: %llu\nevent: alert\ndata: ", (unsigned long long)line->number);
		events->call.json = json_over(body);
		put_alert_line(&events->call, NULL, line);
		text_put(body, "\n\n");
	}
	return body->length < PORTION_BYTES;
}

static void put_figures_news(struct events *events, uint64_t now_ns)
{
	const struct web_options *options = &events->web->options;
	struct web_progress progress = { 0 };
	struct trouble trouble;
	char data[128];

	if (now_ns - events->looked_ns < FIGURES_NS) {
		return;
	}
	events->looked_ns = now_ns;
	uint64_t figures = views_version(events->web->views);
	if (options->read_progress) {
		options->read_progress(options->progress_context, &progress);
		figures = progress.packets + !progress.is_running;
		uint64_t percent = progress.all && progress.is_running
					   ? progress.done * 100 / progress.all
					   : 100;
		if (percent != events->percent) {
			events->percent = percent;
			snprintf(data, sizeof(data), "{\"percent\":%llu,\"is_running\":%s}",
				(unsigned long long)percent,
				progress.is_running ? "true" : "false");
			put_event(events, "state", data);
		}
	}
	bool is_troubled = call_find_trouble(events->web, &trouble);
	if (is_troubled != events->is_troubled) {
		events->is_troubled = is_troubled;
		put_event(events, "state",
			is_troubled ? "{\"is_troubled\":true}" : "{\"is_troubled\":false}");
		put_event(events, "figures", "{}");
	}
	if (figures != events->figures) {
		events->figures = figures;
		snprintf(data, sizeof(data), "{\"version\":\"%llx\"}", (unsigned long long)figures);
		put_event(events, "figures", data);
	}
}

/* Is the session still one? Who came through a proxy stays as long as the connection. */
static bool is_welcome(struct events *events, uint64_t now_ns)
{
	struct who who;

	if (events->cookie[0] == '\0' || now_ns - events->checked_ns < SESSION_NS) {
		return true;
	}
	events->checked_ns = now_ns;
	return access_check(events->web->access, events->cookie, clock_now_ns(), &who);
}

static void gather(struct events *events)
{
	uint64_t now_ns = clock_monotonic_ns();

	text_clear(&events->response.body);
	events->sent = 0;
	if (events->web->feed) {
		alert_feed_since(events->web->feed, events->number, put_alert, events);
	}
	put_figures_news(events, now_ns);
	if (events->response.body.length == 0 && now_ns - events->said_ns >= HEARTBEAT_NS) {
		text_put(&events->response.body, ": here\n\n");
	}
	if (events->response.body.length > 0) {
		events->said_ns = now_ns;
	}
}

static ssize_t next(void *context, char *buffer, size_t room)
{
	struct events *events = context;
	struct text *body = &events->response.body;

	if (events->sent == body->length) {
		if (!is_welcome(events, clock_monotonic_ns())) {
			return -1;
		}
		gather(events);
	}
	size_t count = body->length - events->sent;
	count = count < room ? count : room;
	if (count > 0) {
		memcpy(buffer, body->at + events->sent, count);
	}
	events->sent += count;
	return (ssize_t)count;
}

static void end(void *context)
{
	struct events *events = context;

	atomic_fetch_sub(&events->web->streams, 1);
	text_deinit(&events->response.body);
	free(events);
}

/* Where the stream goes on; without a number, from now on. */
static bool read_number(const struct call *call, uint64_t *number)
{
	const char *header = call->request->header(call->request, "Last-Event-ID");
	const char *text = header ? header : http_parameter(call->request, "after");
	char *rest;

	*number = call->web->feed ? alert_feed_number(call->web->feed) : 0;
	if (*text) {
		*number = strtoull(text, &rest, 10);
	}
	return *text == '\0' || (*text >= '0' && *text <= '9' && *rest == '\0');
}

void answer_events(struct call *call)
{
	const char *cookie = call->request->cookie(call->request, LOGIN_COOKIE);
	struct events *events = calloc(1, sizeof(*events));

	if (!events) {
		call_refuse(call, 503, "out of memory");
		return;
	}
	if (!read_number(call, &events->number)) {
		free(events);
		call_refuse(call, 400, "Last-Event-ID: expected the id of an event");
		return;
	}
	if (atomic_fetch_add(&call->web->streams, 1) >= WEB_STREAMS_MAX) {
		atomic_fetch_sub(&call->web->streams, 1);
		free(events);
		call_refuse(call, 503, "as many streams are open as there is room for");
		return;
	}
	events->web = call->web;
	events->call = *call;
	events->call.request = NULL;
	events->call.response = &events->response;
	text_init_heap(&events->response.body);
	snprintf(events->cookie, sizeof(events->cookie), "%s",
		cookie && call->who.ends_ns ? cookie : "");
	events->figures = views_version(call->web->views);
	events->looked_ns = events->checked_ns = clock_monotonic_ns();
	events->percent = UINT64_MAX;
	text_put(&events->response.body, "retry: 2000\n\n");
	call->response->content_type = "text/event-stream";
	http_header(call->response, "X-Accel-Buffering", "no");
	call->response->stream = (struct http_stream){ next, end, events };
}
