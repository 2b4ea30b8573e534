#include "dashboards/cli/capture_show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/engine/heartbeat.h"
#include "analyzer/vantage/vantage_judge.h"
#include "analyzer/view/view_live.h"
#include "base/clock.h"
#include "base/log.h"
#include "collector/flow.h"
#include "dashboards/cli/capture_socket.h"
#include "dashboards/web/httpd.h"

/* Where two sensors run on one machine, or a user may not write there, the usual place is not to be
 * had: that is no reason not to capture. A place that was asked for is. */
int capture_show_open(
	struct capture_show *show, const struct capture_settings *settings, struct err *err)
{
	show->settings = settings;
	const char *user = settings->drop_privileges ? settings->user : NULL;

	if (strcmp(settings->socket, "none") == 0) {
		return 0;
	}
	int status = capture_socket_open(&show->socket, settings->socket, user, err);
	if (status < 0 && strcmp(settings->socket, CAPTURE_SOCKET) == 0) {
		log_warning("borderflow top will not find this sensor: %s", err->text);
		status = 0;
	}
	return status;
}

int capture_show_add_view(struct capture_show *show, const struct run *run, struct err *err)
{
	show->run = run;
	if (!show->socket) {
		return 0;
	}
	show->live = view_live_create(run->alerts);
	if (!show->live) {
		return err_set(err, ENOMEM, "out of memory");
	}
	engine_add_sink(run->engine, &view_live_sink_ops, view_live_sink(show->live));
	return 0;
}

/* Of the engine, and of the heartbeat beside it. */
static void read_health(const struct capture_show *show, struct health *health)
{
	struct health_exporter *exporter = &health->exporter;

	engine_read_health(show->run->engine, health);
	if (show->heartbeat && exporter->output_count < HEALTH_OUTPUTS_MAX) {
		heartbeat_read_output(
			show->heartbeat, &exporter->outputs[exporter->output_count++]);
	}
}

static void answer_metrics(
	void *context, const struct http_request *request, struct http_response *response)
{
	struct health health;

	(void)request;
	read_health(context, &health);
	response->content_type = "text/plain; version=0.0.4; charset=utf-8";
	http_header(response, "Cache-Control", "no-store");
	health_put_prometheus(&response->body, &health);
}

/* The same few lines that SIGUSR1 prints. */
static void answer_health(
	void *context, const struct http_request *request, struct http_response *response)
{
	struct health health;

	(void)request;
	read_health(context, &health);
	response->content_type = "text/plain; charset=utf-8";
	http_header(response, "Cache-Control", "no-store");
	health_put_text(&response->body, &health);
}

/* A lookup is told once its flow has been idle, of a socket that never is with the slot in which it
 * began; and has gone all the way. */
#define LOOKUPS_LATE_NS (10 * NS_PER_S)

static uint64_t lookups_wait_ns(uint64_t idle_ns)
{
	uint64_t never_idle_ns = SLOT_NS + FLOW_PART_GRACE_NS;

	return (idle_ns > never_idle_ns ? idle_ns : never_idle_ns) + LOOKUPS_LATE_NS;
}

/* What borderflow doctor is told. Devices are the exporter's alone: of coverage nothing is said. */
static void answer_doctor(const struct capture_show *show, struct text *text)
{
	const struct reference *reference = engine_acquire_reference(show->run->engine);
	struct vantage_context vantage = { .reference = reference,
		.now_ns = clock_now_ns(),
		.lookups_wait_ns = lookups_wait_ns(show->settings->flow.idle_other_ns),
		.has_counters = true };
	struct vantage_report report;
	struct health health;

	engine_read_health(show->run->engine, &health);
	for (unsigned i = 0; i < health.worker_count; i++) {
		vantage_counters_add(
			&vantage.counters, &health.workers[i].source, &health.workers[i].collector);
		vantage_counters_add_names(&vantage.counters, &health.workers[i].classify);
	}
	vantage.reloads_failed = health.reloads_failed;
	vantage.promised_milli = health.exporter.detectors.promised_milli;
	vantage.realised_milli = health.exporter.detectors.realised_milli;
	vantage.confirmed = health.exporter.detectors.confirmed;
	vantage.refuted = health.exporter.detectors.refuted;
	vantage.watched_s = health.exporter.detectors.slots * (SLOT_NS / NS_PER_S);
	vantage_judge(show->run->vantage, &vantage, &report);
	vantage_put_lines(text, &report);
	reference_release(reference);
}

/* What borderflow top is told. */
static void answer_socket(void *context, char *question, struct text *text)
{
	const struct capture_show *show = context;

	if (strcmp(question, "doctor") == 0) {
		answer_doctor(show, text);
		return;
	}
	struct view_sensor sensor = { .silent_s = 0 };

	snprintf(sensor.name, sizeof(sensor.name), "%s", show->run->sensor);
	engine_read_health_summary(show->run->engine, &sensor.health);
	view_live_answer(show->live, question, &sensor, text);
}

static void read_health_summary(void *context, struct health_summary *health_summary)
{
	engine_read_health_summary(context, health_summary);
}

/* Of another sensor, which is silent. */
static void raise_alert(void *context, const struct alert *alert)
{
	alerts_raise(context, alert);
}

static void hear_series(void *context, uint64_t series)
{
	alerts_hear_series(context, series);
}

int capture_show_start(struct capture_show *show, struct err *err)
{
	const struct capture_settings *settings = show->settings;
	const struct run *run = show->run;
	const struct heartbeat_options heartbeat = { settings->outputs.redis, run->sensor,
		settings->outputs.archive, settings->heartbeat_ns, read_health_summary, run->engine,
		raise_alert, hear_series, run->alerts };
	int status = 0;

	show->routes[0] = (struct route){ "GET", "/metrics", answer_metrics, show };
	show->routes[1] = (struct route){ "GET", "/health", answer_health, show };
	show->router.routes = show->routes;
	if (settings->outputs.redis) {
		status = heartbeat_open(&show->heartbeat, &heartbeat, err);
	}
	if (status == 0 && settings->metrics_listen) {
		status = httpd_open(&show->httpd, settings->metrics_listen, 0, &show->router, err);
	}
	if (status == 0 && show->socket) {
		status = capture_socket_start(show->socket, answer_socket, show, err);
	}
	return status;
}

void capture_show_stop(struct capture_show *show)
{
	httpd_close(show->httpd); /* it shows how the heartbeat is */
	heartbeat_close(show->heartbeat);
	capture_socket_close(show->socket);
	show->heartbeat = NULL;
	show->socket = NULL;
	show->httpd = NULL;
}

void capture_show_close(struct capture_show *show)
{
	view_live_destroy(show->live);
	show->live = NULL;
}
