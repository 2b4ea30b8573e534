/* What other commands of this program answer: devices, what a draft of a policy would do. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/format/json_doc.h"
#include "base/file.h"
#include "dashboards/web/api.h"
#include "dashboards/web/own_program.h"

enum { DEVICES_SECONDS = 60, REPLAY_SECONDS = 600 };

void call_add_facts(const struct call *call, struct own_program *program)
{
	const struct web_options *options = &call->web->options;

	own_program_option(program, "--policy", options->policy);
	own_program_option(program, "--geo", options->geo);
	own_program_option(program, "--inventory", options->inventory);
	for (unsigned i = 0; i < options->catalogue_count; i++) {
		own_program_option(program, "--catalogue", options->catalogue[i]);
	}
}

static bool has_state(struct call *call)
{
	if (call->who.unit[0]) {
		call_refuse(call, 403,
			"this session is for one unit; devices are known of the body as a whole");
		return false;
	}
	if (!call->web->options.source.desk) {
		call_refuse(call, 501,
			"devices are known where the server was started with --state, the folder "
			"of a sensor");
	}
	return call->web->options.source.desk != NULL;
}

static struct own_program ask_devices(const struct call *call, const char *what)
{
	const struct web_options *options = &call->web->options;
	struct own_program program = { .path = options->program, .running = &call->web->commands };

	own_program_add(&program, "devices");
	own_program_add(&program, what);
	own_program_option(&program, "--state", options->source.desk);
	own_program_option(&program, "--keys", options->keys);
	own_program_option(&program, "--language", messages_language(call->messages));
	call_add_facts(call, &program);
	return program;
}

/* Lines of ndjson become an array. */
static void put_lines(struct call *call, const char *key, const struct text *lines)
{
	const char *at = lines->at ? lines->at : "";

	json_array_begin(&call->json, key);
	while (*at) {
		size_t length = strcspn(at, "\n");
		if (length > 0 && at[0] == '{') {
			char *line = strndup(at, length);
			json_raw(&call->json, NULL, line ? line : "null");
			free(line);
		}
		at += length + (at[length] == '\n');
	}
	json_array_end(&call->json);
}

void answer_devices(struct call *call)
{
	struct text output;
	struct err err;

	if (!has_state(call)) {
		return;
	}
	struct own_program program = ask_devices(call, "list");
	own_program_option(&program, "--format", "ndjson");
	text_init_heap(&output);
	int status = own_program_run(&program, DEVICES_SECONDS, &output, &err);
	if (status < 0) {
		call_fail(call, status, &err);
	} else {
		json_object_begin(&call->json, NULL);
		put_lines(call, "devices", &output);
		json_object_end(&call->json);
	}
	text_deinit(&output);
}

/* When it had which address in which network, as text to copy. */
void answer_device(struct call *call)
{
	const char *id = http_parameter(call->request, "id");
	struct text output;
	struct err err;

	if (!has_state(call)) {
		return;
	}
	if (id[0] == '-') {
		call_refuse(call, 400, "expected the pseudonym of a device");
		return;
	}
	struct own_program program = ask_devices(call, "show");
	own_program_add(&program, id);
	text_init_heap(&output);
	int status = own_program_run(&program, DEVICES_SECONDS, &output, &err);
	if (status < 0) {
		call_fail(call, status == -EINVAL ? -ENOENT : status, &err);
	} else {
		json_object_begin(&call->json, NULL);
		json_string(&call->json, "id", id);
		json_string(&call->json, "text", output.at ? output.at : "");
		json_object_end(&call->json);
	}
	text_deinit(&output);
}

static int write_draft(
	const struct call *call, const char *text, char path[PATH_MAX], struct err *err)
{
	if (*text == '\0') {
		return err_set(err, EINVAL, "policy: expected the text of a policy file");
	}
	snprintf(path, PATH_MAX, "%s/draft-%d-%llu.yaml", call->web->options.access, (int)getpid(),
		(unsigned long long)call->now_ns);
	return file_write_mode(path, text, strlen(text), 0600, err);
}

static int replay(struct call *call, const struct json_doc *doc, const char *draft,
	struct text *output, struct err *err)
{
	const struct view_source *source = &call->web->options.source;
	const char *from = json_doc_text(doc, "from"), *to = json_doc_text(doc, "to");
	struct own_program program = { .path = call->web->options.program,
		.running = &call->web->commands };

	own_program_add(&program, "policy");
	own_program_add(&program, "replay");
	own_program_add(&program, draft);
	own_program_add(&program, "--json");
	for (unsigned i = 0; i < source->archive_count; i++) {
		own_program_option(&program, "--archive", source->archives[i]);
	}
	own_program_option(&program, "--in-force", call->web->options.policy);
	own_program_option(&program, "--geo", call->web->options.geo);
	own_program_option(&program, "--from", from);
	own_program_option(&program, "--to", to);
	own_program_option(&program, "--reason", json_doc_text(doc, "reason"));
	return own_program_run(&program, REPLAY_SECONDS, output, err);
}

void answer_replay(struct call *call)
{
	struct json_doc *doc = NULL;
	char draft[PATH_MAX] = "";
	struct text output;
	struct err err;

	if (call->web->options.source.archive_count == 0) {
		call_refuse(call, 501,
			"a draft is tried on an archive: start the server with "
			"--archive");
		return;
	}
	text_init_heap(&output);
	int status = call_read_body(call, &doc, &err);
	if (status == 0) {
		status = write_draft(call, json_doc_text(doc, "policy"), draft, &err);
	}
	if (status == 0) {
		status = replay(call, doc, draft, &output, &err);
	}
	if (draft[0]) {
		unlink(draft);
	}
	if (status < 0) {
		call_fail(call, status, &err);
	} else {
		text_put(&call->response->body, output.at ? output.at : "{}");
	}
	json_doc_close(doc);
	text_deinit(&output);
}

/* What keeps the sensor from seeing what it should. */
void answer_doctor(struct call *call)
{
	const struct view_source *source = &call->web->options.source;
	struct own_program program = { .path = call->web->options.program,
		.running = &call->web->commands };
	struct text output;
	struct err err;

	if (call->who.unit[0]) {
		call_refuse(call, 403,
			"this session is for one unit; the doctor speaks of the body as a whole");
		return;
	}
	if (source->archive_count == 0 && !source->socket) {
		call_refuse(call, 501,
			"the doctor looks at archives, or asks the sensor of this "
			"machine: start the server with --archive or --socket");
		return;
	}
	own_program_add(&program, "doctor");
	for (unsigned i = 0; i < source->archive_count; i++) {
		own_program_option(&program, "--archive", source->archives[i]);
	}
	own_program_option(&program, "--socket", source->socket);
	own_program_option(&program, "--state", source->archive_count ? source->desk : NULL);
	own_program_option(&program, "--from", http_parameter(call->request, "from"));
	own_program_option(&program, "--to", http_parameter(call->request, "to"));
	own_program_option(&program, "--language", messages_language(call->messages));
	own_program_option(&program, "--format", "json");
	own_program_option(&program, "--fail-on", "none");
	call_add_facts(call, &program);
	text_init_heap(&output);
	int status = own_program_run(&program, DEVICES_SECONDS, &output, &err);
	if (status < 0) {
		call_fail(call, status, &err);
	} else {
		text_put(&call->response->body, output.at ? output.at : "{}");
	}
	text_deinit(&output);
}
