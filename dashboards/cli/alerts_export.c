/* Alerts handed out: as a list (ndjson or csv), or one of them as a case file. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/format/record_json.h"
#include "analyzer/record/digest.h"
#include "base/clock.h"
#include "base/file.h"
#include "dashboards/cli/alerts.h"
#include "dashboards/cli/alerts_case.h"
#include "dashboards/cli/case_folder.h"

enum { EVIDENCE_FLOWS_MAX = 64 };

#define MARGIN_NS (24 * 3600 * NS_PER_S)

struct export
{
	struct desk *desk;
	struct alert_entry *entry;
	struct case_folder folder;
	struct text files; /* what the page says lies beside it */
};

static int add(struct export *export, const char *name, const char *says, const struct text *text,
	struct err *err)
{
	text_printf(&export->files, "%-16s %s\n", name, says);
	return text->truncated ? err_set(err, ENOMEM, "out of memory")
			       : case_folder_write(&export->folder, name, text->at ? text->at : "",
					 text->length, err);
}

static int add_field(struct export *export, const char *name, const char *says, const char *field,
	struct err *err)
{
	const char *value = alert_record_get(&export->entry->record, field);
	struct text text;

	text_init_heap(&text);
	text_put(&text, value);
	text_put_char(&text, '\n');
	int status = add(export, name, says, &text, err);
	text_deinit(&text);
	return status;
}

/* With what people made of it since. */
static int add_alert(struct export *export, struct err *err)
{
	struct text text;

	text_init_heap(&text);
	alerts_put_json(&text, export->desk, export->entry);
	text_put_char(&text, '\n');
	int status = add(export, "alert.json", "the alert as it is by now", &text, err);
	text_deinit(&text);
	return status;
}

static int add_evidence(struct export *export, struct err *err)
{
	struct text text;

	text_init_heap(&text);
	text_put(&text, "flow,device,name,network,country,bytes\n");
	for (unsigned i = 0; i < alert_entry_flow_count(export->entry); i++) {
		struct alert_evidence_flow flow = alert_entry_flow(export->entry, i);
		const char *const cells[] = { flow.id, flow.device, flow.name, flow.network,
			flow.country };
		for (unsigned at = 0; at < sizeof(cells) / sizeof(cells[0]); at++) {
			text_put_csv(&text, cells[at], strlen(cells[at]));
			text_put_char(&text, ',');
		}
		text_printf(&text, "%" PRIu64 "\n", flow.bytes);
	}
	int status =
		add(export, "evidence.csv", "the flows, as frozen when it was raised", &text, err);
	text_deinit(&text);
	return status;
}

/* The flows behind it, and which of them the archive still has. */
struct wanted {
	uint64_t ids[EVIDENCE_FLOWS_MAX];
	bool are_found[EVIDENCE_FLOWS_MAX];
	unsigned count;
};

static void want_flows(struct wanted *wanted, const struct alert_entry *entry)
{
	unsigned count = alert_entry_flow_count(entry);

	*wanted = (struct wanted){ .count = 0 };
	for (unsigned i = 0; i < count && wanted->count < EVIDENCE_FLOWS_MAX; i++) {
		const char *id = alert_entry_flow(entry, i).id;
		if (id[0] == 'f') {
			wanted->ids[wanted->count++] = strtoull(id + 1, NULL, 16);
		}
	}
}

static bool is_wanted(struct wanted *wanted, uint64_t id)
{
	for (unsigned i = 0; i < wanted->count; i++) {
		if (wanted->ids[i] == id) {
			wanted->are_found[i] = true;
			return true;
		}
	}
	return false;
}

static void put_found(const struct wanted *wanted, struct text *text)
{
	unsigned found = 0;

	for (unsigned i = 0; i < wanted->count; i++) {
		found += wanted->are_found[i];
	}
	text_printf(text, "flows %u of %u are in the archive by now%s\n", found, wanted->count,
		found < wanted->count ? "; evidence.csv has all of them, as frozen" : "");
}

static struct archive_options archive_of(const struct export *export)
{
	const struct alert_entry *entry = export->entry;

	return (struct archive_options){ .folder = export->desk->settings->archive,
		.from_ns = entry->first_ns > MARGIN_NS ? entry->first_ns - MARGIN_NS : 0,
		.to_ns = entry->last_ns + MARGIN_NS };
}

static int put_flows(
	struct export *export, struct wanted *wanted, struct text *text, struct err *err)
{
	struct archive_options options = archive_of(export);
	struct json_plan *plan = json_plan_create();
	struct archive_reader *reader = NULL;
	struct archived *records;
	size_t count;
	int status = plan ? archive_reader_open(&reader, &options, err)
			  : err_set(err, ENOMEM, "out of memory");

