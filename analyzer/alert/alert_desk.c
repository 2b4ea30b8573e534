#include "analyzer/alert/alert_desk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/digest.h"
#include "base/clock.h"

/* How often a change is made again because somebody else was faster. */
enum { TRIES = 20, NOTES_MOST = 256 << 10, TEXT_MOST = 8000, POLICY_ID_DIGITS = 32 };

const char *alert_step_name(enum alert_step step)
{
	static const char *const names[] = { "ack", "escalate", "close", "reopen", "note", "hold",
		"release", "export" };

	return names[step];
}

/* Gathers the fields of a change; the first error stays. */
struct edit {
	struct alert_record fields;
	int status;
	struct err *err;
};

static void set(struct edit *edit, const char *name, const char *value)
{
	if (edit->status == 0) {
		edit->status = alert_record_set(&edit->fields, name, value, edit->err);
	}
}

static void set_number(struct edit *edit, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	set(edit, name, text);
}

static int write_edit(struct alert_store *store, struct edit *edit, struct alert_change change)
{
	change.fields = &edit->fields;
	int status = edit->status == 0 ? alert_store_write(store, &change, NULL, edit->err)
				       : edit->status;
	alert_record_clear(&edit->fields);
	return status;
}

/* One try; -ESTALE: somebody else was faster. */
static int try_post(struct alert_store *store, const struct alert_post *post, struct err *err)
{
	struct alert_record record = { 0 };
	struct edit edit = { .err = err };
	int status = alert_store_read(store, post->id, &record, err);
	bool is_there = status == 0;
	uint64_t revision = is_there ? alert_record_number(&record, "rev") : ALERT_REVISION_NEW;
	bool is_known =
		is_there && (strcmp(alert_record_get(&record, "posted"), post->digest) == 0 ||
				    alert_record_get(&record, "erased")[0] != '\0');

	const char *state = alert_record_get(&record, "state");
	bool is_untouched =
		state[0] == '\0' || strcmp(state, "new") == 0 || strcmp(state, "suppressed") == 0;
	alert_record_clear(&record);
	if (is_known || (status < 0 && status != -ENOENT)) {
		return is_known ? 0 : status;
	}
	set(&edit, "kind", post->kind);
	set(&edit, "json", post->json);
	set(&edit, "posted", post->digest);
	set(&edit, "said", post->said);
	if (!is_there) {
		set(&edit, "raised", post->json);
	}
	if (is_untouched) {
		set(&edit, "state", post->state);
		set(&edit, "suppression", post->suppression);
	}
	return write_edit(store, &edit,
		(struct alert_change){
			.id = post->id, .revision = revision, .time_ns = post->first_ns });
}

int alert_desk_post(struct alert_store *store, const struct alert_post *post, struct err *err)
{
	int status = -ESTALE;

	for (unsigned i = 0; i < TRIES && status == -ESTALE; i++) {
		status = try_post(store, post, err);
	}
	return status;
}

/* A field of a line of notes: what would end it, or steer a terminal, becomes a blank. */
static void put_clean(struct text *text, const char *value, size_t most)
{
	for (size_t i = 0; value[i] != '\0' && i < most; i++) {
		unsigned char byte = (unsigned char)value[i];
		text_put_char(text, byte < 0x20 || byte == 0x7f ? ' ' : value[i]);
	}
}

static void put_note(struct text *text, const struct alert_act *act)
{
	char time[CLOCK_TEXT_LENGTH + 1];

	clock_format(act->now_ns, time);
	text_printf(text, "%.19sZ\t", time);
	put_clean(text, act->who, 60);
	text_printf(text, "\t%s\t", alert_step_name(act->step));
	if (act->step == ALERT_STEP_CLOSE) {
		text_printf(text, "%s: ", act->verdict);
	}
	put_clean(text, act->text, TEXT_MOST);
	text_put_char(text, '\n');
}

bool alert_note_next(const char **notes, struct alert_note *note)
{
	int text_at = 0;

	if (sscanf(*notes, "%31[^\t\n]\t%63[^\t\n]\t%15[^\t\n]%n", note->time, note->who,
		    note->step, &text_at) != 3 ||
		(*notes)[text_at] != '\t') {
		return false;
	}
	note->text = *notes + text_at + 1;
	note->length = strcspn(note->text, "\n");
	*notes = note->text + note->length + (note->text[note->length] == '\n');
	return true;
}

/* What a step has to say in words; NULL where it needs none. */
static const char *words_of(enum alert_step step)
{
	static const char *const words[ALERT_STEP_COUNT] = {
		[ALERT_STEP_CLOSE] = "what was done",
		[ALERT_STEP_REOPEN] = "why it is opened again",
		[ALERT_STEP_NOTE] = "the note",
		[ALERT_STEP_HOLD] = "what it is kept for",
	};

	return words[step];
}

