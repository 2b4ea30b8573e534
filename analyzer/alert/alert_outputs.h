/* The outputs that stand behind alert_output_sender, and which of them an address means. */
#pragma once

#include "analyzer/alert/alert_output.h"

/* Each opens with the address as it was given (alert_target.h); a folder is a desk. */
extern const struct alert_output_ops alert_output_folder, alert_output_webhook,
	alert_output_alertmanager, alert_output_syslog, alert_output_mail;

/* severity_least: as event.severity counts. */
int alert_output_choose(const char *target, const struct alert_output_ops **ops,
	unsigned *severity_least, struct err *err);

/* Every text of a post but the JSON, to copy or to put in order. */
enum { ALERT_POST_TEXTS = 16 };
void alert_post_texts(struct alert_post *post, const char **texts[ALERT_POST_TEXTS]);