	want_flows(wanted, export->entry);
	while (status == 0 && (count = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < count; i++) {
			const struct field_view view = { .record = &records[i].record,
				.labels = &records[i].labels,
				.as_part = true };
			if (is_wanted(wanted, records[i].record.flow.flow_id)) {
				record_json_put(plan, text, &view);
				text_put_char(text, '\n');
			}
		}
	}
	if (status == 0) {
		archive_reader_close(reader);
	}
	json_plan_destroy(plan);
	return status;
}

static int put_chain(struct export *export, struct text *text, struct err *err)
{
	static const char *const signatures[] = { "no head yet", "not signed", "signed", "signed",
		"signed wrongly" };
	struct archive_options options = { .folder = export->desk->settings->archive };
	struct archive_check check;
	char time[CLOCK_TEXT_LENGTH + 1];
	int status = archive_verify(&options, NULL, NULL, &check, err);

	if (status < 0) {
		return status;
	}
	clock_format(export->desk->now_ns, time);
	text_printf(text,
		"checked %.19sZ\nrecords %" PRIu64 " in %" PRIu64 " blocks of %" PRIu64
		" segments\nchain %s\nlast block %s\nends %s\nhead %s %s\n",
		time, check.stats.records, check.stats.blocks, check.stats.segments,
		check.stats.problems ? "NOT whole" : "whole: every digest holds", check.stats.head,
		check.anchor, signatures[check.signature], check.signer);
	return 0;
}

static int add_archive(struct export *export, struct err *err)
{
	struct wanted wanted;
	struct text flows, chain;
	int status;

	if (!export->desk->settings->archive) {
		return 0;
	}
	text_init_heap(&flows);
	text_init_heap(&chain);
	status = put_flows(export, &wanted, &flows, err);
	if (status == 0) {
		status = add(export, "flows.ndjson", "the same flows from the archive, in parts",
			&flows, err);
	}
	if (status == 0) {
		status = put_chain(export, &chain, err);
		put_found(&wanted, &chain);
	}
	if (status == 0) {
		status = add(export, "chain.txt", "whether the archive is whole, and where it ends",
			&chain, err);
	}
	text_deinit(&flows);
	text_deinit(&chain);
	return status;
}

static bool has_hash(const char *bytes, size_t length, const char *hash)
{
	char found[2 * DIGEST_SHA256_BYTES + 1];
	uint8_t digest[DIGEST_SHA256_BYTES];

	digest_sha256(bytes, length, digest);
	digest_hex(digest, sizeof(digest), found);
	return strcmp(found, hash) == 0;
}

static int add_policy_text(struct export *export, const char *bytes, size_t length, struct err *err)
{
	struct text text;

	text_init_heap(&text);
	text_put_bytes(&text, bytes, length);
	int status = add(export, "policy.yaml",
		"the policy in force when it was raised; its SHA-256 is the alert's policy_hash",
		&text, err);
	text_deinit(&text);
	return status;
}

/* The desk's own copy, else the file that was named: if it is that policy. */
static int add_policy(struct export *export, struct err *err)
{
	const char *hash = export->entry->policy_hash, *path = export->desk->settings->policy;
	struct alert_record record = { 0 };
	char *content = NULL;
	size_t length;
	int status = 0;

	if (path) {
		status = file_read(path, &content, &length, err);
		if (status == 0 && !has_hash(content, length, hash)) {
			status = err_set(err, EINVAL,
				"%s is not the policy that was in force: its SHA-256 is not %s",
				path, hash);
		}
		status = status < 0 ? status : add_policy_text(export, content, length, err);
		free(content);
		return status;
	}
	if (hash[0] != '\0' &&
		alert_desk_read_policy(export->desk->store, hash, &record, NULL) == 0) {
		const char *text = alert_record_get(&record, "text");
		status = add_policy_text(export, text, strlen(text), err);
	} else {
		cli_notice("alerts",
			"the desk has no text of the policy then in force; name it with "
			"--policy FILE to have it in the case file");
	}
	alert_record_clear(&record);
	return status;
}

static bool names_alert(const struct alert_entry *entry, const char *line, size_t length)
{
	return memmem(line, length, entry->id, strlen(entry->id));
}

static bool names_alert_or_device(const struct alert_entry *entry, const char *line, size_t length)
{
	if (names_alert(entry, line, length)) {
		return true;
	}
	for (unsigned i = 0; i < alert_entry_flow_count(entry); i++) {
		const char *device = alert_entry_flow(entry, i).device;
		if (device[0] != '\0' && memmem(line, length, device, strlen(device))) {
			return true;
		}
	}
	return false;
}

/* The lines of a log that are about it; no log, no lines. */
static int put_lines(struct text *text, const char *path, const struct alert_entry *entry,
	bool (*are_about)(const struct alert_entry *, const char *, size_t), struct err *err)
{
	char *content = NULL;
	int status = file_read(path, &content, NULL, err);

	for (const char *line = content; line && *line;) {
		size_t length = strcspn(line, "\n");
		if (are_about(entry, line, length)) {
			text_put_bytes(text, line, length);
			text_put_char(text, '\n');
		}
		line += length + (line[length] == '\n');
	}
	free(content);
	return status;
}