static int check_act(const struct alert_act *act, struct err *err)
{
	if (act->who[0] == '\0') {
		return err_set(err, EINVAL, "who does it must be said");
	}
	if (act->step == ALERT_STEP_CLOSE &&
		(!act->verdict || (strcmp(act->verdict, "true") != 0 &&
					  strcmp(act->verdict, "false") != 0))) {
		return err_set(err, EINVAL,
			"closing needs a verdict: true (it was what the alert says) or false (it "
			"was not)");
	}
	if (words_of(act->step) && act->text[0] == '\0') {
		return err_set(err, EINVAL, "%s needs words: %s", alert_step_name(act->step),
			words_of(act->step));
	}
	if (strlen(act->text) > TEXT_MOST) {
		return err_set(err, EINVAL, "the text is longer than %d bytes", TEXT_MOST);
	}
	return 0;
}

/* The state that a step leads to; the others leave it. */
static void set_state(struct edit *edit, const struct alert_act *act)
{
	switch (act->step) {
	case ALERT_STEP_ACK:
		set(edit, "state", "acknowledged");
		set(edit, "owner", act->who);
		break;
	case ALERT_STEP_ESCALATE:
		set(edit, "state", "escalated");
		set(edit, "owner", act->text[0] != '\0' ? act->text : act->who);
		break;
	case ALERT_STEP_CLOSE:
		set(edit, "state", "closed");
		set(edit, "verdict", act->verdict);
		set(edit, "done", act->text);
		set_number(edit, "closed", act->now_ns);
		break;
	case ALERT_STEP_REOPEN:
		set(edit, "state", "acknowledged");
		set(edit, "owner", act->who);
		set(edit, "verdict", "");
		set(edit, "done", "");
		set(edit, "closed", "");
		break;
	case ALERT_STEP_HOLD:
		set(edit, "hold", act->text);
		break;
	case ALERT_STEP_RELEASE:
		set(edit, "hold", "");
		break;
	default:
		break;
	}
}

/* What is closed is opened again by its own step alone, and nothing else is. */
static int check_closed(
	const struct alert_record *record, const char *id, enum alert_step step, struct err *err)
{
	const char *state = alert_record_get(record, "state");
	bool is_closed = strcmp(state, "closed") == 0;
	bool is_work =
		step == ALERT_STEP_ACK || step == ALERT_STEP_ESCALATE || step == ALERT_STEP_CLOSE;
	char time[CLOCK_TEXT_LENGTH + 1];

	if (is_closed && is_work) {
		clock_format(alert_record_number(record, "closed"), time);
		return err_set(err, EALREADY,
			"%s was closed on %.10s as %.5s (done: %.80s); to work on it again: "
			"reopen %s WHY",
			id, time, alert_record_get(record, "verdict"),
			alert_record_get(record, "done"), id);
	}
	if (!is_closed && step == ALERT_STEP_REOPEN) {
		return err_set(err, EALREADY, "%s is not closed: it is %.20s", id, state);
	}
	return 0;
}

static int check_record(const struct alert_record *record, const char *id,
	const struct alert_act *act, struct err *err)
{
	if (alert_record_get(record, "erased")[0] != '\0') {
		return err_set(err, EINVAL, "%s was erased on %.10s; only its tombstone is left",
			id, alert_record_get(record, "erased"));
	}
	if (act->step == ALERT_STEP_ACK &&
		strcmp(alert_record_get(record, "state"), "acknowledged") == 0) {
		return err_set(err, EALREADY, "%s has been acknowledged by %.60s already", id,
			alert_record_get(record, "owner"));
	}
	if (strlen(alert_record_get(record, "notes")) > NOTES_MOST) {
		return err_set(err, ENOSPC, "%s has no room for more notes", id);
	}
	return check_closed(record, id, act->step, err);
}

static int try_act(
	struct alert_store *store, const char *id, const struct alert_act *act, struct err *err)
{
	struct alert_record record = { 0 };
	struct edit edit = { .err = err };
	struct text notes;
	int status = alert_store_read(store, id, &record, err);

