#include "tests/traffic/observed.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* "source.port" in nested objects; NULL where it is not there. */
static const json_t *find(const json_t *object, const char *path)
{
	char name[64];

	while (object && *path) {
		size_t length = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		object = json_object_get(object, name);
		path += length + (path[length] == '.');
	}
	return object;
}

/* ECS writes some numbers as keywords. */
static uint64_t read_number(const json_t *record, const char *path)
{
	const json_t *value = find(record, path);

	if (json_is_string(value)) {
		return strtoull(json_string_value(value), NULL, 10);
	}
	return json_is_integer(value) ? (uint64_t)json_integer_value(value) : 0;
}

static void read_text(const json_t *record, const char *path, char *out, size_t room)
{
	const json_t *value = find(record, path);

	snprintf(out, room, "%s", json_is_string(value) ? json_string_value(value) : "");
}

static uint64_t read_time(const json_t *record, const char *path)
{
	char text[64];
	uint64_t time_ns = 0;

	read_text(record, path, text, sizeof(text));
	clock_parse(text, &time_ns);
	return time_ns;
}

static void read_list(const json_t *record, const char *path, char *out, size_t room)
{
	const json_t *list = find(record, path), *item;
	size_t index, length = 0;

	out[0] = '\0';
	json_array_foreach(list, index, item)
	{
		if (json_is_string(item) && length < room) {
			length += (size_t)snprintf(out + length, room - length, "%s%s",
				index ? "," : "", json_string_value(item));
		}
	}
}

static struct observed read_flow(const json_t *record)
{
	struct observed flow = {
		.protocol = (unsigned)read_number(record, "network.iana_number"),
		.source_port = (unsigned)read_number(record, "source.port"),
		.destination_port = (unsigned)read_number(record, "destination.port"),
		.vlan_id = (unsigned)read_number(record, "network.vlan.id"),
		.packets = { read_number(record, "source.packets"),
			read_number(record, "destination.packets") },
		.bytes = { read_number(record, "source.bytes"),
			read_number(record, "destination.bytes") },
		.start_ns = read_time(record, "event.start"),
		.end_ns = read_time(record, "event.end"),
	};
	char evidence[256];

	read_text(record, "source.ip", flow.source, sizeof(flow.source));
	read_text(record, "destination.ip", flow.destination, sizeof(flow.destination));
	read_text(record, "destination.domain", flow.domain, sizeof(flow.domain));
	read_text(record, "network.application", flow.app, sizeof(flow.app));
	read_list(record, "borderflow.app.evidence", evidence, sizeof(evidence));
	snprintf(flow.evidence, sizeof(flow.evidence), "%.*s", (int)strcspn(evidence, ","),
		evidence);
	read_text(record, "borderflow.app.owner_country", flow.owner_country,
		sizeof(flow.owner_country));
	read_text(record, "borderflow.app.parent_country", flow.parent_country,
		sizeof(flow.parent_country));
	read_text(record, "borderflow.server_country", flow.server_country,
		sizeof(flow.server_country));
	read_text(record, "borderflow.operator_country", flow.operator_country,
		sizeof(flow.operator_country));
	read_text(record, "borderflow.app.category", flow.category, sizeof(flow.category));
	read_text(record, "network.protocol", flow.l7_protocol, sizeof(flow.l7_protocol));
	read_text(record, "borderflow.name_hidden", flow.hidden, sizeof(flow.hidden));
	flow.is_embedded = json_is_true(find(record, "borderflow.app.embedded"));
	read_text(record, "borderflow.block", flow.block, sizeof(flow.block));
	read_list(record, "borderflow.tunnel", flow.tunnels, sizeof(flow.tunnels));
	return flow;
}

/* Ends in an order that does not depend on who began. */
static int compare_ends(const char *a, unsigned a_port, const char *b, unsigned b_port)
{
	int order = strcmp(a, b);

	return order ? order : (a_port > b_port) - (a_port < b_port);
}

struct key {
	unsigned protocol, low_port, high_port;
	const char *low, *high;
};

static struct key make_key(unsigned protocol, const char *source, unsigned source_port,
	const char *destination, unsigned destination_port)
{
	if (compare_ends(source, source_port, destination, destination_port) <= 0) {
		return (struct key){ protocol, source_port, destination_port, source, destination };
	}
	return (struct key){ protocol, destination_port, source_port, destination, source };
}

