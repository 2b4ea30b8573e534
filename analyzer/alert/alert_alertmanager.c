/* Alerts to Prometheus' Alertmanager, API v2.
 *
 * Labels are what makes the same alert the same: kind, id, severity, app, unit, rule, sensor. The
 * sentence is an annotation. It is active for a day after the last word about it, unless it comes
 * again: who works on it does so at the desk, not there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert_outputs.h"
#include "analyzer/alert/alert_target.h"
#include "analyzer/output/transfer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#define ACTIVE_NS (24 * 3600 * NS_PER_S)

enum { URL_BYTES = ALERT_TARGET_BYTES + 32 };

struct alert_output {
	struct transfer *transfer;
	struct text body;
};

static int alertmanager_close(struct alert_output *output, struct err *err)
{
	(void)err;
	transfer_close(output->transfer);
	text_deinit(&output->body);
	free(output);
	return 0;
}

static int open_transfer(
	struct alert_output *output, const struct alert_target *target, struct err *err)
{
	char url[URL_BYTES], password[ALERT_SECRET_BYTES] = "";
	size_t length = strlen(target->url);
	int status = 0;

	while (length > 0 && target->url[length - 1] == '/') {
		length--;
	}
	snprintf(url, sizeof(url), "%.*s/api/v2/alerts", (int)length, target->url);
	if (target->password[0] != '\0') {
		status = alert_target_read_secret(target->password, password, err);
	}
	if (status == 0) {
		const struct transfer_options options = {
			.url = url, .ca = target->ca, .user = target->user, .password = password
		};
		status = transfer_open(&output->transfer, &options, err);
	}
	explicit_bzero(password, sizeof(password));
	return status;
}

static int alertmanager_open(
	struct alert_output **output, const struct alert_output_options *options, struct err *err)
{
	struct alert_output *opened = calloc(1, sizeof(*opened));
	struct alert_target target;

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	text_init_heap(&opened->body);
	int status = alert_target_parse(&target, options->target, err);
	if (status == 0) {
		status = open_transfer(opened, &target, err);
	}
	if (status < 0) {
		alertmanager_close(opened, NULL);
		return status;
	}
	*output = opened;
	return 0;
}

static void put_label(struct json *json, const char *name, const char *value)
{
	if (value[0] != '\0') {
		json_string(json, name, value);
	}
}

static void put_time(struct json *json, const char *name, uint64_t time_ns)
{
	char time[CLOCK_TEXT_LENGTH + 1];

	clock_format(time_ns, time);
	json_string(json, name, time);
}

static void put_alert(struct text *text, const struct alert_post *post, uint64_t now_ns)
{
	struct json json = json_over(text);

	json_array_begin(&json, NULL);
	json_object_begin(&json, NULL);
	json_object_begin(&json, "labels");
	json_string(&json, "alertname", post->kind);
	json_string(&json, "alert_id", post->id);
	put_label(&json, "severity", post->severity);
	put_label(&json, "app", post->app);
	put_label(&json, "unit", post->unit);
	put_label(&json, "rule", post->rule);
	put_label(&json, "sensor", post->observer);
	put_label(&json, "organization", post->organization);
	json_object_end(&json);
	json_object_begin(&json, "annotations");
	json_string(&json, "summary", post->sentence);
	json_object_end(&json);
	put_time(&json, "startsAt", post->first_ns);
	put_time(&json, "endsAt", now_ns + ACTIVE_NS);
	put_label(&json, "generatorURL", post->page);
	json_object_end(&json);
	json_array_end(&json);
}

static int alertmanager_write(
	struct alert_output *output, const struct alert_post *post, struct err *err)
{
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	unsigned code;

	text_clear(&output->body);
	put_alert(&output->body, post, clock_now_ns());
	if (output->body.truncated) {
		return err_set(err, ENOMEM, "out of memory");
	}
	int status = transfer_post(
		output->transfer, headers, output->body.at, output->body.length, &code, err);
	return status < 0 && (code == 400 || code == 422) ? -EBADMSG : status;
}

const struct alert_output_ops alert_output_alertmanager = {
	.name = "alerts to Alertmanager",
	.open = alertmanager_open,
	.write = alertmanager_write,
	.close = alertmanager_close,
};
