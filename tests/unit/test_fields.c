#include "analyzer/format/fields.h"

#include <ctype.h>
#include <jansson.h>

#include "analyzer/format/record_csv.h"
#include "analyzer/format/record_json.h"
#include "base/file.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

static char *path_to(const char *name)
{
	static char path[4096];

	file_find_data(name, path, NULL);
	return path;
}

static void test_table(void)
{
	bool seen[256] = { false }, keys = true, order = true, unique = true, complete = true;

	for (unsigned i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		if (!(field->forms & (FIELD_CONSTANT | FIELD_DERIVED))) {
			keys &= !seen[field->key] && field->key != FIELD_NO_KEY;
			seen[field->key] = true;
		}
		unique &= field_find(field->path, strlen(field->path)) == field;
		unique &= !field->alias || field_find(field->alias, strlen(field->alias)) == field;
		complete &= field->get || field->place != FIELD_IN_GETTER || field->constant;
		complete &= !(field->forms & FIELD_ARCHIVED) || field->set ||
			    field->place != FIELD_IN_GETTER;
		/* Once an object is left it must not come again: its fields would be in two objects
		 * of one name. */
		for (unsigned j = 0; j + 1 < i; j++) {
			const char *dot = strrchr(field->path, '.');
			size_t object = dot ? (size_t)(dot - field->path) + 1 : 0;
			order &= !object ||
				 strncmp(field_table[j].path, field->path, object) != 0 ||
				 strncmp(field_table[i - 1].path, field->path, object) == 0;
		}
	}
	ok(keys, "every field has a CBOR key of its own");
	ok(unique, "no path or alias is used twice");
	ok(order, "fields of one object are neighbours");
	ok(complete, "every field has a getter, and a way back where it is archived");
	ok(field_find("server_country", 14) && field_find("parent_country", 14) &&
			field_find("operator_country", 16) == field_find("operator", 8),
		"the four countries by the names that records give them");
	ok(!field_find("country_iso_code", 16), "… but nothing that two paths end in");
	ok(!field_find("source.i", 8) && !field_find("source.ip.x", 11), "no field by half a name");
}

/* The JSON of a view, read by a JSON library. */
static json_t *as_json(const struct json_plan *plan, const struct field_view *view)
{
	struct text text;
	json_error_t error;

	text_init_heap(&text);
	record_json_put(plan, &text, view);
	json_t *object = json_loads(text.at, JSON_REJECT_DUPLICATES, &error);
	if (!object) {
		printf("# %s: %s\n", error.text, text.at);
	}
	text_deinit(&text);
	return object;
}

static const json_t *at_path(const json_t *object, const char *path)
{
	char copy[128], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *name = strsep(&rest, "."); name && object; name = strsep(&rest, ".")) {
		object = json_object_get(object, name);
	}
	return object;
}

static const char *text_at(const json_t *object, const char *path)
{
	return json_string_value(at_path(object, path));
}

