/* Where an alert is sent, as one address:
 *
 *     webhook+https://host/path#secret=FILE          signed JSON
 *     alertmanager+http://host:9093                  Prometheus' Alertmanager, API v2
 *     syslog://host:601   syslog+tls://host:6514     RFC 5424 over TCP, over TLS
 *     syslog+unix:///dev/log                         … to the machine's own daemon
 *     smtp://host:25#from=A&to=B,C   smtps://…       mail
 *
 * Behind "#" stand settings, NAME=VALUE, with "&" between them: severity (the least that is sent:
 * low, medium, high, critical), ca (file of authorities), secret, user, password (files), from, to,
 * tls=required, format=json, facility. What is secret stands in a file that its owner alone may
 * read, or in a systemd credential of that name; never in the address.
 *
 * Memory   a value.
 * Failure  -EINVAL and what was expected; -EPERM where others may read a secret. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { ALERT_TARGET_BYTES = 512, ALERT_SECRET_BYTES = 512, ALERT_RECIPIENTS_MAX = 16 };

#define ALERT_TARGET_SCHEMES(X)                                                                    \
	X(WEBHOOK_HTTP, "webhook+http", "http")                                                    \
	X(WEBHOOK_HTTPS, "webhook+https", "https")                                                 \
	X(ALERTMANAGER_HTTP, "alertmanager+http", "http")                                          \
	X(ALERTMANAGER_HTTPS, "alertmanager+https", "https")                                       \
	X(SYSLOG_TCP, "syslog", "tcp")                                                             \
	X(SYSLOG_TLS, "syslog+tls", "tls")                                                         \
	X(SYSLOG_UNIX, "syslog+unix", "unix")                                                      \
	X(MAIL, "smtp", "smtp")                                                                    \
	X(MAIL_TLS, "smtps", "smtps")

/* For whoever is to write one. */
#define ALERT_TARGET_EXPECTED                                                                      \
	"webhook+https://…, webhook+http://…, alertmanager+http://…, syslog://host:port, "   \
	"syslog+tls://…, syslog+unix:///path, smtp://… or smtps://…"

enum alert_target_scheme {
#define X(id, name, transport) ALERT_TARGET_##id,
	ALERT_TARGET_SCHEMES(X)
#undef X
		ALERT_TARGET_SCHEME_COUNT
};

struct alert_target {
	enum alert_target_scheme scheme;
	char url[ALERT_TARGET_BYTES]; /* for transfer.h; of a unix socket its path */
	char severity[16], ca[256], secret[256], user[128], password[256], from[128], format[16];
	char facility[8], to[ALERT_TARGET_BYTES];
	bool needs_tls;
};

int alert_target_parse(struct alert_target *target, const char *text, struct err *err);

/* The secret in a file or credential, without the newline at its end. */
int alert_target_read_secret(const char *name, char secret[ALERT_SECRET_BYTES], struct err *err);
