#include "analyzer/record/lookup_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "analyzer/record/digest.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#define ROLES_FILE "/etc/borderflow/roles"

enum { HEX_BYTES = 2 * DIGEST_SHA256_BYTES, COLUMNS = 6, QUESTION_MOST = 500 };

enum lookup_role { ROLE_LOOK, ROLE_APPROVE, ROLE_AUDIT };

const char *lookup_kind_name(enum lookup_kind kind)
{
	static const char *const names[] = {
#define X(id, name, role) [LOOKUP_##id] = (name),
		LOOKUP_KINDS(X)
#undef X
	};
	return names[kind];
}

static enum lookup_role role_of(enum lookup_kind kind)
{
	static const uint8_t roles[] = {
#define X(id, name, role) [LOOKUP_##id] = ROLE_##role,
		LOOKUP_KINDS(X)
#undef X
	};
	return roles[kind];
}

/* By the real user; behind sudo the one who called it. */
static void name_user(char *name, size_t bytes)
{
	const struct passwd *user = getpwuid(getuid());
	const char *caller = getuid() == 0 ? getenv("SUDO_USER") : NULL;

	if (caller && caller[0]) {
		snprintf(name, bytes, "%s", caller);
	} else if (user) {
		snprintf(name, bytes, "%s", user->pw_name);
	} else {
		snprintf(name, bytes, "uid-%u", (unsigned)getuid());
	}
}

/* "USER look,approve" */
static bool has_role(const char *roles, const char *user, const char *role)
{
	size_t length = strlen(user);

	for (const char *line = roles; line; line = strchr(line, '\n'), line += line != NULL) {
		if (strncmp(line, user, length) != 0 || !strchr(" \t", line[length])) {
			continue;
		}
		size_t rest = strcspn(line, "\n");
		for (const char *at = line + length; at < line + rest;) {
			at += strspn(at, " \t,");
			size_t word = strcspn(at, " \t,\n");
			if (word == strlen(role) && strncmp(at, role, word) == 0) {
				return true;
			}
			at += word;
		}
	}
	return false;
}

static int check_role(const char *folder, const char *user, enum lookup_kind kind, struct err *err)
{
	static const char *const names[] = {
		[ROLE_LOOK] = "look", [ROLE_APPROVE] = "approve", [ROLE_AUDIT] = "audit"
	};
	const char *role = names[role_of(kind)];
	char path[PATH_MAX], *roles = NULL;

	snprintf(path, sizeof(path), "%s/roles", folder);
	int status = file_read(path, &roles, NULL, err);
	if (status == -ENOENT) {
		snprintf(path, sizeof(path), ROLES_FILE);
		status = file_read(path, &roles, NULL, err);
	}
	if (status == -ENOENT) {
		return 0;
	}
	if (status == 0 && !has_role(roles, user, role)) {
		status = err_set(err, EPERM,
			"%s: %s does not have the role \"%s\", which this asks for", path, user,
			role);
	}
	free(roles);
	return status;
}

/* A line of a table: what would end it or its cells is a space. */
static void put_plain(struct text *line, const char *from)
{
	for (size_t i = 0; from[i] && i < QUESTION_MOST; i++) {
		text_put_char(line, (unsigned char)from[i] < ' ' ? ' ' : from[i]);
	}
}

/* The digest that the last whole line ends with; zeros before the first. */
static int read_last(int fd, const char *path, char last[HEX_BYTES + 1], struct err *err)
{
	char tail[2 * QUESTION_MOST + 512];
	off_t size = lseek(fd, 0, SEEK_END);
	size_t want = size < (off_t)sizeof(tail) ? (size_t)size : sizeof(tail);

	memset(last, '0', HEX_BYTES);
	last[HEX_BYTES] = '\0';
	if (size <= 0) {
		return 0;
	}
	ssize_t got = pread(fd, tail, want, size - (off_t)want);
	if (got <= HEX_BYTES || tail[got - 1] != '\n' || tail[got - 2 - HEX_BYTES] != '\t') {
		return err_set(err, EBADMSG,
			"%s: the last line is not whole: look into it before anything is asked",
			path);
	}
	memcpy(last, tail + got - 1 - HEX_BYTES, HEX_BYTES);
	return 0;
}

static void chain(const char *previous, const char *line, size_t length, char hex[HEX_BYTES + 1])
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	struct text text;

	text_init_heap(&text);
	text_put_bytes(&text, previous, HEX_BYTES);
	text_put_bytes(&text, line, length);
	digest_sha256(text.at, text.length, digest);
	digest_hex(digest, sizeof(digest), hex);
	text_deinit(&text);
}