static void test_plain_record(const struct json_plan *plan)
{
	struct record record;
	struct record_labels labels;
	struct field_view view = { &record, &labels, false, NULL };

	record_plain(&record, &labels);
	json_t *json = as_json(plan, &view);
	is_text(text_at(json, "@timestamp"), "2026-03-31T10:00:00.000000000Z",
		"@timestamp is the start");
	is_text(text_at(json, "event.end"), "2026-03-31T10:01:00.000000000Z", "event.end");
	is_int(json_integer_value(at_path(json, "event.duration")), 60000000000,
		"event.duration in ns");
	is_text(text_at(json, "source.ip"), "192.0.2.10", "source.ip");
	is_int(json_integer_value(at_path(json, "source.port")), 40000, "source.port");
	is_int(json_integer_value(at_path(json, "network.bytes")), 21000,
		"network.bytes is the sum");
	is_text(text_at(json, "network.transport"), "tcp", "network.transport");
	is_text(text_at(json, "network.iana_number"), "6", "network.iana_number is a keyword");
	is_text(text_at(json, "network.type"), "ipv4", "network.type");
	is_text(text_at(json, "network.application"), "tiktok", "network.application");
	ok(text_at(json, "network.community_id") &&
			strncmp(text_at(json, "network.community_id"), "1:", 2) == 0,
		"network.community_id");
	is_text(text_at(json, "destination.domain"), "v16.tiktokcdn.com", "destination.domain");
	is_text(text_at(json, "tls.client.server_name"), "v16.tiktokcdn.com",
		"tls.client.server_name");
	is_text(text_at(json, "tls.version"), "1.3", "tls.version");
	is_int(json_integer_value(at_path(json, "destination.as.number")), 20940,
		"destination.as.number");
	is_text(text_at(json, "destination.as.organization.name"), "Example CDN", "… its name");
	is_text(text_at(json, "destination.geo.country_iso_code"), "SE",
		"destination.geo.country_iso_code");
	ok(!at_path(json, "source.as") && !at_path(json, "source.geo"),
		"nothing of the kind about us");
	is_text(text_at(json, "borderflow.zone"), "eu", "borderflow.zone");
	is_text(text_at(json, "borderflow.control"), "third", "borderflow.control");
	is_text(text_at(json, "borderflow.flow.id"), "f0123456789abcdef", "borderflow.flow.id");
	is_text(json_string_value(json_array_get(at_path(json, "borderflow.app.evidence"), 0)),
		"tls-sni", "borderflow.app.evidence");
	is_text(text_at(json, "borderflow.seen"), "both", "borderflow.seen");
	is_text(text_at(json, "borderflow.via"), "direct", "borderflow.via");
	ok(!at_path(json, "network.vlan") && !at_path(json, "borderflow.unit"),
		"what is not known is absent");
	json_decref(json);
}

static void test_one_way(const struct json_plan *plan)
{
	struct record record;
	struct record_labels labels;
	struct field_view view = { &record, &labels, false, NULL };

	record_plain(&record, &labels);
	record.flow.tcp_state = TCP_STATE_ESTABLISHED;
	record.flow.packets[1] = record.flow.total_packets[1] = 0;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 0;
	record.seen = RECORD_SEEN_OUT_ONLY;
	json_t *json = as_json(plan, &view);
	ok(!at_path(json, "destination.bytes") && !at_path(json, "destination.packets") &&
			at_path(json, "source.bytes"),
		"what came back another way is unknown, and not zero");
	is_text(text_at(json, "borderflow.seen"), "out-only", "… and it says why");
	json_decref(json);
	record.flow.tcp_state = TCP_STATE_SYN;
	json = as_json(plan, &view);
	ok(at_path(json, "destination.bytes") &&
			json_integer_value(at_path(json, "destination.bytes")) == 0,
		"who was never answered got nothing");
	json_decref(json);
	record.flow.tcp_state = TCP_STATE_NONE;
	record.l7.protocol = L7_NTP;
	ok(!record_knows_bytes(&record, 1), "whether a question was answered is not known");
	addr_parse("224.0.1.1", &record.flow.destination);
	ok(record_knows_bytes(&record, 1), "… but nobody answers a group");
	addr_parse("192.0.2.80", &record.flow.destination);
	record.l7.protocol = L7_UNKNOWN;
	ok(record_knows_bytes(&record, 1), "a try got nothing");
	record.flow.total_packets[0] = 300;
	ok(!record_knows_bytes(&record, 1), "who goes on talks to somebody");
	record.l7.protocol = L7_SYSLOG;
	ok(record_knows_bytes(&record, 1), "… but for reports");
}

