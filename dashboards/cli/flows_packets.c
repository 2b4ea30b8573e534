#include "dashboards/cli/flows_packets.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/engine/engine.h"
#include "analyzer/engine/flow_filter.h"
#include "analyzer/output/packet_file.h"
#include "analyzer/record/pseudonyms.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "dashboards/cli/facts.h"
#include "dashboards/cli/flow_options.h"
#include "dashboards/cli/flows_cmd.h"
#include "dashboards/cli/flows_lookups.h"
#include "dashboards/cli/flows_places.h"
#include "dashboards/cli/write_packets.h"

enum { CAPTURES_MAX = 4096, FLOW_LIMIT = 4000000 };

/* Packets of other flows, and pieces of a datagram, may stand this much beside their time. */
#define MARGIN_NS (2 * NS_PER_S)

#define PROGRESS_EVERY_NS (200 * NS_PER_MS)

struct flows_packets {
	struct text filter; /* "flow in (f…, f…)" */
	uint64_t flows, packets;
	uint64_t starts; /* added up: flows of other times are others */
	uint64_t first_ns, last_ns;
	struct flow_places *places;
	struct flow_lookups *lookups; /* that named them */
	char *captures[CAPTURES_MAX];
	unsigned capture_count;
	const char *key;        /* of the pseudonyms; NULL */
	struct flow_keys keys;  /* that made the ids of the flows */
	struct flow_keys other; /* or these */
	bool has_other;
};

int flows_packets_create(struct flows_packets **packets, const char *key, struct err *err)
{
	*packets = calloc(1, sizeof(**packets));
	if (!*packets) {
		return err_set(err, ENOMEM, "out of memory");
	}
	text_init_heap(&(*packets)->filter);
	(*packets)->key = key;
	(*packets)->first_ns = UINT64_MAX;
	(*packets)->places = flow_places_create();
	(*packets)->lookups = flow_lookups_create();
	return (*packets)->places && (*packets)->lookups ? 0
							 : err_set(err, ENOMEM, "out of memory");
}

void flows_packets_destroy(struct flows_packets *packets)
{
	if (!packets) {
		return;
	}
	for (unsigned i = 0; i < packets->capture_count; i++) {
		free(packets->captures[i]);
	}
	flow_places_destroy(packets->places);
	flow_lookups_destroy(packets->lookups);
	text_deinit(&packets->filter);
	free(packets);
}

int flows_packets_take(
	struct flows_packets *packets, const struct field_view *view, struct err *err)
{
	const struct flow_record *flow = &view->record->flow;

	if (view->labels->device[0] && !packets->key) {
		return err_set(err, EACCES,
			"devices are pseudonyms in this archive, and packets hold their addresses: "
			"whoever has the key that they were made with says --key KEYFILE, and "
			"--reason why");
	}
	if (packets->flows == FLOWS_PACKETS_MAX) {
		return err_set(err, E2BIG,
			"more than %d flows match: ask the captures for so many (borderflow "
			"analyze "
			"--where FILTER --write-packets FILE)",
			FLOWS_PACKETS_MAX);
	}
	text_printf(&packets->filter, "%sf%016" PRIx64, packets->flows ? "," : "flow in (",
		flow->flow_id);
	flow_places_take(packets->places, view->record, view->labels);
	packets->flows++;
	packets->packets += flow->total_packets[0] + flow->total_packets[1];
	packets->starts += flow->flow_start_ns;
	packets->first_ns =
		flow->flow_start_ns < packets->first_ns ? flow->flow_start_ns : packets->first_ns;
	packets->last_ns = flow->end_ns > packets->last_ns ? flow->end_ns : packets->last_ns;
	return flow_lookups_want(packets->lookups, view->record)
		       ? 0
		       : err_set(err, ENOMEM, "out of memory");
}

/* It is read as well, by its place or its time. */
static void take_lookup(void *context, const struct flow_lookup_place *place)
{
	struct flows_packets *packets = context;
	const char *const inputs[2] = { place->inputs[0], place->inputs[1] };

	if (inputs[0][0]) {
		flow_places_add(packets->places, inputs, place->offsets);
	}
	packets->first_ns =
		place->start_ns < packets->first_ns ? place->start_ns : packets->first_ns;
}

