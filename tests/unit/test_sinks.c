#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/format/cbor_reader.h"
#include "analyzer/format/fields.h"
#include "analyzer/output/output_state.h"
#include "analyzer/output/sinks.h"
#include "base/file.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

static struct reference reference;
static char folder[64];

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* A flow in two parts, and a whole one; the app by its row. */
static void make_records(struct record records[3])
{
	struct record_labels labels;

	for (unsigned i = 0; i < 3; i++) {
		record_plain(&records[i], &labels);
		records[i].verdict.app = catalogue_find(reference.catalogue, "tiktok");
		records[i].flow.flow_id += i == 2;
	}
	records[0].flow.is_last = false;
	records[0].flow.end = FLOW_END_SLOT;
	records[1].flow.part = 1;
	records[1].flow.start_ns += 300;
	records[1].flow.total_bytes[0] = 3000;
}

/* Writes the three records through the sink that the name of the file asks for. */
static char *written(const char *name, bool with_parts, size_t *length)
{
	struct sink_options options = { .target = path_of(name),
		.organization = "Exempel \"stad\"",
		.observer = "north",
		.with_parts = with_parts,
		.reference = &reference };
	const struct sink_ops *ops = sink_find(NULL, options.target);
	struct record records[3];
	struct sink *sink;
	struct err err;
	char *content = NULL;

	make_records(records);
	if (!ops || ops->open(&sink, &options, &err) < 0 ||
		ops->write(sink, &reference, records, 3, &err) < 0 || ops->close(sink, &err) < 0 ||
		file_read(options.target, &content, length, &err) < 0) {
		printf("# %s: %s\n", name, ops ? err.text : "no sink");
	}
	return content;
}

