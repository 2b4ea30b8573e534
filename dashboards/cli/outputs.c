#include "dashboards/cli/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert_target.h"
#include "analyzer/policy/policy.h"
#include "analyzer/redis/redis_url.h"

bool outputs_use_stdout(const struct output_settings *settings)
{
	return settings->flows && strcmp(settings->flows, "-") == 0;
}

const struct sink_ops *outputs_flow_sink(const struct output_settings *settings)
{
	const char *name = settings->format               ? settings->format
			   : outputs_use_stdout(settings) ? "ndjson"
							  : NULL;

	return sink_find(name, settings->flows);
}

static int check_redis(const char *text, struct err *err)
{
	struct redis_url *url = malloc(sizeof(*url));
	int status = url ? redis_url_parse(url, text, err) : err_set(err, ENOMEM, "out of memory");

	free(url);
	return status;
}

int outputs_check(const struct output_settings *settings, struct err *err)
{
	if (settings->flows && !outputs_flow_sink(settings)) {
		return err_set(err, EINVAL,
			"%s: the extension names no format; use .ndjson, .csv or .cbor, or "
			"--format",
			settings->flows);
	}
	for (unsigned i = 0; i < settings->alert_to.count; i++) {
		struct alert_target target;
		int status = alert_target_parse(&target, settings->alert_to.items[i], err);
		if (status < 0) {
			return status;
		}
	}
	return settings->redis ? check_redis(settings->redis, err) : 0;
}

const char *outputs_organization(const struct reference *reference)
{
	return policy_header(reference->policy)->organisation;
}

/* Alerts are written into a file by one option and sent to an address by another. */
static int refuse_address(const char *path, struct err *err)
{
	return strstr(path, "://") ? err_set(err, EINVAL,
					     "--alerts writes a file, and %s is an address: alerts "
					     "are sent by --alert-to: " ALERT_TARGET_EXPECTED,
					     path)
				   : 0;
}

int outputs_open_alerts(struct alerts **alerts, const struct output_settings *settings,
	const struct alert_source *source, struct err *err)
{
	const struct alert_origin origin = { .organization =
						     outputs_organization(source->reference),
		.observer = source->observer,
		.page = settings->alert_page };
	struct alert_output_options options = { .target = settings->alerts,
		.outbox = source->outbox,
		.policy = source->policy,
		.is_live = source->is_live,
		.appends = source->observer != NULL };
	int status = 0;

	*alerts = alerts_create(&origin);
	if (!*alerts) {
		return err_set(err, ENOMEM, "out of memory");
	}
	if (settings->desk || settings->redis) {
		status = alerts_watch_desk(
			*alerts, settings->desk ? settings->desk : settings->redis, err);
	}
	if (status == 0 && (settings->desk || settings->redis)) {
		status = alerts_say_all(*alerts, err);
	}
	if (status == 0 && settings->alerts) {
		status = refuse_address(settings->alerts, err);
	}
	if (status == 0 && settings->alerts) {
		status = alerts_add_output(*alerts, &alert_output_ndjson, &options, err);
	}
	if (status == 0 && settings->desk) {
		options.target = settings->desk;
		status = alerts_add_output(*alerts, &alert_output_sender, &options, err);
	}
	if (status == 0 && settings->redis) {
		options.target = settings->redis;
		status = alerts_add_output(*alerts, &alert_output_redis, &options, err);
	}
	for (unsigned i = 0; i < settings->alert_to.count && status == 0; i++) {
		options.target = settings->alert_to.items[i];
		status = alerts_add_output(*alerts, &alert_output_sender, &options, err);
	}
	return status;
}