	if (status == 0) {
		status = check_record(&record, id, act, err);
	}
	if (status < 0) {
		alert_record_clear(&record);
		return status;
	}
	text_init_heap(&notes);
	text_put(&notes, alert_record_get(&record, "notes"));
	put_note(&notes, act);
	set_state(&edit, act);
	set(&edit, "notes", notes.truncated ? "" : notes.at);
	if (notes.truncated) {
		edit.status = err_set(err, ENOMEM, "out of memory");
	}
	status = write_edit(store, &edit,
		(struct alert_change){ .id = id,
			.revision = act->revision == ALERT_REVISION_ANY
					    ? alert_record_number(&record, "rev")
					    : act->revision });
	text_deinit(&notes);
	alert_record_clear(&record);
	return status;
}

int alert_desk_act(
	struct alert_store *store, const char *id, const struct alert_act *act, struct err *err)
{
	int status = id[0] == 'a' ? check_act(act, err)
				  : err_set(err, EINVAL, "\"%.40s\" is no id of an alert", id);

	if (status == 0) {
		status = try_act(store, id, act, err);
	}
	for (unsigned i = 1; i < TRIES && status == -ESTALE && act->revision == ALERT_REVISION_ANY;
		i++) {
		status = try_act(store, id, act, err);
	}
	return status;
}

struct expiry {
	struct alert_store *store;
	uint64_t before_ns, now_ns;
	unsigned erased;
};

/* What went is known again by its digest alone. */
static int erase(
	struct expiry *expiry, const char *id, const struct alert_record *record, struct err *err)
{
	const char *raised = alert_record_get(record, "raised");
	char digest[2 * DIGEST_SHA256_BYTES + 1], time[CLOCK_TEXT_LENGTH + 1];
	uint8_t bytes[DIGEST_SHA256_BYTES];
	struct edit edit = { .err = err };

	digest_sha256(raised, strlen(raised), bytes);
	digest_hex(bytes, sizeof(bytes), digest);
	clock_format(expiry->now_ns, time);
	set(&edit, "state", "erased");
	set(&edit, "kind", alert_record_get(record, "kind"));
	set(&edit, "verdict", alert_record_get(record, "verdict"));
	set(&edit, "closed", alert_record_get(record, "closed"));
	set(&edit, "erased", time);
	set(&edit, "digest", digest);
	int status = write_edit(expiry->store, &edit,
		(struct alert_change){ .id = id,
			.revision = alert_record_number(record, "rev"),
			.replaces = true });
	expiry->erased += status == 0;
	return status == -ESTALE ? 0 : status; /* somebody is at it: another time */
}

/* What was closed; and what is suppressed, which nobody is told of, so that nobody closes it. */
static int look_at(
	void *context, const char *id, const struct alert_record *record, struct err *err)
{
	struct expiry *expiry = context;
	const char *state = alert_record_get(record, "state");
	const char *since = strcmp(state, "closed") == 0       ? "closed"
			    : strcmp(state, "suppressed") == 0 ? "time"
							       : "";
	uint64_t since_ns = alert_record_number(record, since);
	bool is_over = since_ns > 0 && since_ns < expiry->before_ns &&
		       alert_record_get(record, "hold")[0] == '\0';

	return is_over ? erase(expiry, id, record, err) : 0;
}

int alert_desk_expire(struct alert_store *store, uint64_t now_ns, uint64_t kept_ns,
	unsigned *erased, struct err *err)
{
	struct expiry expiry = { .store = store,
		.now_ns = now_ns,
		.before_ns = now_ns > kept_ns ? now_ns - kept_ns : 0 };
	int status = alert_store_list(store, 'a', look_at, &expiry, NULL, err);

	*erased = expiry.erased;
	return status;
}

static int policy_id(const char *hash, char id[ALERT_STORE_ID_BYTES], struct err *err)
{
	if (strlen(hash) < POLICY_ID_DIGITS) {
		return err_set(err, ENOENT, "no policy was in force");
	}
	snprintf(id, ALERT_STORE_ID_BYTES, "p%.*s", POLICY_ID_DIGITS, hash);
	return 0;
}

int alert_desk_keep_policy(
	struct alert_store *store, const char *hash, const char *text, struct err *err)
{
	char id[ALERT_STORE_ID_BYTES];
	struct edit edit = { .err = err };
	int status = policy_id(hash, id, err);

	if (status < 0) {
		return status;
	}
	set(&edit, "hash", hash);
	set(&edit, "text", text);
	status = write_edit(
		store, &edit, (struct alert_change){ .id = id, .revision = ALERT_REVISION_NEW });
	return status == -ESTALE ? 0 : status; /* it is there */
}

int alert_desk_read_policy(
	struct alert_store *store, const char *hash, struct alert_record *record, struct err *err)
{
	char id[ALERT_STORE_ID_BYTES];
	int status = policy_id(hash, id, err);

	return status < 0 ? status : alert_store_read(store, id, record, err);
}
