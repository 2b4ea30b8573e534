#include "analyzer/redis/redis_url.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { PORT_DEFAULT = 6379, SENTINEL_PORT_DEFAULT = 26379, DATABASE_MAX = 65535 };

static const char forms[] =
	"expected redis://[user:password@]host[:port][,host…][/db], unix:/path/to/socket or "
	"sentinel://host[:port][,host…]/name";

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9') {
		return digit - '0';
	}
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Copies a part of the URL and undoes %XX (RFC 3986). False where it is too long, malformed, or
 * holds a NUL. */
static bool copy_part(char *to, size_t room, const char *from, size_t length)
{
	size_t at = 0;

	for (size_t i = 0; i < length; i++) {
		int byte = (unsigned char)from[i];
		if (byte == '%') {
			int high = i + 2 < length ? hex_digit(from[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(from[i + 2]) : -1;
			byte = low >= 0 ? high << 4 | low : 0;
			i += 2;
		}
		if (byte == 0 || at + 1 >= room) {
			return false;
		}
		to[at++] = (char)byte;
	}
	to[at] = '\0';
	return true;
}

static bool parse_number(const char *text, size_t length, unsigned most, unsigned *number)
{
	unsigned value = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' || value > most) {
			return false;
		}
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	*number = value;
	return length > 0 && value <= most;
}

/* A setting that is a text, and where it goes. */
struct text_setting {
	const char *name;
	char *to;
	size_t room;
};

static bool read_text(const struct text_setting *settings, const char *name, size_t name_length,
	const char *value, size_t value_length)
{
	for (; settings->name; settings++) {
		if (strlen(settings->name) == name_length &&
			memcmp(settings->name, name, name_length) == 0) {
			return copy_part(settings->to, settings->room, value, value_length);
		}
	}
	return false;
}

/* One name=value behind the question mark. */
static int read_setting(struct redis_url *url, const char *setting, size_t length, struct err *err)
{
	const struct text_setting texts[] = {
		{ "user", url->user, sizeof(url->user) },
		{ "password_file", url->password_file, sizeof(url->password_file) },
		{ "ca", url->ca, sizeof(url->ca) },
		{ "cert", url->certificate, sizeof(url->certificate) },
		{ "key", url->key, sizeof(url->key) },
		{ NULL, NULL, 0 },
	};
	const char *value = memchr(setting, '=', length);
	size_t name_length = value ? (size_t)(value - setting) : length;
	size_t value_length = value ? length - name_length - 1 : 0;

	if (name_length == 2 && memcmp(setting, "db", 2) == 0 && value &&
		parse_number(value + 1, value_length, DATABASE_MAX, &url->database)) {
		return 0;
	}
	if (value && read_text(texts, setting, name_length, value + 1, value_length)) {
		return 0;
	}
	return err_set(err, EINVAL,
		"the Redis URL has the setting \"%.*s\"; known are db=N, user=NAME, "
		"password_file=PATH, and with TLS ca=PATH, cert=PATH and key=PATH",
		(int)name_length, setting);
}

static int read_settings(struct redis_url *url, const char *settings, struct err *err)
{
	int status = 0;

	while (*settings != '\0' && status == 0) {
		size_t length = strcspn(settings, "&");
		status = read_setting(url, settings, length, err);
		settings += length + (settings[length] == '&');
	}
	return status;
}

/* user:password@ in front of the host. */
static bool read_login(struct redis_url *url, const char *text, size_t length)
{
	const char *colon = memchr(text, ':', length);
	size_t user_length = colon ? (size_t)(colon - text) : length;

	return copy_part(url->user, sizeof(url->user), text, user_length) &&
	       (!colon || copy_part(url->password, sizeof(url->password), colon + 1,
				  length - user_length - 1));
}

/* host, host:port, [v6] or [v6]:port. */
static bool read_host(
	struct redis_host *host, unsigned port_default, const char *text, size_t length)
{
	const char *end = text + length, *colon;
	bool has_brackets = length > 0 && text[0] == '[';
	const char *host_end = has_brackets ? memchr(text, ']', length) : NULL;

	if (has_brackets && !host_end) {
		return false;
	}
	colon = memchr(has_brackets ? host_end : text, ':',
		(size_t)(end - (has_brackets ? host_end : text)));
	if (has_brackets) {
		text++;
		if (host_end + 1 != (colon ? colon : end)) {
			return false;
		}
	} else {
		host_end = colon ? colon : end;
	}
	host->port = port_default;
	return copy_part(host->name, sizeof(host->name), text, (size_t)(host_end - text)) &&
	       host->name[0] != '\0' &&
	       (!colon || parse_number(colon + 1, (size_t)(end - colon - 1), 65535, &host->port));
}

static bool read_hosts(
	struct redis_url *url, unsigned port_default, const char *text, size_t length)
{
	const char *end = text + length;

	while (url->host_count < REDIS_HOSTS_MAX) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *host_end = comma ? comma : end;
		if (!read_host(&url->hosts[url->host_count], port_default, text,
			    (size_t)(host_end - text))) {
			return false;
		}
		url->host_count++;
		if (!comma) {
			return true;
		}
		text = comma + 1;
	}
	return false;
}