static int add_capture(struct flows_packets *packets, const char *path, struct err *err)
{
	if (packets->capture_count == CAPTURES_MAX) {
		return err_set(err, E2BIG, "more than %d captures", CAPTURES_MAX);
	}
	packets->captures[packets->capture_count] = strdup(path);
	if (!packets->captures[packets->capture_count]) {
		return err_set(err, ENOMEM, "out of memory");
	}
	packets->capture_count++;
	return 0;
}

static bool is_capture(const char *name)
{
	return strstr(name, ".pcap") || strstr(name, ".cap");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The captures of a folder, by their names. */
static int find_captures(struct flows_packets *packets, const char *input, struct err *err)
{
	char path[PATH_MAX];
	struct stat status_of;
	struct dirent *entry;
	int status = 0;

	if (stat(input, &status_of) == 0 && !S_ISDIR(status_of.st_mode)) {
		return add_capture(packets, input, err);
	}
	DIR *folder = opendir(input);
	if (!folder) {
		return err_set(err, errno, "%s: %s", input, strerror(errno));
	}
	while (status == 0 && (entry = readdir(folder)) != NULL) {
		if (is_capture(entry->d_name) &&
			snprintf(path, sizeof(path), "%s/%s", input, entry->d_name) <
				(int)sizeof(path) &&
			file_is_readable_twice(path)) {
			status = add_capture(packets, path, err);
		}
	}
	closedir(folder);
	qsort(packets->captures, packets->capture_count, sizeof(char *), by_name);
	return status == 0 && packets->capture_count == 0
		       ? err_set(err, ENOENT, "%s: holds no capture (*.pcap, *.pcapng, *.cap)",
				 input)
		       : status;
}

/* A capture is evidence: packets are not written over it. */
static int check_output(const struct flows_packets *packets, const char *path, struct err *err)
{
	for (unsigned i = 0; i < packets->capture_count; i++) {
		if (file_is_same(path, packets->captures[i])) {
			return err_set(err, EINVAL,
				"%s is one of the captures that are read, which would be lost: "
				"name another file",
				path);
		}
	}
	return 0;
}

/* What is read of the captures, the least first. */
enum reach { REACH_PLACES, REACH_TIME, REACH_ALL };

/* What Ctrl-C stops: the mutable globals that a signal needs. */
static struct engine *volatile running;
static volatile sig_atomic_t is_stopped;

static void on_stop(int signal)
{
	(void)signal;
	is_stopped = 1;
	if (running) {
		engine_stop(running);
	}
}

/* Runs to the end of the input, or until it is stopped, and shows how far it is. */
static int run_engine(struct engine *engine, const struct source *source, struct progress *progress,
	struct err *err)
{
	struct source_stats read;
	struct err finish_err;
	int status = engine_start(engine, err);

	running = engine;
	while (status == 0 && !is_stopped &&
		(status = engine_read(engine, PROGRESS_EVERY_NS, err)) == ENGINE_MORE) {
		source_read_stats(source, &read);
		progress_show(progress, read.bytes_done, read.bytes_all, read.frames,
			clock_monotonic_ns());
	}
	running = NULL;
	int finished = engine_finish(engine, &finish_err);
	if (finished < 0) {
		*err = finish_err;
	}
	return finished < 0 ? finished : status < 0 ? status : 0;
}

/* One way to the packets: how much is read, and what was found there. */
struct reading {
	enum reach reach;
	const struct flow_stretches *stretches;
	struct packet_search *search;
	uint64_t packets, starts; /* of the flows found: as of those wanted */
};

static void take_found(
	void *context, const struct record *record, const struct record_labels *labels)
{
	struct reading *reading = context;

	reading->packets += record->flow.total_packets[0] + record->flow.total_packets[1];
	reading->starts += record->flow.flow_start_ns;
	packet_search_take(reading->search, record, labels);
}

static int open_source(const struct flows_packets *packets, const struct reading *reading,
	struct source **source, struct err *err)
{
	const struct flow_stretches *stretches = reading->stretches;
	struct source_options options = {
		.from_ns = packets->first_ns < MARGIN_NS ? 0 : packets->first_ns - MARGIN_NS,
		.to_ns = packets->last_ns + MARGIN_NS,
	};

	if (reading->reach == REACH_PLACES) {
		options.ranges = stretches->ranges;
		return source_open_files(
			source, stretches->captures, stretches->count, &options, err);
	}
	if (reading->reach == REACH_ALL) {
		options.from_ns = options.to_ns = 0;
	}
	return source_open_files(source, (const char *const *)packets->captures,
		packets->capture_count, &options, err);
}

/* The first reading: which frames are theirs. */
static int mark(struct flows_packets *packets, const struct reference *reference,
	const struct query *query, struct reading *reading, struct progress *progress,
	struct err *err)
{
	const struct flow_options flow = { .flow_limit = FLOW_LIMIT,
		.idle_tcp_ns = 300 * NS_PER_S,
		.idle_other_ns = 120 * NS_PER_S };
	const struct flow_filter_options wanted = {
		.query = query, .matched = take_found, .context = reading
	};
	struct engine_input input = { 0 };
	struct engine_options options = { .inputs = &input,
		.input_count = 1,
		.collector = flow_options_collector(&flow, &packets->keys),
		.reference = reference };
	struct engine *engine = NULL;
	int status = open_source(packets, reading, &input.source, err);

	if (status == 0) {
		status = flow_filter_create(&options.filter, &wanted, err);
	}
	if (status == 0) {
		options.collector.marks = packet_search_marks(reading->search);
		options.classify.lookups = packet_search_lookups(reading->search);
		engine = engine_create(&options, err);
		status = engine ? run_engine(engine, input.source, progress, err) : -EINVAL;
	}
	engine_destroy(engine);
	flow_filter_destroy(options.filter);
	source_close(input.source);
	return status == -EBADMSG ? 0 : status; /* what could be read was */
}

/* The second: those frames are copied. */
static int copy(const struct flows_packets *packets, const struct reading *reading,
	const char *path, struct progress *progress, struct packet_search_totals *totals,
	struct err *err)
{
	struct source *source;
	int status = open_source(packets, reading, &source, err);

	if (status == 0) {
		status = packet_search_write(reading->search, source, path,
			packets->capture_count == 1 ? packets->captures[0] : "several files",
			progress, totals, err);
		source_close(source);
	}
	return status;
}

static bool is_all(const struct flows_packets *packets, const struct reading *reading)
{
	return reading->packets == packets->packets && reading->starts == packets->starts;
}

/* Reads so much, and copies where the packets are all there or more cannot be read. *is_done says
 * whether it did. */
static int read_once(struct flows_packets *packets, const struct reference *reference,
	const struct query *query, struct reading *reading, const char *path,
	struct packet_search_totals *totals, bool *is_done, struct err *err)
{
	struct progress progress;
	int status = packet_search_create(&reading->search, err);

	if (status < 0) {
		return status;
	}
	progress_init(&progress, "auto", "packets", clock_monotonic_ns());
	status = mark(packets, reference, query, reading, &progress, err);
	if (is_stopped) {
		status = err_set(err, EINTR, "stopped before the packets were written");
	}
	*is_done = is_all(packets, reading) || reading->reach == REACH_ALL;
	if (status == 0 && *is_done) {
		status = copy(packets, reading, path, &progress, totals, err);
	}
	progress_clear(&progress);
	packet_search_destroy(reading->search);
	return status;
}

/* With the other keys that may have made the ids; those that find more are kept. */
static int read_with_other(struct flows_packets *packets, const struct reference *reference,
	const struct query *query, const struct reading *first, const char *path,
	struct packet_search_totals *totals, bool *is_done, struct err *err)
{
	struct reading reading = { .reach = first->reach, .stretches = first->stretches };
	const struct flow_keys keys = packets->keys;

	packets->has_other = false;
	packets->keys = packets->other;
	int status = read_once(packets, reference, query, &reading, path, totals, is_done, err);
	if (reading.packets <= first->packets) {
		packets->keys = keys;
	}
	return status;
}

/* Of more and more, until the packets are as many as the records count. */
static int search(struct flows_packets *packets, const struct reference *reference,
	const struct query *query, const char *path, struct packet_search_totals *totals,
	struct err *err)
{
	struct flow_stretches stretches;
	bool has_places = flow_places_find(packets->places, (const char *const *)packets->captures,
		packets->capture_count, &stretches);
	enum reach reach = has_places ? REACH_PLACES : REACH_TIME;
	bool is_done = false;
	int status = 0;

	for (; !is_done && status == 0; reach++) {
		struct reading reading = { .reach = reach, .stretches = &stretches };
		status =
			read_once(packets, reference, query, &reading, path, totals, &is_done, err);
		if (status == 0 && !is_done && packets->has_other) {
			status = read_with_other(
				packets, reference, query, &reading, path, totals, &is_done, err);
		}
		if (status == 0 && !is_done && reach == REACH_PLACES) {
			cli_notice("flows",
				"the packets are not where the records say: the captures are not "
				"what they were; the packets are looked for by their time");
		}
	}
	flow_stretches_free(&stretches);
	return status;
}

/* 0; 1: packets are missing. */
static int say_totals(const struct flows_packets *packets, const char *path,
	const struct packet_search_totals *totals)
{
	packet_search_say("flows", path, totals);
	if (totals->packets == packets->packets) {
		return 0;
	}
	cli_notice("flows",
		"the records count %" PRIu64 " packets of %" PRIu64
		" flows: the input is not all that the archive was made from, or was "
		"analysed with other settings or keys",
		packets->packets, packets->flows);
	return 1;
}

static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_stop, .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	signal(SIGUSR1, SIG_IGN); /* there is no summary of this */
}