static int compare_keys(const struct key *a, const struct key *b)
{
	int order = (a->protocol > b->protocol) - (a->protocol < b->protocol);

	if (order == 0) {
		order = compare_ends(a->low, a->low_port, b->low, b->low_port);
	}
	return order ? order : compare_ends(a->high, a->high_port, b->high, b->high_port);
}

static struct key key_of(const struct observed *flow)
{
	return make_key(flow->protocol, flow->source, flow->source_port, flow->destination,
		flow->destination_port);
}

static int compare_observed(const void *left, const void *right)
{
	struct key a = key_of(left), b = key_of(right);

	return compare_keys(&a, &b);
}

/* Calls back for each line of a file of JSON objects. */
static void each_line(
	const char *path, void (*take)(void *context, const json_t *record), void *context)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t room = 0, number = 0;
	json_error_t error;

	if (!in) {
		fprintf(stderr, "compare: cannot open %s\n", path);
		exit(2);
	}
	while (getline(&line, &room, in) > 0) {
		json_t *record = json_loads(line, 0, &error);
		number++;
		if (!json_is_object(record)) {
			fprintf(stderr, "compare: %s:%zu: not a JSON object: %s\n", path, number,
				error.text);
			exit(2);
		}
		take(context, record);
		json_decref(record);
	}
	free(line);
	fclose(in);
}

static void take_flow(void *context, const json_t *record)
{
	struct observations *observations = context;

	if ((observations->count & (observations->count - 1)) == 0) {
		observations->flows = realloc(observations->flows,
			2 * (observations->count + 1) * sizeof(struct observed));
		if (!observations->flows) {
			abort();
		}
	}
	observations->flows[observations->count++] = read_flow(record);
}

struct observations *observations_read(const char *path)
{
	struct observations *observations = calloc(1, sizeof(*observations));

	if (!observations) {
		abort();
	}
	each_line(path, take_flow, observations);
	if (observations->count > 0) {
		qsort(observations->flows, observations->count, sizeof(*observations->flows),
			compare_observed);
	}
	return observations;
}

void observations_free(struct observations *observations)
{
	free(observations->flows);
	free(observations);
}

unsigned observations_find(struct observations *observations, const struct truth_line *line,
	struct observed **flow, bool *turned)
{
	struct key wanted = make_key(line->protocol, line->source, line->source_port,
		line->destination, line->destination_port);
	size_t low = 0, high = observations->count;
	unsigned found = 0;

	*flow = NULL;
	while (low < high) {
		size_t middle = (low + high) / 2;
		struct key key = key_of(&observations->flows[middle]);
		if (compare_keys(&key, &wanted) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	for (; low < observations->count; low++, found++) {
		struct key key = key_of(&observations->flows[low]);
		if (compare_keys(&key, &wanted) != 0) {
			break;
		}
		*flow = &observations->flows[low];
		(*flow)->is_matched = true;
		*turned = strcmp((*flow)->source, line->source) != 0 ||
			  (*flow)->source_port != line->source_port;
	}
	return found;
}

/* The truth says which devices used what was denied; what else an alert may speak of has truths of
 * its own. */
static void take_alert(void *context, const json_t *record)
{
	struct alert_line line;
	char kind[32];

	read_text(record, "event.action", kind, sizeof(kind));
	if (strcmp(kind, "policy.violation") != 0) {
		return;
	}
	read_text(record, "borderflow.unit", line.unit, sizeof(line.unit));
	read_text(record, "network.application", line.app, sizeof(line.app));
	read_text(record, "borderflow.alert.week", line.week, sizeof(line.week));
	snprintf(line.devices, sizeof(line.devices), "%" JSON_INTEGER_FORMAT,
		json_integer_value(find(record, "borderflow.alert.devices")));
	alert_lines_put(context, &line);
}

struct alert_lines *alert_lines_read(const char *path)
{
	struct alert_lines *lines = calloc(1, sizeof(*lines));

	if (!lines) {
		abort();
	}
	each_line(path, take_alert, lines);
	return lines;
}
