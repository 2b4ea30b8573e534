#include "analyzer/policy/policy_history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/policy/policy_model.h"
#include "base/clock.h"
#include "base/file.h"

static const char index_name[] = "accepted.tsv";

static int make_path(char path[PATH_MAX], const char *folder, const char *name, struct err *err)
{
	return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX
		       ? 0
		       : err_set(err, ENAMETOOLONG, "%s: the path is too long", folder);
}

static bool is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool policy_history_is(const char *path)
{
	char file[PATH_MAX];

	return path && is_folder(path) && make_path(file, path, index_name, NULL) == 0 &&
	       access(file, F_OK) == 0;
}

static bool take_text(char **line, char *text, size_t bytes)
{
	char *end = *line ? strchr(*line, '\t') : NULL;
	size_t length = !*line ? 0 : end ? (size_t)(end - *line) : strlen(*line);

	if (!*line || length >= bytes) {
		return false;
	}
	memcpy(text, *line, length);
	text[length] = '\0';
	*line = end ? end + 1 : NULL;
	return true;
}

static bool take_time(char **line, uint64_t *time_ns)
{
	char text[40];

	return take_text(line, text, sizeof(text)) && clock_parse(text, time_ns);
}

static bool read_row(char *line, struct policy_acceptance *row)
{
	return take_time(&line, &row->in_force_ns) &&
	       take_text(&line, row->hash, sizeof(row->hash)) && strlen(row->hash) == 64 &&
	       strspn(row->hash, "0123456789abcdef") == 64 && take_time(&line, &row->accepted_ns) &&
	       take_text(&line, row->by, sizeof(row->by)) &&
	       take_text(&line, row->reason, sizeof(row->reason));
}

static int read_rows(char *content, const char *path, struct policy_acceptance **rows,
	size_t *count, struct err *err)
{
	unsigned number = 0;
	char *rest = content;

	for (char *line; (line = strsep(&rest, "\n"));) {
		struct policy_acceptance *grown;
		number++;
		if (line[0] == '\0' || line[0] == '#') {
			continue;
		}
		grown = realloc(*rows, (*count + 1) * sizeof(*grown));
		if (!grown) {
			return err_set(err, ENOMEM, "out of memory");
		}
		*rows = grown;
		if (!read_row(line, &grown[*count])) {
			return err_set(err, EINVAL,
				"%s:%u: expected a time, a hash, a time, a role and a reason, "
				"with tabs between them",
				path, number);
		}
		if (*count > 0 && grown[*count].in_force_ns < grown[*count - 1].in_force_ns) {
			return err_set(err, EINVAL,
				"%s:%u: this version is in force from before the one above it",
				path, number);
		}
		++*count;
	}
	return 0;
}

int policy_history_read(
	const char *folder, struct policy_acceptance **rows, size_t *count, struct err *err)
{
	char path[PATH_MAX], *content;
	int status = make_path(path, folder, index_name, err);

	*rows = NULL;
	*count = 0;
	if (status < 0 || access(path, F_OK) != 0) {
		return status;
	}
	status = file_read(path, &content, NULL, err);
	if (status == 0) {
		status = read_rows(content, path, rows, count, err);
		free(content);
	}
	if (status < 0) {
		free(*rows);
		*rows = NULL;
		*count = 0;
	}
	return status;
}

static int copy_file(const char *from, const char *to, struct err *err)
{
	char *content;
	size_t length;
	int status = file_read(from, &content, &length, err);

	if (status == 0) {
		status = file_write(to, content, length, err);
		free(content);
	}
	return status;
}

static int is_policy_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && entry->d_name[0] != '.' &&
	       strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

static int copy_folder(const char *from, const char *to, struct err *err)
{
	struct dirent **entries;
	int count = scandir(from, &entries, is_policy_file, alphasort), status = 0;

	if (count < 0) {
		return err_set(err, errno, "%s: %s", from, strerror(errno));
	}
	status = file_make_folder(to, 0755, err);
	for (int i = 0; i < count; i++) {
		char source[PATH_MAX], target[PATH_MAX];
		if (status == 0) {
			status = make_path(source, from, entries[i]->d_name, err);
		}
		if (status == 0) {
			status = make_path(target, to, entries[i]->d_name, err);
		}
		if (status == 0) {
			status = copy_file(source, target, err);
		}
		free(entries[i]);
	}
	free(entries);
	return status;
}

/* Where a version stands. */
static int version_path(char path[PATH_MAX], const char *folder, const char *hash, bool is_of_files,
	struct err *err)
{
	char name[80];

	snprintf(name, sizeof(name), "%s%s", hash, is_of_files ? "" : ".yaml");
	return make_path(path, folder, name, err);
}

static int append(const char *path, const char *line, struct err *err)
{
	int file = file_open_to_write(path, O_WRONLY | O_CREAT | O_APPEND, 0644, err);

	if (file < 0) {
		return file;
	}
	int status = file_append(file, path, line, strlen(line), err);
	close(file);
	return status;
}