/* The key that made the ids of the flows: flow.key beside that of the pseudonyms (--keys), or what
 * follows from that (--pseudonymize); where addresses are shown a public one. */
static int open_keys(struct flows_packets *packets, struct err *err)
{
	const char *key = packets->key;
	struct pseudonyms *pseudonyms = NULL;
	char folder[PATH_MAX];
	bool is_there = false;

	packets->keys = (struct flow_keys){ .now = hash_key_fixed("borderflow flow id") };
	if (!key) {
		return 0;
	}
	const char *slash = strrchr(key, '/');
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - key) : 1, slash ? key : ".");
	int status = pseudonyms_open(&pseudonyms, key, err);
	if (status < 0) {
		return status;
	}
	status = flow_keys_open(&packets->keys, folder, clock_now_ns(), &is_there, err);
	packets->other = (struct flow_keys){ .now = pseudonyms_flow_key(pseudonyms) };
	packets->has_other = status == 0 && is_there;
	if (status == -ENOENT || (status == 0 && !is_there)) {
		status = 0;
		packets->keys = packets->other;
	}
	pseudonyms_close(pseudonyms);
	return status;
}

/* None is a capture as well, for whoever reads it next. */
static int write_none(const char *path, struct err *err)
{
	const struct packet_search_totals none = { 0, 0, 0 };
	struct packet_file *file;
	int status = packet_file_open(&file, path, "no capture", err);

	if (status == 0) {
		status = packet_file_close(file, err);
	}
	if (status == 0) {
		packet_search_say("flows", path, &none);
	}
	return status;
}

