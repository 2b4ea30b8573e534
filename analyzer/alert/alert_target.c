#include "analyzer/alert/alert_target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *name, *transport;
} schemes[] = {
#define X(id, name, transport) { name, transport },
	ALERT_TARGET_SCHEMES(X)
#undef X
};

static int take_scheme(
	struct alert_target *target, const char *text, size_t length, struct err *err)
{
	const char *rest = strstr(text, "://");

	for (unsigned i = 0; rest && i < ALERT_TARGET_SCHEME_COUNT; i++) {
		if (strlen(schemes[i].name) != (size_t)(rest - text) ||
			strncmp(text, schemes[i].name, (size_t)(rest - text)) != 0) {
			continue;
		}
		target->scheme = i;
		int made = i == ALERT_TARGET_SYSLOG_UNIX
				   ? snprintf(target->url, sizeof(target->url), "%.*s",
					     (int)(length - (size_t)(rest + 3 - text)), rest + 3)
				   : snprintf(target->url, sizeof(target->url), "%s%.*s",
					     schemes[i].transport,
					     (int)(length - (size_t)(rest - text)), rest);
		return made < (int)sizeof(target->url)
			       ? 0
			       : err_set(err, EINVAL, "%.60s…: the address is too long", text);
	}
	return err_set(err, EINVAL, "%.80s: expected " ALERT_TARGET_EXPECTED, text);
}

/* Passwords in addresses end up in lists of processes and in logs. */
static int refuse_password(const struct alert_target *target, struct err *err)
{
	const char *host = strstr(target->url, "://");
	size_t length = host ? strcspn(host + 3, "/?#") : 0;

	if (host && memchr(host + 3, '@', length)) {
		return err_set(err, EINVAL,
			"an address of alerts holds no user or password: write #user=NAME&"
			"password=FILE behind it");
	}
	return 0;
}

static int take_setting(
	struct alert_target *target, const char *text, size_t length, struct err *err)
{
	const struct {
		const char *name;
		char *to;
		size_t room;
	} settings[] = {
		{ "severity", target->severity, sizeof(target->severity) },
		{ "ca", target->ca, sizeof(target->ca) },
		{ "secret", target->secret, sizeof(target->secret) },
		{ "user", target->user, sizeof(target->user) },
		{ "password", target->password, sizeof(target->password) },
		{ "from", target->from, sizeof(target->from) },
		{ "to", target->to, sizeof(target->to) },
		{ "format", target->format, sizeof(target->format) },
		{ "facility", target->facility, sizeof(target->facility) },
	};
	const char *value = memchr(text, '=', length);
	size_t name = value ? (size_t)(value - text) : length;

	for (unsigned i = 0; value && i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strlen(settings[i].name) == name &&
			strncmp(settings[i].name, text, name) == 0) {
			size_t count = length - name - 1;
			if (count >= settings[i].room) {
				return err_set(
					err, EINVAL, "%s: the value is too long", settings[i].name);
			}
			memcpy(settings[i].to, value + 1, count);
			settings[i].to[count] = '\0';
			return 0;
		}
	}
	if (length == 12 && strncmp(text, "tls=required", 12) == 0) {
		target->needs_tls = true;
		return 0;
	}
	return err_set(err, EINVAL,
		"\"%.*s\" is no setting of an output of alerts: expected severity, ca, secret, "
		"user, password, from, to, format, facility or tls=required",
		(int)(length < 60 ? length : 60), text);
}

static bool holds_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f) {
			return true;
		}
	}
	return false;
}

/* Syslog has no port that all servers agree on. */
static bool lacks_port(const struct alert_target *target)
{
	const char *host = strstr(target->url, "://");
	bool is_syslog = target->scheme == ALERT_TARGET_SYSLOG_TCP ||
			 target->scheme == ALERT_TARGET_SYSLOG_TLS;
	const char *port = host ? strrchr(host + 3, ':') : NULL;

	return is_syslog && (!port || port[1] < '0' || port[1] > '9');
}

static bool is_mail(const struct alert_target *target)
{
	return target->scheme == ALERT_TARGET_MAIL || target->scheme == ALERT_TARGET_MAIL_TLS;
}

static int check(const struct alert_target *target, struct err *err)
{
	static const char *const severities[] = { "", "low", "medium", "high", "critical" };
	bool is_severity = false;

	for (unsigned i = 0; i < sizeof(severities) / sizeof(severities[0]); i++) {
		is_severity = is_severity || strcmp(target->severity, severities[i]) == 0;
	}
	if (!is_severity) {
		return err_set(err, EINVAL, "severity=%s: expected low, medium, high or critical",
			target->severity);
	}
	if (is_mail(target) && (target->from[0] == '\0' || target->to[0] == '\0')) {
		return err_set(err, EINVAL, "mail needs #from=ADDRESS&to=ADDRESS,…");
	}
	if (lacks_port(target)) {
		return err_set(err, EINVAL, "syslog needs a port: syslog://host:601");
	}
	if (target->user[0] != '\0' && target->password[0] == '\0') {
		return err_set(err, EINVAL, "user=%s needs password=FILE", target->user);
	}
	return refuse_password(target, err);
}

int alert_target_parse(struct alert_target *target, const char *text, struct err *err)
{
	const char *settings = strchr(text, '#');
	size_t length = settings ? (size_t)(settings - text) : strlen(text);

	*target = (struct alert_target){ 0 };
	if (holds_control(text)) {
		return err_set(err, EINVAL, "an address of alerts holds no line breaks or tabs");
	}
	int status = take_scheme(target, text, length, err);
	while (status == 0 && settings && settings[1] != '\0') {
		size_t count = strcspn(settings + 1, "&");
		status = take_setting(target, settings + 1, count, err);
		settings += 1 + count;
		settings = *settings == '&' ? settings : NULL;
	}
	return status < 0 ? status : check(target, err);
}

static int read_file(const char *path, char secret[ALERT_SECRET_BYTES], struct err *err)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t count = 0;
	int result = 0;

	if (fd < 0) {
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		result = err_set(err, EINVAL, "%s: a secret must be in a regular file", path);
	} else if (status.st_mode & (S_IRWXG | S_IRWXO)) {
		result = err_set(err, EPERM,
			"%s: others may read the secret (mode %04o); chmod 600 it", path,
			(unsigned)status.st_mode & 07777);
	} else if ((count = read(fd, secret, ALERT_SECRET_BYTES - 1)) <= 0) {
		result = err_set(err, count < 0 ? errno : EINVAL, "%s: %s", path,
			count < 0 ? strerror(errno) : "there is no secret in it");
	} else {
		secret[count] = '\0';
		secret[strcspn(secret, "\r\n")] = '\0';
	}
	close(fd);
	return result;
}

int alert_target_read_secret(const char *name, char secret[ALERT_SECRET_BYTES], struct err *err)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	if (strchr(name, '/') || !credentials) {
		return read_file(name, secret, err);
	}
	if (snprintf(path, sizeof(path), "%s/%s", credentials, name) >= PATH_MAX) {
		return err_set(err, ENAMETOOLONG, "%s: the name is too long", name);
	}
	return read_file(path, secret, err);
}