/* Who was shown it, here and by borderflow serve, which logs looks at a desk in Redis in a folder
 * of its own: below this one, as it is installed. */
static int put_looks(struct text *text, const struct export *export, struct err *err)
{
	const struct alerts_settings *settings = export->desk->settings;
	const char *const below[] = { "", settings->redis ? "/serve" : NULL };
	char path[PATH_MAX];
	int status = 0;

	for (unsigned i = 0; i < 2 && below[i] && status == 0; i++) {
		snprintf(path, sizeof(path), "%s%s/lookups.tsv", alerts_log_folder(settings),
			below[i]);
		status = put_lines(text, path, export->entry, names_alert, err);
		status = status == -ENOENT ? 0 : status;
	}
	for (unsigned i = 0; i < settings->lookups.count && status == 0; i++) {
		status = put_lines(text, settings->lookups.items[i], export->entry,
			names_alert_or_device, err);
	}
	return status;
}

/* Who looked: what was done at the desk, who was shown it, and whom the log of reveal names. */
static int add_lookups(struct export *export, struct err *err)
{
	struct text text;

	text_init_heap(&text);
	text_put(&text, export->entry->notes);
	int status = put_looks(&text, export, err);
	if (status == 0) {
		status = add(export, "lookups.tsv", "who looked at it and did what, and when",
			&text, err);
	}
	text_deinit(&text);
	return status;
}

static int add_page(struct export *export, struct err *err)
{
	struct text page;

	text_init_heap(&page);
	text_put(&export->files,
		"MANIFEST         SHA-256 of each; check with: sha256sum -c MANIFEST\n");
	alerts_put_page(&page, export->desk, export->entry, export->files.at);
	int status = page.truncated ? err_set(err, ENOMEM, "out of memory")
				    : case_folder_write(&export->folder, "index.html", page.at,
					      page.length, err);
	text_deinit(&page);
	return status;
}

static int write_case(struct export *export, struct err *err)
{
	int status = case_folder_make(&export->folder, export->desk->settings->folder, err);

	if (status == 0) {
		status = add_field(
			export, "raised.json", "the alert as it was raised", "raised", err);
	}
	if (status == 0) {
		status = add_alert(export, err);
	}
	if (status == 0) {
		status = add_evidence(export, err);
	}
	if (status == 0) {
		status = add_archive(export, err);
	}
	if (status == 0) {
		status = add_policy(export, err);
	}
	if (status == 0) {
		status = add_lookups(export, err);
	}
	if (status == 0) {
		status = add_page(export, err);
	}
	return case_folder_finish(&export->folder, status, err);
}

static int read_entry(struct export *export, const char *id, struct err *err)
{
	struct alert_record record = { 0 };
	int status = alert_store_read(export->desk->store, id, &record, err);

	if (status == 0) {
		status = alert_entry_read(export->entry, id, &record, err);
	}
	alert_record_clear(&record);
	if (status == 0) {
		alert_entry_say_in(export->entry, messages_language(export->desk->messages));
	}
	if (status == 0 && export->entry->is_tombstone) {
		alert_entry_clear(export->entry);
		status = err_set(err, ENOENT, "%s was erased; only its tombstone is left", id);
	}
	return status;
}

/* That it is handed out is noted first, and so stands in what is handed out. */
static int export_case(struct desk *desk, const char *id, struct err *err)
{
	const struct alert_act noted = { .step = ALERT_STEP_EXPORT,
		.who = desk->who,
		.text = desk->settings->folder,
		.now_ns = desk->now_ns,
		.revision = ALERT_REVISION_ANY };
	struct alert_entry entry;
	struct export export = { .desk = desk, .entry = &entry };
	int status = alert_desk_act(desk->store, id, &noted, err);

	if (status == 0) {
		status = read_entry(&export, id, err);
	}
	if (status < 0) {
		return status;
	}
	text_init_heap(&export.files);
	status = alerts_log_look(desk, "export", &entry, 1, err);
	if (status == 0) {
		status = write_case(&export, err);
	}
	text_deinit(&export.files);
	alert_entry_clear(&entry);
	return status;
}

int alerts_export(struct desk *desk, char *const *arguments, unsigned count)
{
	struct err err;
	int status;

	if (!desk->settings->folder && count == 0) {
		return alerts_list(desk, arguments, count);
	}
	if (!desk->settings->folder || count != 1) {
		status = err_set(&err, EINVAL, "expected: alerts export ID --case DIR");
	} else if (desk->settings->without_devices) {
		status = err_set(&err, EINVAL,
			"a case file holds devices: it cannot be written "
			"--without-devices");
	} else {
		status = export_case(desk, arguments[0], &err);
	}
	return status < 0 ? alerts_fail(&err, status) : EXIT_DONE;
}
