#include "tests/traffic/truth.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct truth {
	struct truth_flow *flows;
	uint32_t count, room;
};

struct truth *truth_create(void)
{
	return calloc(1, sizeof(struct truth));
}

void truth_destroy(struct truth *truth)
{
	if (truth) {
		free(truth->flows);
		free(truth);
	}
}

uint32_t truth_add(struct truth *truth, const struct truth_flow *flow)
{
	if (truth->count == truth->room) {
		truth->room = truth->room ? 2 * truth->room : 1024;
		truth->flows = realloc(truth->flows, truth->room * sizeof(*truth->flows));
		if (!truth->flows) {
			abort();
		}
	}
	truth->flows[truth->count] = *flow;
	return truth->count++;
}

struct truth_flow *truth_flow(struct truth *truth, uint32_t number)
{
	return &truth->flows[number];
}

uint32_t truth_flow_count(const struct truth *truth)
{
	return truth->count;
}

void truth_count(struct truth *truth, uint32_t number, unsigned direction, uint64_t time_ns,
	uint32_t ip_bytes)
{
	struct truth_flow *flow = &truth->flows[number];

	if (flow->packets[0] + flow->packets[1] == 0 || time_ns < flow->start_ns) {
		flow->start_ns = time_ns;
	}
	if (time_ns > flow->end_ns) {
		flow->end_ns = time_ns;
	}
	flow->packets[direction]++;
	flow->bytes[direction] += ip_bytes;
}

/* A name may be known although a carrier was lost; a test asks only where it must be. */
static bool is_name_sure(const struct truth *truth, const struct truth_flow *flow)
{
	if (flow->name_flow != TRUTH_NO_FLOW && truth->flows[flow->name_flow].name_lost) {
		return false;
	}
	return !flow->name_lost;
}

static void write_flow(FILE *out, const struct truth *truth, const struct truth_flow *flow)
{
	char source[ADDR_TEXT_MAX], destination[ADDR_TEXT_MAX];
	char start[CLOCK_TEXT_LENGTH + 1], end[CLOCK_TEXT_LENGTH + 1];

	addr_format(&flow->source.addr, source);
	addr_format(&flow->destination.addr, destination);
	clock_format(flow->start_ns, start);
	clock_format(flow->end_ns, end);
	fprintf(out, "%u\t%s\t%u\t%s\t%u", flow->protocol, source, flow->source.port, destination,
		flow->destination.port);
	fprintf(out, "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s",
		flow->packets[0], flow->packets[1], flow->bytes[0], flow->bytes[1], start, end);
	fprintf(out, "\t%s\t%s\t%s\t%s\t%s\t%s\t%u\t%s", flow->app,
		flow->name[0] ? flow->name : "-", flow->evidence, flow->unit, flow->device,
		flow->block, flow->vlan_id, flow->tunnel);
	fprintf(out, "\t%s\t%s\t%s", is_name_sure(truth, flow) ? "yes" : "no",
		flow->start_lost ? "no" : "yes", flow->alert ? "yes" : "no");
	fprintf(out, "\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", flow->owner_country,
		flow->parent_country, flow->server_country, flow->operator_country, flow->category,
		flow->l7_protocol, flow->hidden, flow->embedded);
}

static int open_output(FILE **out, const char *path, struct err *err)
{
	*out = fopen(path, "we");
	return *out ? 0 : err_set(err, errno, "%s: %s", path, strerror(errno));
}

static int close_output(FILE *out, const char *path, struct err *err)
{
	bool failed = ferror(out) != 0;

	return fclose(out) != 0 || failed ? err_set(err, EIO, "%s: cannot be written", path) : 0;
}

int truth_write_flows(struct truth *truth, const char *path, struct err *err)
{
	FILE *out;
	int status = open_output(&out, path, err);

	if (status < 0) {
		return status;
	}
	fputs("protocol\tsource\tsource_port\tdestination\tdestination_port\tpackets_out\tpackets_"
	      "in\t"
	      "bytes_out\tbytes_in\tstart\tend\tapp\tname\tevidence\tunit\tdevice\tblock\tvlan\t"
	      "tunnel\tname_sure\tinitiator_sure\talert\towner_country\tparent_country\t"
	      "server_country\toperator_country\tcategory\tl7_protocol\thidden\tembedded\n",
		out);
	for (uint32_t i = 0; i < truth->count; i++) {
		const struct truth_flow *flow = &truth->flows[i];
		if (flow->packets[0] + flow->packets[1] > 0) {
			write_flow(out, truth, flow);
		}
	}
	return close_output(out, path, err);
}

struct alert_key {
	const char *app, *unit;
	char week[11]; /* its Monday */
	char device[ADDR_TEXT_MAX];
};

static int compare_cases(const struct alert_key *a, const struct alert_key *b)
{
	int order = strcmp(a->unit, b->unit);

	if (order == 0) {
		order = strcmp(a->app, b->app);
	}
	return order ? order : strcmp(a->week, b->week);
}

static int compare_alerts(const void *left, const void *right)
{
	const struct alert_key *a = left, *b = right;
	int order = compare_cases(a, b);

	return order ? order : strcmp(a->device, b->device);
}

/* 1970-01-01 was a Thursday. */
static uint64_t monday_of(uint64_t time_ns)
{
	const uint64_t day_ns = 24 * 3600 * NS_PER_S;

	return time_ns - (time_ns / day_ns + 3) % 7 * day_ns;
}

static uint32_t collect_alerts(const struct truth *truth, struct alert_key *keys)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < truth->count; i++) {
		const struct truth_flow *flow = &truth->flows[i];
		if (!flow->alert || flow->packets[0] + flow->packets[1] == 0) {
			continue;
		}
		struct alert_key *key = &keys[count++];
		addr_format(&flow->source.addr, key->device);
		clock_format_date(monday_of(flow->start_ns), key->week);
		key->app = flow->app;
		key->unit = flow->unit;
	}
	qsort(keys, count, sizeof(*keys), compare_alerts);
	return count;
}

int truth_write_alerts(struct truth *truth, const char *path, struct err *err)
{
	FILE *out;
	int status = open_output(&out, path, err);

	if (status < 0) {
		return status;
	}
	struct alert_key *keys = calloc(truth->count + 1, sizeof(*keys));
	if (!keys) {
		abort();
	}
	uint32_t count = collect_alerts(truth, keys), devices = 0;
	fputs("unit\tapp\tweek\tdevices\n", out);
	for (uint32_t i = 0; i < count; i++) {
		devices += i == 0 || compare_alerts(&keys[i - 1], &keys[i]) != 0;
		if (i + 1 == count || compare_cases(&keys[i], &keys[i + 1]) != 0) {
			fprintf(out, "%s\t%s\t%s\t%" PRIu32 "\n", keys[i].unit, keys[i].app,
				keys[i].week, devices);
			devices = 0;
		}
	}
	free(keys);
	return close_output(out, path, err);
}
