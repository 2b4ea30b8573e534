#include "analyzer/alert/alert_outputs.h"

#include <string.h>

#include "analyzer/alert/alert_target.h"

static const struct alert_output_ops *const by_scheme[ALERT_TARGET_SCHEME_COUNT] = {
	[ALERT_TARGET_WEBHOOK_HTTP] = &alert_output_webhook,
	[ALERT_TARGET_WEBHOOK_HTTPS] = &alert_output_webhook,
	[ALERT_TARGET_ALERTMANAGER_HTTP] = &alert_output_alertmanager,
	[ALERT_TARGET_ALERTMANAGER_HTTPS] = &alert_output_alertmanager,
	[ALERT_TARGET_SYSLOG_TCP] = &alert_output_syslog,
	[ALERT_TARGET_SYSLOG_TLS] = &alert_output_syslog,
	[ALERT_TARGET_SYSLOG_UNIX] = &alert_output_syslog,
	[ALERT_TARGET_MAIL] = &alert_output_mail,
	[ALERT_TARGET_MAIL_TLS] = &alert_output_mail,
};

int alert_output_choose(const char *target, const struct alert_output_ops **ops,
	unsigned *severity_least, struct err *err)
{
	struct alert_target parsed;

	*severity_least = 0;
	*ops = &alert_output_folder;
	if (!strstr(target, "://")) {
		return 0;
	}
	int status = alert_target_parse(&parsed, target, err);
	if (status < 0) {
		return status;
	}
	*ops = by_scheme[parsed.scheme];
	for (unsigned i = 0; i < ALERT_SEVERITY_COUNT; i++) {
		if (strcmp(alert_severity_name(i), parsed.severity) == 0) {
			*severity_least = alert_severity_number(i);
		}
	}
	return 0;
}

void alert_post_texts(struct alert_post *post, const char **texts[ALERT_POST_TEXTS])
{
	const char **const all[ALERT_POST_TEXTS] = { &post->id, &post->kind, &post->severity,
		&post->state, &post->notice, &post->sentence, &post->digest, &post->policy_hash,
		&post->suppression, &post->app, &post->unit, &post->observer, &post->organization,
		&post->page, &post->rule, &post->said };

	memcpy(texts, all, sizeof(all));
}
