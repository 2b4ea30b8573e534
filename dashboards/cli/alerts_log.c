/* Who looked at devices by way of alerts: logged before they are shown. */
#include <stdio.h>

#include "analyzer/record/lookup_log.h"
#include "dashboards/cli/alerts.h"

enum { QUESTION_BYTES = 200 };

static size_t count_naming(const struct alert_entry *items, size_t count)
{
	size_t naming = 0;

	for (size_t i = 0; i < count; i++) {
		naming += alert_entry_names_device(&items[i]);
	}
	return naming;
}

const char *alerts_log_folder(const struct alerts_settings *settings)
{
	return settings->log     ? settings->log
	       : settings->state ? settings->state
				 : "/var/lib/borderflow";
}

int alerts_log_look(struct desk *desk, const char *action, const struct alert_entry *items,
	size_t count, struct err *err)
{
	const struct alerts_settings *settings = desk->settings;
	size_t naming = settings->without_devices ? 0 : count_naming(items, count);
	char question[QUESTION_BYTES];

	if (naming == 0) {
		return 0;
	}
	if (count == 1) {
		snprintf(question, sizeof(question), "alerts %s %s", action, items[0].id);
	} else {
		snprintf(question, sizeof(question), "alerts %s: %zu that name devices", action,
			naming);
	}
	const struct lookup lookup = { .kind = LOOKUP_READ,
		.question = question,
		.reason = settings->reason ? settings->reason : "",
		.now_ns = desk->now_ns };
	struct err cause;
	int status = lookup_log_append(alerts_log_folder(settings), &lookup, &cause);
	return status < 0 ? err_set(err, -status,
				    "%s (--log DIR: where to log; --without-devices: shows none)",
				    cause.text)
			  : 0;
}