static void test_other_views(const struct json_plan *plan)
{
	struct record record;
	struct record_labels labels;
	struct field_view view = { &record, &labels, true, NULL };

	record_plain(&record, &labels);
	record.flow.part = 1;
	record.flow.flow_start_ns -= 1000;
	record.flow.total_bytes[0] = 5000;
	record.own_side = RECORD_DESTINATION;
	record.direction = RECORD_DIRECTION_INBOUND;
	json_t *json = as_json(plan, &view);
	is_int(json_integer_value(at_path(json, "source.bytes")), 1000,
		"a part has its own counters");
	is_text(text_at(json, "event.start"), "2026-03-31T10:00:00.000000000Z",
		"… and its own start");
	is_text(text_at(json, "source.geo.country_iso_code"), "SE",
		"inbound: the place is the source's");
	ok(!at_path(json, "destination.geo"), "… not ours");
	json_decref(json);

	view.as_part = false;
	json = as_json(plan, &view);
	is_int(json_integer_value(at_path(json, "source.bytes")), 5000,
		"a whole flow has the totals");
	is_text(text_at(json, "event.start"), "2026-03-31T09:59:59.999999000Z",
		"… and the flow's start");
	is_int(json_integer_value(at_path(json, "borderflow.flow.part")), 0,
		"… and counts as the first part");
	json_decref(json);

	const struct field *device = field_find("device", 6);
	struct field_value value;
	ok(!field_get(device, &view, &value), "a device that has no pseudonym is exported without");
	ok(field_get_asked(device, &view, &value), "… who asks gets");
	is_text(value.text, "198.51.100.20", "… its address");
	memcpy(labels.device, "abcdefghijklmnopqrstuvwx", sizeof(labels.device));
	ok(field_get_asked(device, &view, &value) && value.length == 24, "… or its pseudonym");
	json = as_json(plan, &view);
	ok(!at_path(json, "destination.ip"), "under pseudonyms our address is left out");
	is_text(text_at(json, "source.ip"), "192.0.2.10", "… the other end's stays");
	ok(at_path(json, "destination.domain") != NULL, "… and so do names");
	is_text(text_at(json, "borderflow.device"), "abcdefghijklmnopqrstuvwx",
		"… the pseudonym stands for it");
	ok(!at_path(json, "network.community_id"), "… there is no Community ID to guess it from");
	json_decref(json);

	record.direction = RECORD_DIRECTION_INTERNAL;
	json = as_json(plan, &view);
	ok(!at_path(json, "destination.ip") && !at_path(json, "source.ip"),
		"internal: both ends are ours");
	json_decref(json);

	record.flow.protocol = 253;
	record.flow.source_port = record.flow.destination_port = 0;
	record_labels_init(&labels);
	json = as_json(plan, &view);
	is_text(text_at(json, "network.transport"), "253",
		"a protocol without a name is its number");
	ok(!at_path(json, "source.port"), "no ports where there are none");
	is_text(text_at(json, "network.application"), "unknown", "no app: unknown");
	ok(!at_path(json, "borderflow.app.confidence"), "… and nothing to be sure of");
	json_decref(json);
}

/* The ECS type that the schema must give each field. */
static const char *schema_type(const struct field *field)
{
	static const char *const types[] = {
		[FIELD_TEXT] = "keyword",
		[FIELD_WORD] = "keyword",
		[FIELD_NUMBER] = "long",
		[FIELD_NUMERAL] = "keyword",
		[FIELD_BOOL] = "boolean",
		[FIELD_TIME] = "date",
		[FIELD_ADDR] = "ip",
		[FIELD_ID] = "keyword",
		[FIELD_WORDS] = "keyword",
		[FIELD_TEXTS] = "keyword",
	};
	return types[field->type];
}

static unsigned count_leaves(const json_t *schema)
{
	const json_t *properties = json_object_get(schema, "properties");
	const char *name;
	json_t *property;
	unsigned count = 0;

	if (!properties) {
		return 1;
	}
	json_object_foreach((json_t *)properties, name, property)
	{
		count += count_leaves(property);
	}
	return count;
}

/* The schema and the table are two descriptions of one thing: every exported field must be in both,
 * with one type. */
