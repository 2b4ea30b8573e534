/* Reports: made by `borderflow report`, each in a folder of its own below that of --reports; listed
 * and handed out from there. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/format/json_doc.h"
#include "base/clock.h"
#include "base/file.h"
#include "dashboards/web/api.h"
#include "dashboards/web/own_program.h"

enum { REPORT_SECONDS = 900, NAME_MOST = 80, REPORTS_MOST = 1000 };

/* A page of ours, made before: it has its styles in it, and is shown without any script. */
static const char report_guard[] =
	"sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
	"frame-ancestors 'none'";

static const struct {
	const char *ending, *type;
} types[] = { { ".html", "text/html; charset=utf-8" }, { ".pdf", "application/pdf" },
	{ ".csv", "text/csv; charset=utf-8" }, { ".json", "application/json" } };

static bool has_folder(struct call *call)
{
	if (!call->web->options.reports || call->web->options.source.archive_count == 0) {
		call_refuse(call, 501,
			"reports are made of archives: start the server with --archive and "
			"--reports");
		return false;
	}
	return true;
}

/* No way out of the folder: letters, digits, and a point that is not the first. */
static bool is_plain_name(const char *name)
{
	return name[0] != '.' && name[0] != '\0' && strlen(name) <= NAME_MOST &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       strlen(name);
}

static const char *type_of(const char *name)
{
	const char *ending = strrchr(name, '.');

	for (size_t i = 0; ending && i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].ending, ending) == 0) {
			return types[i].type;
		}
	}
	return NULL;
}

static int is_listed(const struct dirent *entry)
{
	return is_plain_name(entry->d_name);
}

static int compare_newest(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*right)->d_name, (*left)->d_name);
}

static void put_files(struct json *json, const char *path)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_listed, alphasort);

	json_array_begin(json, "files");
	for (int i = 0; i < count; i++) {
		if (type_of(entries[i]->d_name)) {
			json_string(json, NULL, entries[i]->d_name);
		}
		free(entries[i]);
	}
	json_array_end(json);
	free(entries);
}

static void put_report(struct call *call, const char *key, const char *id)
{
	char path[PATH_MAX];
	struct stat folder;

	snprintf(path, sizeof(path), "%s/%s", call->web->options.reports, id);
	if (stat(path, &folder) < 0 || !S_ISDIR(folder.st_mode)) {
		return;
	}
	json_object_begin(&call->json, key);
	json_string(&call->json, "id", id);
	put_time(&call->json, "made", (uint64_t)folder.st_mtim.tv_sec * NS_PER_S);
	put_files(&call->json, path);
	json_object_end(&call->json);
}

void answer_reports(struct call *call)
{
	struct dirent **entries = NULL;

	if (!has_folder(call)) {
		return;
	}
	int count = scandir(call->web->options.reports, &entries, is_listed, compare_newest);
	json_object_begin(&call->json, NULL);
	json_array_begin(&call->json, "reports");
	for (int i = 0; i < count; i++) {
		if (i < REPORTS_MOST) {
			put_report(call, NULL, entries[i]->d_name);
		}
		free(entries[i]);
	}
	json_array_end(&call->json);
	json_object_end(&call->json);
	free(entries);
}

/* A day, as the command takes it. */
static bool is_day(const char *text)
{
	uint64_t time_ns;

	return strlen(text) == 10 && clock_parse(text, &time_ns);
}

static int make_report(
	struct call *call, const struct json_doc *doc, const char *id, struct err *err)
{
	const struct web_options *options = &call->web->options;
	const char *language = json_doc_text(doc, "language");
	struct own_program program = { .path = call->web->options.program,
		.running = &call->web->commands };
	char folder[PATH_MAX];
	struct text output;

	snprintf(folder, sizeof(folder), "%s/%s", options->reports, id);
	own_program_add(&program, "report");
	for (unsigned i = 0; i < options->source.archive_count; i++) {
		own_program_option(&program, "--archive", options->source.archives[i]);
	}
	own_program_option(&program, "--from", json_doc_text(doc, "from"));
	own_program_option(&program, "--to", json_doc_text(doc, "to"));
	own_program_option(&program, "--out", folder);
	own_program_option(&program, "--language", language);
	if (json_doc_bool(doc, "pdf")) {
		own_program_add(&program, "--pdf");
	}
	call_add_facts(call, &program);
	text_init_heap(&output);
	int status = own_program_run(&program, REPORT_SECONDS, &output, err);
	text_deinit(&output);
	return status;
}

/* One at a time: a report of a year takes a while, and the machine has other things to do. */
void answer_make_report(struct call *call)
{
	struct json_doc *doc = NULL;
	char id[64] = "";
	struct err err;

	if (!has_folder(call)) {
		return;
	}
	int status = call_read_body(call, &doc, &err);
	if (status == 0 &&
		(!is_day(json_doc_text(doc, "from")) || !is_day(json_doc_text(doc, "to")))) {
		status = err_set(&err, EINVAL, "from, to: expected days such as 2026-03-31");
	}
	if (status == 0 && pthread_mutex_trylock(&call->web->reporting) != 0) {
		status = err_set(&err, EALREADY, "another report is being made");
	} else if (status == 0) {
		snprintf(id, sizeof(id), "%s--%s", json_doc_text(doc, "from"),
			json_doc_text(doc, "to"));
		status = file_make_folder(call->web->options.reports, 0750, &err);
		status = status < 0 ? status : make_report(call, doc, id, &err);
		pthread_mutex_unlock(&call->web->reporting);
	}
	json_doc_close(doc);
	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	call->response->status = 201;
	put_report(call, NULL, id);
}

void answer_report_file(struct call *call)
{
	const char *id = http_parameter(call->request, "id");
	const char *name = http_parameter(call->request, "file");
	char path[PATH_MAX], *content = NULL;
	size_t length;

	if (!has_folder(call)) {
		return;
	}
	snprintf(path, sizeof(path), "%s/%s/%s", call->web->options.reports, id, name);
	if (!is_plain_name(id) || !is_plain_name(name) || !type_of(name) ||
		file_read(path, &content, &length, NULL) < 0) {
		call_refuse(call, 404, "there is no such report");
		return;
	}
	call->response->content_type = type_of(name);
	http_header(call->response, "Content-Security-Policy", report_guard);
	text_put_bytes(&call->response->body, content, length);
	free(content);
}
