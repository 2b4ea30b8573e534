/* What other commands of this program answer: what a draft of a policy would do, what the doctor
 * finds. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/format/json_doc.h"
#include "base/file.h"
#include "dashboards/web/api.h"
#include "dashboards/web/kept_command.h"
#include "dashboards/web/own_program.h"

enum { DOCTOR_SECONDS = 60, REPLAY_SECONDS = 600 };

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

/* The draft by its name, not by where it lay meanwhile. */
static void name_draft(struct err *err, const char *draft)
{
	const struct err said = *err;
	const char *at = strstr(said.text, draft);

	if (at) {
		snprintf(err->text, sizeof(err->text), "%.*spolicy%s", (int)(at - said.text),
			said.text, at + strlen(draft));
	}
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
	if (!who_may(&call->who, WEB_MAY_DEVICES)) {
		own_program_add(&program, "--protected");
	}
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
	if (status < 0 && draft[0]) {
		name_draft(&err, draft);
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

static void say_doctor(struct call *call, struct own_program *program)
{
	const struct view_source *source = &call->web->options.source;

	*program = (struct own_program){ .path = call->web->options.program,
		.running = &call->web->commands,
		.bears_damage = true };
	own_program_add(program, "doctor");
	for (unsigned i = 0; i < source->archive_count; i++) {
		own_program_option(program, "--archive", source->archives[i]);
	}
	own_program_option(program, "--socket", source->socket);
	own_program_option(program, "--state", source->archive_count ? source->desk : NULL);
	own_program_option(program, "--from", http_parameter(call->request, "from"));
	own_program_option(program, "--to", http_parameter(call->request, "to"));
	own_program_option(program, "--language", messages_language(call->messages));
	own_program_option(program, "--format", "json");
	own_program_option(program, "--fail-on", "none");
	call_add_facts(call, program);
}

/* The doctor's object, and before its own fields of when it is and whether it is looking anew. */
static void put_doctor(
	struct call *call, const struct kept_answer_state *state, const struct text *output)
{
	struct json *json = &call->json;
	bool is_object = output->length > 0 && output->at[0] == '{';

	json_object_begin(json, NULL);
	if (state->as_of_ns) {
		put_time(json, "as_of", state->as_of_ns);
	} else {
		json_null(json, "as_of");
	}
	json_bool(json, "is_running", state->is_running);
	if (is_object) {
		text_printf(&call->response->body, ",%s", output->at + 1);
	} else {
		json_array_begin(json, "findings");
		json_array_end(json);
		json_object_end(json);
	}
}

/* What keeps the sensor from seeing what it should. Over a large archive that takes a while: what
 * it found last is told at once. */
void answer_doctor(struct call *call)
{
	const struct view_source *source = &call->web->options.source;
	struct kept_answer_state state = { call->now_ns, false };
	uint64_t wait_s = DOCTOR_SECONDS;
	struct own_program program;
	struct text output;
	struct err err;
	int status;

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
	text_init_heap(&output);
	say_doctor(call, &program);
	status = ask_number(&wait_s, call->request, "wait", DOCTOR_SECONDS, DOCTOR_SECONDS, &err);
	if (status == 0 && source->archive_count) {
		const struct kept_question question = { &program, views_version(call->web->views),
			(unsigned)wait_s * 1000 };
		status = kept_commands_ask(
			call->web->kept_commands, &question, &output, &state, &err);
	} else if (status == 0) {
		status = own_program_run(&program, DOCTOR_SECONDS, &output, &err);
	}
	if (status < 0) {
		call_fail(call, status, &err);
	} else {
		put_doctor(call, &state, &output);
	}
	text_deinit(&output);
}