static int append(
	int fd, const char *path, const char *user, const struct lookup *lookup, struct err *err)
{
	char last[HEX_BYTES + 1], hex[HEX_BYTES + 1], now[CLOCK_TEXT_LENGTH + 1];
	struct text line;
	int status = read_last(fd, path, last, err);

	if (status < 0) {
		return status;
	}
	text_init_heap(&line);
	clock_format(lookup->now_ns, now);
	text_printf(&line, "%s\t%s\t%s\t", now, user, lookup_kind_name(lookup->kind));
	put_plain(&line, lookup->question);
	text_put_char(&line, '\t');
	put_plain(&line, lookup->reason);
	text_put_char(&line, '\t');
	chain(last, line.at, line.length, hex);
	text_printf(&line, "%s\n", hex);
	status = line.truncated ? err_set(err, ENOMEM, "%s: out of memory", path)
				: file_append(fd, path, line.at, line.length, err);
	text_deinit(&line);
	return status;
}

int lookup_log_append(const char *folder, const struct lookup *lookup, struct err *err)
{
	char path[PATH_MAX], user[64];
	struct err cause;

	if (lookup->user) {
		snprintf(user, sizeof(user), "%s", lookup->user);
	} else {
		name_user(user, sizeof(user));
	}
	if (snprintf(path, sizeof(path), "%s/lookups.tsv", folder) >= PATH_MAX) {
		return err_set(err, ENAMETOOLONG, "%.200s: the path is too long", folder);
	}
	int status = check_role(folder, user, lookup->kind, err);
	if (status < 0) {
		return status;
	}
	int fd = file_open_to_write(path, O_RDWR | O_CREAT | O_APPEND, 0640, &cause);
	if (fd < 0) {
		return err_set(err, -fd, "%s: what cannot be logged is not answered", cause.text);
	}
	status = flock(fd, LOCK_EX) < 0
			 ? err_set(err, errno, "%s: cannot lock: %s", path, strerror(errno))
			 : append(fd, path, user, lookup, err);
	close(fd);
	return status;
}

/* Splits a line at its tabs; false where there are not as many as there should be. */
static bool split(char *line, char *columns[COLUMNS])
{
	for (unsigned i = 0; i < COLUMNS; i++) {
		columns[i] = line;
		line = i + 1 < COLUMNS ? strchr(line, '\t') : NULL;
		if (i + 1 < COLUMNS && !line) {
			return false;
		}
		if (line) {
			*line++ = '\0';
		}
	}
	return strlen(columns[COLUMNS - 1]) == HEX_BYTES;
}

/* Does the line, of that length, follow from what was last? Then last is its digest. */
static bool follows(char *line, size_t length, char last[HEX_BYTES + 1], char *columns[COLUMNS])
{
	char hex[HEX_BYTES + 1];

	if (length <= HEX_BYTES) {
		return false;
	}
	chain(last, line, length - HEX_BYTES, hex);
	if (!split(line, columns) || strcmp(columns[COLUMNS - 1], hex) != 0) {
		return false;
	}
	memcpy(last, hex, sizeof(hex));
	return true;
}

int lookup_log_read(const char *folder, lookup_taker *take, void *context, struct err *err)
{
	char path[PATH_MAX], last[HEX_BYTES + 1], *content = NULL, *columns[COLUMNS];
	unsigned number = 0;

	snprintf(path, sizeof(path), "%s/lookups.tsv", folder);
	int status = file_read(path, &content, NULL, err);
	memset(last, '0', HEX_BYTES);
	last[HEX_BYTES] = '\0';
	for (char *line = content, *end; status == 0 && (end = strchr(line, '\n'));
		line = end + 1) {
		number++;
		*end = '\0';
		if (!follows(line, (size_t)(end - line), last, columns)) {
			status = err_set(err, EBADMSG,
				"%s:%u: the chain is broken: this line, or one before it, was "
				"changed",
				path, number);
			break;
		}
		struct lookup_line told = { 0, columns[0], columns[1], columns[2], columns[3],
			columns[4], columns[5] };
		clock_parse(columns[0], &told.time_ns);
		take(context, &told);
	}
	free(content);
	return status;
}

struct counting {
	struct lookup_counts *counts;
	uint64_t from_ns, to_ns;
};

static void count_line(void *context, const struct lookup_line *line)
{
	struct counting *counting = context;
	struct lookup_counts *counts = counting->counts;

	snprintf(counts->last, sizeof(counts->last), "%s", line->digest);
	if (line->time_ns < counting->from_ns ||
		(counting->to_ns && line->time_ns >= counting->to_ns)) {
		return;
	}
	for (unsigned kind = 0; kind < LOOKUP_KIND_COUNT; kind++) {
		counts->kinds[kind] += strcmp(line->kind, lookup_kind_name(kind)) == 0;
	}
}

int lookup_log_count(const char *folder, uint64_t from_ns, uint64_t to_ns,
	struct lookup_counts *counts, struct err *err)
{
	struct counting counting = { counts, from_ns, to_ns };

	*counts = (struct lookup_counts){ .last = "" };
	return lookup_log_read(folder, count_line, &counting, err);
}