int flows_packets_write(struct flows_packets *packets, const struct flows_answer *answer,
	const char *path, const char *input, struct err *err)
{
	struct fact_settings facts = { .catalogue = answer->settings->catalogue };
	const struct reference *reference = NULL;
	struct packet_search_totals totals = { 0, 0, 0 };
	struct query *query = NULL;
	int status = find_captures(packets, input, err);

	status = status < 0 ? status
			    : packet_search_check((const char *const *)packets->captures,
				      packets->capture_count, err);
	cli_say_pipe("flows", path, false);
	status = status < 0 ? status : check_output(packets, path, err);
	status = status < 0 ? status : open_keys(packets, err);
	if (status == 0 && packets->flows == 0) {
		return write_none(path, err);
	}
	if (status < 0) {
		return status;
	}
	catch_signals();
	for (unsigned i = 0; i < answer->settings->archives.count && status == 0; i++) {
		status = flow_lookups_find(
			packets->lookups, answer->settings->archives.items[i], err);
	}
	flow_lookups_each(packets->lookups, take_lookup, packets);
	text_put(&packets->filter, ")");
	status = status < 0 ? status : query_parse(&query, packets->filter.at, NULL, err);
	status = status < 0 ? status : facts_load(&reference, &facts, NULL, err);
	if (status == 0) {
		status = search(packets, reference, query, path, &totals, err);
	}
	if (status == 0) {
		status = say_totals(packets, path, &totals);
	}
	query_free(query);
	reference_release(reference);
	return status;
}