static void test_schema(void)
{
	json_error_t error;
	json_t *schema = json_load_file(path_to("analyzer/share/ecs-flow.schema.json"), 0, &error);
	unsigned exported = 0;

	if (!ok(schema != NULL, "the JSON schema is JSON")) {
		printf("# line %d: %s\n", error.line, error.text);
		return;
	}
	for (unsigned i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		char copy[128], *rest = copy;

		if (!(field->forms & FIELD_EXPORTED)) {
			continue;
		}
		exported++;
		snprintf(copy, sizeof(copy), "%s", field->path);
		const json_t *object = schema;
		for (char *name = strsep(&rest, "."); name && object; name = strsep(&rest, ".")) {
			object = json_object_get(json_object_get(object, "properties"), name);
		}
		const json_t *items = json_object_get(object, "items");
		const char *reference =
			json_string_value(json_object_get(items ? items : object, "$ref"));
		const char *type =
			reference && strrchr(reference, '/') ? strrchr(reference, '/') + 1 : NULL;
		is_text(type, schema_type(field), "schema: %s", field->path);
	}
	/* organization.id and observer.name are a run's, and stand in each of its records. */
	enum { OF_THE_RUN = 2 };
	is_int(count_leaves(schema), exported + OF_THE_RUN,
		"the schema has no field that is not written");
	json_decref(schema);
}

/* flow-record.cddl names each key beside its field: "  ? 4 => uint, ; source.port". */
static void test_cddl(void)
{
	char *content;

	if (!ok(file_read(path_to("analyzer/share/flow-record.cddl"), &content, NULL, NULL) == 0,
		    "the CDDL is there")) {
		return;
	}
	for (unsigned i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		char key[32], comment[128];
		bool found = false;

		if (field->key == FIELD_NO_KEY) {
			continue;
		}
		snprintf(key, sizeof(key), "%u => ", field->key);
		snprintf(comment, sizeof(comment), "; %s", field->path);
		char *copy = strdup(content), *rest = copy;
		for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
			const char *named = strstr(line, comment), *keyed = strstr(line, key);
			found |= keyed && keyed > line && !isdigit((unsigned char)keyed[-1]) &&
				 named && named[strlen(comment)] == '\0';
		}
		free(copy);
		ok(found, "CDDL: %u is %s", field->key, field->path);
	}
	free(content);
}

static void test_random_records(const struct json_plan *plan)
{
	struct random random = { 0x62667265636f7264 };
	unsigned read = 0, columns_equal = 0, columns = 0;
	struct text csv;

	text_init_heap(&csv);
	record_csv_put_header(&csv);
	for (size_t i = 0; i < csv.length; i++) {
		columns += csv.at[i] == ',';
	}
	for (unsigned i = 0; i < 2000; i++) {
		struct record record;
		struct record_labels labels;
		struct field_view view = { &record, &labels, i % 2, NULL };
		unsigned commas = 0;
		bool quoted = false;

		record_random(&random, i % 3 == 0, &record, &labels);
		json_t *json = as_json(plan, &view);
		read += json != NULL;
		json_decref(json);
		text_clear(&csv);
		record_csv_put(&csv, &view);
		for (size_t at = 0; at < csv.length; at++) {
			quoted ^= csv.at[at] == '"';
			commas += csv.at[at] == ',' && !quoted;
		}
		columns_equal += commas == columns;
	}
	is_int(read, 2000, "records with hostile names are valid JSON without duplicate names");
	is_int(columns_equal, 2000, "… and CSV rows with all their columns");
	text_deinit(&csv);
}

int main(void)
{
	struct json_plan *plan = json_plan_create();

	test_table();
	test_plain_record(plan);
	test_one_way(plan);
	test_other_views(plan);
	test_random_records(plan);
	test_schema();
	test_cddl();
	json_plan_destroy(plan);
	return done_testing();
}