static json_t *line_of(const char *content, unsigned number)
{
	for (; number > 0 && content; number--) {
		content = strchr(content, '\n');
		content = content ? content + 1 : NULL;
	}
	return content ? json_loads(content, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
}

static json_int_t number_at(const json_t *object, const char *outer, const char *inner)
{
	return json_integer_value(json_object_get(json_object_get(object, outer), inner));
}

static const char *text_at(const json_t *object, const char *outer, const char *inner)
{
	return json_string_value(json_object_get(json_object_get(object, outer), inner));
}

static unsigned count_lines(const char *content)
{
	unsigned lines = 0;

	for (; content && *content; content++) {
		lines += *content == '\n';
	}
	return lines;
}

static void test_ndjson(void)
{
	size_t length;
	char *content = written("whole.ndjson", false, &length);
	json_t *json = line_of(content, 0);

	is_int(count_lines(content), 2, "ndjson: one line a whole flow");
	is_int(number_at(json, "source", "bytes"), 3000, "… with the totals");
	is_text(text_at(json, "organization", "id"), "Exempel \"stad\"", "… whose it is");
	is_text(text_at(json, "observer", "name"), "north", "… and who saw it");
	is_text(text_at(json, "network", "application"), "tiktok", "… and the app's word");
	is_text(json_string_value(json_object_get(
			json_object_get(json_object_get(json, "borderflow"), "app"), "id")),
		"tiktok", "… under borderflow too");
	json_decref(json);
	free(content);

	content = written("parts.ndjson", true, &length);
	json = line_of(content, 1);
	is_int(count_lines(content), 3, "ndjson with parts: one line a part");
	is_int(number_at(json, "source", "bytes"), 1000, "… with the part's counters");
	json_decref(json);
	free(content);
}

static void test_csv(void)
{
	size_t length;
	char *content = written("flows.csv", false, &length);

	is_int(count_lines(content), 3, "CSV: a heading and a row a flow");
	ok(content && strncmp(content, "@timestamp,event.start,", 23) == 0,
		"… headings are ECS names");
	ok(content && strstr(content, "\r\n2026-03-31T10:00:00.000000000Z,"),
		"… rows begin with the time");
	ok(content && strstr(content, ",v16.tiktokcdn.com,"), "… and hold the name");
	free(content);
}

static void test_cbor(void)
{
	size_t length = 0;
	char *content = written("flows.cbor", false, &length);
	struct cbor_reader reader = cbor_reader_over(content, content ? length : 0);
	struct cbor_item item = cbor_reader_next(&reader);
	unsigned records = 0;

	ok(item.kind == CBOR_ITEM_TAG && item.number == 55799,
		"CBOR: begins as self-described CBOR");
	item = cbor_reader_next(&reader);
	ok(item.kind == CBOR_ITEM_MAP, "… with a header");
	cbor_reader_skip(&reader, &item);
	while (!cbor_reader_is_at_end(&reader) && !reader.failed) {
		item = cbor_reader_next(&reader);
		records += item.kind == CBOR_ITEM_MAP;
		cbor_reader_skip(&reader, &item);
	}
	ok(!reader.failed, "… and is whole");
	is_int(records, 2, "… one map a flow");
	free(content);
}

static void test_pseudonyms(void)
{
	struct pseudonyms *pseudonyms;
	struct err err;
	size_t length;
	int fd = open(path_of("key"), O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || write(fd, "0123456789abcdef0123456789abcdef", 32) != 32) {
		printf("# cannot write the key\n");
	}
	close(fd);
	is_int(pseudonyms_open(&pseudonyms, path_of("key"), &err), 0, "a key is read");
	reference.pseudonyms = pseudonyms;
	char *content = written("hidden.ndjson", false, &length);
	json_t *json = line_of(content, 0);
	ok(content && !strstr(content, "192.0.2.10") && !strstr(content, "community_id"),
		"under pseudonyms neither the address nor what gives it away is written");
	const char *device = text_at(json, "borderflow", "device");
	ok(device && strlen(device) == PSEUDONYM_LENGTH, "… the pseudonym is: %s",
		device ? device : "nothing");
	is_text(text_at(json, "network", "type"), "ipv4", "… and the family");
	json_decref(json);
	free(content);
	reference.pseudonyms = NULL;
	pseudonyms_close(pseudonyms);
}

static int write_until_failure(const struct sink_ops *ops, struct sink *sink, struct err *err)
{
	struct record records[3];
	int status = 0;

	make_records(records);
	for (unsigned i = 0; i < 2000 && status == 0; i++) {
		status = ops->write(sink, &reference, records, 3, err);
	}
	return status;
}

static void test_failures(void)
{
	static const struct sink_ops *const files[] = { &sink_ndjson, &sink_csv, &sink_cbor };
	struct sink *sink;
	struct err err;

	for (unsigned i = 0; i < 3; i++) {
		struct sink_options nowhere = { .target = "/nonexistent/flows",
			.reference = &reference };
		struct sink_options full = { .target = "/dev/full", .reference = &reference };

		is_int(files[i]->open(&sink, &nowhere, &err), -ENOENT, "%s: no such folder",
			files[i]->name);
		ok(strstr(err.text, "/nonexistent/flows") != NULL, "… it says: %s", err.text);
		is_int(files[i]->open(&sink, &full, &err), 0, "%s: a full disk", files[i]->name);
		is_int(write_until_failure(files[i], sink, &err), -ENOSPC,
			"… is noticed while writing");
		ok(strstr(err.text, "/dev/full") && strstr(err.text, "No space"), "… it says: %s",
			err.text);
		is_int(files[i]->close(sink, &err), -ENOSPC, "… and tried once more at the end");
		is_int(files[i]->open(&sink, &full, &err), 0, "%s: little to write",
			files[i]->name);
		ok(files[i]->write(sink, &reference, NULL, 0, &err) == 0, "… nothing yet");
		int closed = files[i]->close(sink, &err);
		is_int(closed, files[i] == &sink_ndjson ? 0 : -ENOSPC,
			"… the heading fails at the end");
	}
}

static void test_table(void)
{
	ok(sink_find("csv", "flows.ndjson") == &sink_csv, "a format named wins");
	ok(sink_find(NULL, "a/flows.ndjson") == &sink_ndjson, "otherwise the extension");
	ok(sink_find(NULL, "flows.txt") == NULL && sink_find(NULL, ".csv") == NULL, "no other");
	ok(sink_find("xml", "flows.csv") == NULL, "no unknown format");
	ok(sink_find("archive", "folder") == &sink_archive && sink_find("null", NULL) == &sink_null,
		"archive and null by name");
}

/* An output that fails is tried again after a while, each time twice as long, a minute at most; and
 * at once where the clock was set back. */
static void test_retries(void)
{
	static const unsigned waits_s[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct output_state state = { .name = "records" };
	struct err err = { "" };
	uint64_t now_ns = 1000 * NS_PER_S;

	ok(output_is_due(&state, 0), "an output that works is always due");
	for (unsigned i = 0; i < sizeof(waits_s) / sizeof(waits_s[0]); i++) {
		output_failed(&state, -ENOSPC, &err, now_ns);
		uint64_t due_ns = now_ns + waits_s[i] * NS_PER_S;
		ok(!output_is_due(&state, due_ns - 1) && output_is_due(&state, due_ns),
			"try %u: after %u s", i + 1, waits_s[i]);
		now_ns = due_ns;
	}
	is_int((int64_t)state.failures, 1, "it broke once");
	ok(output_is_due(&state, 1), "a clock that was set back makes nobody wait");
	output_succeeded(&state);
	is_int((int64_t)state.retries, 8, "seven tries in vain, and one that was not");
	output_failed(&state, -ENOSPC, &err, now_ns);
	ok(output_is_due(&state, now_ns + NS_PER_S), "then it begins anew with a second");
	is_int((int64_t)state.failures, 2, "… as broken once more");
	state.wait_ns = 0; /* whoever ends has it tried at once, and then as ever */
	output_failed(&state, -ENOSPC, &err, now_ns);
	ok(!output_is_due(&state, now_ns + NS_PER_S - 1), "a try at once is one try");
}

int main(void)
{
	struct catalogue *catalogue;
	struct policy *policy;
	struct err err;

	snprintf(folder, sizeof(folder), "/tmp/borderflow-sinks-XXXXXX");
	if (!mkdtemp(folder)) {
		skip_all("no folder for temporary files");
	}
	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_load(&policy, NULL, NULL, catalogue, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	reference = (struct reference){ .catalogue = catalogue, .policy = policy };
	test_table();
	test_ndjson();
	test_csv();
	test_cbor();
	test_pseudonyms();
	test_failures();
	test_retries();
	policy_free(policy);
	catalogue_close(catalogue);
	for (unsigned i = 0; i < 6; i++) {
		static const char *const names[] = { "whole.ndjson", "parts.ndjson", "flows.csv",
			"flows.cbor", "hidden.ndjson", "key" };
		unlink(path_of(names[i]));
	}
	rmdir(folder);
	return done_testing();
}