static int append_row(const char *folder, const struct policy_acceptance *row, struct err *err)
{
	char path[PATH_MAX], line[600], from[CLOCK_TEXT_LENGTH + 1],
		accepted[CLOCK_TEXT_LENGTH + 1];
	int status = make_path(path, folder, index_name, err);

	clock_format(row->in_force_ns, from);
	clock_format(row->accepted_ns, accepted);
	snprintf(line, sizeof(line), "%s\t%s\t%s\t%s\t%s\n", from, row->hash, accepted, row->by,
		row->reason);
	return status < 0 ? status : append(path, line, err);
}

/* Versions follow each other, and rules that were made afterwards need a reason. */
static int check_order(const struct policy_acceptance *rows, size_t count,
	const struct policy_acceptance *accepted, struct err *err)
{
	const struct policy_acceptance *last = count > 0 ? &rows[count - 1] : NULL;

	if (last && strcmp(last->hash, accepted->hash) == 0) {
		return err_set(err, EEXIST, "this version is the one that was accepted last");
	}
	if (last && accepted->in_force_ns < last->in_force_ns) {
		return err_set(err, EINVAL,
			"the version accepted last is in force from a later day; give a day from "
			"then on");
	}
	if (last && accepted->in_force_ns < accepted->accepted_ns && !accepted->reason[0]) {
		return err_set(err, EINVAL,
			"that day is over: whoever did what the rules of then allowed would be "
			"judged by these; give a day to come, or --reason");
	}
	if (!accepted->by[0] || strpbrk(accepted->by, "\t\n") ||
		strpbrk(accepted->reason, "\t\n")) {
		return err_set(err, EINVAL,
			"say who accepts it: --by ROLE, such as \"head of administration\", on one "
			"line");
	}
	return 0;
}

int policy_history_accept(const char *folder, const char *path,
	const struct policy_acceptance *accepted, struct err *err)
{
	struct policy_acceptance *rows;
	char version[PATH_MAX];
	size_t count;

	int status = file_make_folder(folder, 0755, err);
	if (status < 0) {
		return status;
	}
	status = policy_history_read(folder, &rows, &count, err);
	if (status == 0) {
		status = check_order(rows, count, accepted, err);
	}
	if (status == 0) {
		status = version_path(version, folder, accepted->hash, is_folder(path), err);
	}
	if (status == 0) {
		status = is_folder(path) ? copy_folder(path, version, err)
					 : copy_file(path, version, err);
	}
	free(rows);
	return status < 0 ? status : append_row(folder, accepted, err);
}

int policy_history_keep(const char *beside, const char *path, const char *hash, const char *by,
	uint64_t now_ns, struct err *err)
{
	struct policy_acceptance now = { .in_force_ns = now_ns, .accepted_ns = now_ns };
	char folder[PATH_MAX];
	int status;

	if (!path || policy_history_is(path)) {
		return 0;
	}
	snprintf(now.hash, sizeof(now.hash), "%s", hash);
	snprintf(now.by, sizeof(now.by), "%s", by);
	status = make_path(folder, beside, "policies", err);
	if (status == 0) {
		status = policy_history_accept(folder, path, &now, err);
	}
	return status == -EEXIST ? 0 : status;
}

static int load_version(struct policy **policy, const char *folder,
	const struct policy_acceptance *row, const char *networks, const char *language,
	const struct catalogue *catalogue, struct policy_problems *problems, struct err *err)
{
	char path[PATH_MAX];
	int status = version_path(path, folder, row->hash, true, err);

	if (status == 0 && !is_folder(path)) {
		status = version_path(path, folder, row->hash, false, err);
	}
	if (status == 0) {
		status = policy_load_in(policy, path, networks, language, catalogue, problems, err);
	}
	if (status == 0 && strcmp(policy_hash(*policy), row->hash) != 0) {
		policy_free(*policy);
		*policy = NULL;
		return err_set(err, EINVAL,
			"%s: this is not the version that was accepted: its hash is another one",
			path);
	}
	return status;
}

int policy_load_history(struct policy **policy, const char *folder, const char *networks,
	const char *language, const struct catalogue *catalogue, struct policy_problems *problems,
	struct err *err)
{
	struct policy_acceptance *rows;
	struct policy *latest = NULL, *next;
	size_t count;
	int status = policy_history_read(folder, &rows, &count, err);

	if (status == 0 && count == 0) {
		status = err_set(err, ENODATA,
			"%s: no version was accepted yet: \"borderflow policy accept FILE\"",
			folder);
	}
	for (size_t i = 0; i < count && status == 0; i++) {
		status = load_version(
			&next, folder, &rows[i], networks, language, catalogue, problems, err);
		if (status == 0) {
			next->earlier = latest;
			next->in_force_from_ns = rows[i].in_force_ns;
			latest = next;
		}
	}
	free(rows);
	if (status < 0) {
		policy_free(latest);
		latest = NULL;
	}
	*policy = latest;
	return status;
}