/* What stands behind the slash: the database, or what sentinels call the primary. */
static int read_path(
	struct redis_url *url, bool is_sentinel, const char *text, size_t length, struct err *err)
{
	if (is_sentinel) {
		return copy_part(url->primary, sizeof(url->primary), text, length) && length > 0
			       ? 0
			       : err_set(err, EINVAL,
					 "the Redis URL does not say what the sentinels call the "
					 "primary: %s",
					 forms);
	}
	if (length > 0 && !parse_number(text, length, DATABASE_MAX, &url->database)) {
		return err_set(err, EINVAL,
			"the Redis URL names the database \"%.*s\"; expected a number", (int)length,
			text);
	}
	return 0;
}

static void set_name(struct redis_url *url)
{
	const struct redis_host *first = &url->hosts[0];

	if (url->primary[0] != '\0') {
		snprintf(url->name, sizeof(url->name), "%s (by sentinel %s:%u)", url->primary,
			first->name, first->port);
	} else {
		snprintf(url->name, sizeof(url->name), "%s:%u", first->name, first->port);
	}
}

static int parse_tcp(struct redis_url *url, const char *text, bool is_sentinel, struct err *err)
{
	unsigned port = is_sentinel ? SENTINEL_PORT_DEFAULT : PORT_DEFAULT;
	size_t length = strcspn(text, "/?");
	const char *at = NULL;

	for (size_t i = 0; i < length; i++) {
		at = text[i] == '@' ? text + i : at;
	}
	if (at && !read_login(url, text, (size_t)(at - text))) {
		return err_set(err, EINVAL,
			"the user or password in the Redis URL is malformed: "
			"write special characters as %%XX");
	}
	const char *hosts = at ? at + 1 : text;
	if (!read_hosts(url, port, hosts, length - (size_t)(hosts - text))) {
		return err_set(err, EINVAL, "the Redis URL has no good host and port: %s", forms);
	}
	text += length;
	text += *text == '/';
	length = strcspn(text, "?");
	int status = read_path(url, is_sentinel, text, length, err);
	set_name(url);
	return status == 0 && text[length] == '?' ? read_settings(url, text + length + 1, err)
						  : status;
}

static int parse_unix(struct redis_url *url, const char *text, struct err *err)
{
	size_t length = strcspn(text, "?");

	url->is_unix = true;
	url->host_count = 1;
	if (text[0] != '/' ||
		!copy_part(url->hosts[0].name, sizeof(url->hosts[0].name), text, length)) {
		return err_set(err, EINVAL, "the Redis URL has no good path: %s", forms);
	}
	snprintf(url->name, sizeof(url->name), "%s", url->hosts[0].name);
	return text[length] == '?' ? read_settings(url, text + length + 1, err) : 0;
}

int redis_url_parse(struct redis_url *url, const char *text, struct err *err)
{
	memset(url, 0, sizeof(*url));
	if (strncmp(text, "redis://", 8) == 0) {
		return parse_tcp(url, text + 8, false, err);
	}
	if (strncmp(text, "unix:", 5) == 0) {
		return parse_unix(url, text + (strncmp(text + 5, "//", 2) == 0 ? 7 : 5), err);
	}
	if (strncmp(text, "sentinel://", 11) == 0) {
		return parse_tcp(url, text + 11, true, err);
	}
	if (strncmp(text, "rediss://", 9) == 0) {
		url->has_tls = true;
		int status = parse_tcp(url, text + 9, false, err);
		return status == 0 && url->ca[0] == '\0'
			       ? err_set(err, EINVAL,
					 "the Redis URL wants TLS and names no authority to trust; "
					 "add ca=PATH")
			       : status;
	}
	return err_set(err, EINVAL, "not a Redis URL: %s", forms);
}

int redis_url_read_password(struct redis_url *url, struct err *err)
{
	const char *path = url->password_file;
	char *content;
	size_t length;
	int status = path[0] != '\0' ? file_read(path, &content, &length, err) : 0;

	if (path[0] == '\0') {
		return 0;
	}
	if (status < 0) {
		err_prefix(err, "the password of Redis");
		return status;
	}
	while (length > 0 && (content[length - 1] == '\n' || content[length - 1] == '\r')) {
		length--;
	}
	if (length == 0 || length >= sizeof(url->password) || memchr(content, '\0', length)) {
		status = err_set(err, EINVAL, "%s: expected a password of 1 to %zu bytes", path,
			sizeof(url->password) - 1);
	} else {
		memcpy(url->password, content, length);
		url->password[length] = '\0';
	}
	explicit_bzero(content, length);
	free(content);
	return status;
}
