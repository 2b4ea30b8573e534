/* score_hidden: how well are flows without a name inferred?
 *
 *     score_hidden [--folds N] [--half] [--live] [--one-day] [--networks LIST] [--list] FILE...
 *     score_hidden --truth FILE.tsv [--list] FILE
 *
 * Reads captures in which names can be seen, takes the names away from whole device-days and asks
 * the library what it then infers. What it said with the names is the truth. Every device-day is
 * hidden once: in fold k of N those are hidden whose hash falls on k, all others teach.
 *
 *     --folds N     default 5; more hide fewer at once
 *     --half        hide only every second flow of them: easier, named siblings remain
 *     --live        judge each flow at once, as a sensor does; else when all were seen, as over
 *                   files
 *     --one-day     many captures of one device each, of different years: treat them as devices of
 *                   one network, seen on one day, in a shuffled order
 *     --truth FILE  the capture itself hides names, and this (of tests/traffic/traffic, scenario
 *                   "hidden") says what is behind them
 *     --networks L  own networks, where they are not private ones
 *     --list        every wrong inference
 *
 * Not judged: flows that never had a name, and those that are named all the same (a wire format,
 * a prefix that serves one app alone). Prints a table by app and a last line that scripts read. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/engine/engine.h"
#include "analyzer/policy/policy.h"
#include "analyzer/attribute/attribute.h"
#include "analyzer/attribute/behaviour.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/hash.h"
#include "tests/traffic/truth_file.h"

struct seen {
	struct record record;
	uint32_t order, file;
};

struct gathered {
	struct seen *items;
	size_t count, room;
	uint32_t file;
};

struct app_score {
	uint64_t hidden, right, wrong; /* wrong: inferred to be this app, and was not */
};

struct settings {
	unsigned folds;
	bool is_half, is_one_day, is_live, is_listing;
	const char *networks, *truth;
};

struct scoring {
	struct settings settings;
	struct reference reference;
	struct gathered gathered;
	struct app_score *apps; /* by symbol; 0: something else */
	uint64_t abstained_unknown, abstained_unsure, not_judged;
	struct hash_key key;
};

__attribute__((noreturn)) static void fail(const char *what, const struct err *err)
{
	fprintf(stderr, "score_hidden: %s: %s\n", what, err->text);
	exit(1);
}

/* A sink that keeps every record. */
static int keep(struct sink *sink, const struct reference *reference, const struct record *records,
	size_t count, struct err *err)
{
	(void)reference;
	struct gathered *gathered = (struct gathered *)(void *)sink;

	(void)err;
	for (size_t i = 0; i < count; i++) {
		if (gathered->count == gathered->room) {
			gathered->room = gathered->room ? 2 * gathered->room : 4096;
			struct seen *items = aligned_alloc(64, gathered->room * sizeof(*items));
			if (!items) {
				abort();
			}
			if (gathered->items) {
				memcpy(items, gathered->items, gathered->count * sizeof(*items));
			}
			free(gathered->items);
			gathered->items = items;
		}
		struct seen *seen = &gathered->items[gathered->count];
		seen->record = records[i];
		seen->order = (uint32_t)gathered->count++;
		seen->file = gathered->file;
	}
	return 0;
}

static int keep_all(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static const struct sink_ops keeper = { .name = "keep", .write = keep, .close = keep_all };

static void read_capture(struct scoring *scoring, const char *path)
{
	struct source_options source_options = { 0 };
	struct engine_options options = {
		.reference = &scoring->reference, .workers = 1, .holds_hidden = true
	};
	struct source *source;
	struct err err;

	if (source_open(&source, path, &source_options, &err) < 0) {
		fprintf(stderr, "# left out: %s\n", err.text);
		return;
	}
	const struct engine_input input = { .source = source };
	options.inputs = &input;
	options.input_count = 1;
	options.collector.id_key = hash_key_fixed("score_hidden");
	struct engine *engine = engine_create(&options, &err);
	if (!engine) {
		fail(path, &err);
	}
	engine_add_sink(engine, &keeper, (struct sink *)(void *)&scoring->gathered);
	if (engine_run(engine, &err) < 0) {
		fprintf(stderr, "# cut short: %s\n", err.text);
	}
	engine_destroy(engine);
	source_close(source);
	scoring->gathered.file++;
}

static uint64_t hash_device(const struct scoring *scoring, const struct record *record)
{
	struct {
		struct addr addr;
		uint64_t day;
	} key = { *record_own_addr(record), record->flow.flow_start_ns / NS_PER_S / 86400 };

	return hash_bytes(&scoring->key, &key, sizeof(key));
}

/* Captures from everywhere and every year become devices of one network on one day: each file's
 * devices get addresses of their own, and its first packet a moment of the morning. */
static void make_one_day(struct scoring *scoring)
{
	struct gathered *gathered = &scoring->gathered;
	uint64_t *first_ns = calloc(gathered->file + 1u, sizeof(*first_ns));

	if (!first_ns) {
		abort();
	}
	for (size_t i = 0; i < gathered->count; i++) {
		uint64_t *first = &first_ns[gathered->items[i].file];
		uint64_t start_ns = gathered->items[i].record.flow.flow_start_ns;
		*first = *first == 0 || start_ns < *first ? start_ns : *first;
	}
	for (size_t i = 0; i < gathered->count; i++) {
		struct seen *seen = &gathered->items[i];
		struct flow_record *flow = &seen->record.flow;
		uint64_t place = hash_bytes(&scoring->key, &seen->file, sizeof(seen->file));
		uint64_t shift = first_ns[seen->file] - NS_PER_S * (28800 + place % 7200);
		struct addr *own =
			seen->record.own_side == RECORD_SOURCE ? &flow->source : &flow->destination;
		own->bytes[0] ^= (uint8_t)(seen->file >> 8);
		own->bytes[1] ^= (uint8_t)seen->file;
		flow->flow_start_ns -= shift;
		flow->start_ns -= shift;
		flow->end_ns -= shift;
	}
	free(first_ns);
}

static int compare_ends(const void *left, const void *right)
{
	const struct seen *a = left, *b = right;

	if (a->record.flow.end_ns != b->record.flow.end_ns) {
		return a->record.flow.end_ns < b->record.flow.end_ns ? -1 : 1;
	}
	return a->order < b->order ? -1 : a->order > b->order;
}

static bool is_hidden(const struct scoring *scoring, const struct record *record, unsigned fold)
{
	uint64_t device = hash_device(scoring, record);

	return device % scoring->settings.folds == fold &&
	       (!scoring->settings.is_half || record->flow.flow_id % 2 == 0);
}

/* What the names said: the app, 0 for something else; false where they said nothing. */
static bool read_truth(const struct scoring *scoring, const struct record *record, uint16_t *app)
{
	const struct verdict *verdict = &record->verdict;
	const struct app *row = catalogue_app(scoring->reference.catalogue, verdict->app);
	bool is_use = row && !row->shared && !row->embedded && !row->hides && !verdict->embedded;

	*app = is_use ? verdict->app : 0;
	return record->l7.name_count > 0 && !verdict->inferred;
}

static void take_names_away(const struct scoring *scoring, struct record *record)
{
	l7_info_drop_names(&record->l7);
	record->l7.hidden = NAME_HIDDEN_NO_SNI;
	attribute(scoring->reference.catalogue, scoring->reference.geo, record);
}

static const char *app_id(const struct scoring *scoring, uint16_t app)
{
	return app ? catalogue_app(scoring->reference.catalogue, app)->id : "(something else)";
}

static void list_wrong(const struct scoring *scoring, const struct record *record, uint16_t truth,
	const char *name)
{
	char addr[ADDR_TEXT_MAX];

	addr_format(record_remote_addr(record), addr);
	printf("# %s inferred at %s AS%u by %02x, was %s (%s)\n",
		app_id(scoring, record->verdict.app), addr, record->place.asn,
		record->verdict.grounds, app_id(scoring, truth), name);
}

/* A flow without a name, and the record as it was with one. */
struct waiting {
	struct record record;
	struct behaviour_context context;
	const struct record *named; /* NULL: it never had one */
};

static void judge(
	struct scoring *scoring, struct behaviour *behaviour, const struct waiting *waiting)
{
	struct record record = waiting->record;
	const struct record *named = waiting->named;
	struct behaviour_stats before, after;
	uint16_t truth;

	behaviour_read_stats(behaviour, &before);
	behaviour_judge(behaviour, scoring->reference.catalogue, scoring->reference.geo, &record,
		&waiting->context);
	behaviour_read_stats(behaviour, &after);
	if (!named || !record.flow.is_last) {
		return;
	}
	const struct app *app =
		catalogue_app(scoring->reference.catalogue, waiting->record.verdict.app);
	bool is_known = read_truth(scoring, named, &truth);
	if (!is_known || (app && !app->shared)) {
		scoring->not_judged++;
		return;
	}
	scoring->apps[truth].hidden++;
	scoring->abstained_unknown += after.unknown - before.unknown;
	scoring->abstained_unsure += after.unsure - before.unsure;
	if (!record.verdict.inferred) {
		return;
	}
	if (record.verdict.app == truth) {
		scoring->apps[truth].right++;
		return;
	}
	scoring->apps[record.verdict.app].wrong++;
	if (scoring->settings.is_listing) {
		list_wrong(scoring, &record, truth, l7_info_domain(&named->l7));
	}
}

static void run_fold(struct scoring *scoring, unsigned fold)
{
	struct behaviour *behaviour = behaviour_create(&(struct behaviour_options){ 0 });
	struct waiting *waiting =
		aligned_alloc(64, (scoring->gathered.count + 1) * sizeof(*waiting));
	size_t count = 0;

	if (!behaviour || !waiting) {
		abort();
	}
	for (size_t i = 0; i < scoring->gathered.count; i++) {
		const struct record *named = &scoring->gathered.items[i].record;
		struct waiting *next = &waiting[count];
		bool hidden = is_hidden(scoring, named, fold);
		next->record = *named;
		next->named = hidden ? named : NULL;
		if (hidden) {
			take_names_away(scoring, &next->record);
		} else {
			/* What was inferred when the capture was read is not known yet. */
			attribute(scoring->reference.catalogue, scoring->reference.geo,
				&next->record);
		}
		if (!behaviour_look(behaviour, scoring->reference.catalogue, &next->record,
			    &next->context)) {
			continue;
		}
		if (scoring->settings.is_live) {
			judge(scoring, behaviour, next);
		} else {
			count++;
		}
	}
	for (size_t i = count; i-- > 0;) {
		behaviour_look_back(behaviour, scoring->reference.catalogue, &waiting[i].record,
			&waiting[i].context);
	}
	for (size_t i = 0; i < count; i++) {
		judge(scoring, behaviour, &waiting[i]);
	}
	free(waiting);
	behaviour_destroy(behaviour);
}

enum { KEY_MAX = 2 * ADDR_TEXT_MAX + 32 };

struct truth_key {
	char text[KEY_MAX];
	const struct truth_line *line;
};

static int compare_keys(const void *left, const void *right)
{
	const struct truth_key *a = left, *b = right;

	return strcmp(a->text, b->text);
}

static void put_key(char text[KEY_MAX], unsigned protocol, const char *source, unsigned source_port,
	const char *destination, unsigned destination_port)
{
	snprintf(text, KEY_MAX, "%u %s %u %s %u", protocol, source, source_port, destination,
		destination_port);
}

/* The device's end first, whoever began. */
static void put_record_key(char text[KEY_MAX], const struct record *record)
{
	char own[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX];
	const struct flow_record *flow = &record->flow;
	bool own_began = record->own_side == RECORD_SOURCE;

	addr_format(record_own_addr(record), own);
	addr_format(record_remote_addr(record), remote);
	put_key(text, flow->protocol, own, own_began ? flow->source_port : flow->destination_port,
		remote, own_began ? flow->destination_port : flow->source_port);
}

static struct truth_key *index_truth(const struct truth_file *file)
{
	struct truth_key *keys = calloc(file->count + 1, sizeof(*keys));

	if (!keys) {
		abort();
	}
	for (size_t i = 0; i < file->count; i++) {
		const struct truth_line *line = &file->lines[i];
		keys[i].line = line;
		put_key(keys[i].text, line->protocol, line->source, line->source_port,
			line->destination, line->destination_port);
	}
	qsort(keys, file->count, sizeof(*keys), compare_keys);
	return keys;
}

static void judge_by_truth(
	struct scoring *scoring, const struct record *record, const struct truth_line *line)
{
	const struct verdict *verdict = &record->verdict;
	uint16_t truth = catalogue_find(scoring->reference.catalogue, line->app);

	if (verdict->app != 0 && !verdict->inferred) {
		scoring->not_judged++;
		return;
	}
	scoring->apps[truth].hidden++;
	scoring->apps[truth].right += verdict->inferred && verdict->app == truth;
	if (verdict->inferred && verdict->app != truth) {
		scoring->apps[verdict->app].wrong++;
		if (scoring->settings.is_listing) {
			list_wrong(scoring, record, truth, line->name);
		}
	}
}

/* What the run itself inferred, against the truth about flows that are hidden in the capture. */
static void score_by_truth(struct scoring *scoring)
{
	struct truth_file *file = truth_file_read(scoring->settings.truth);
	struct truth_key *keys = index_truth(file);

	for (size_t i = 0; i < scoring->gathered.count; i++) {
		const struct record *record = &scoring->gathered.items[i].record;
		struct truth_key wanted;
		put_record_key(wanted.text, record);
		const struct truth_key *key =
			bsearch(&wanted, keys, file->count, sizeof(*keys), compare_keys);
		if (key && record->flow.is_last && strcmp(key->line->evidence, "hidden") == 0) {
			judge_by_truth(scoring, record, key->line);
		}
	}
	free(keys);
	truth_file_free(file);
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static void print_scores(const struct scoring *scoring)
{
	unsigned count = symbol_highest(SYMBOL_APP);
	uint64_t hidden = 0, right = 0, wrong = 0;

	printf("%-22s %8s %8s %8s %9s %7s\n", "app", "hidden", "right", "wrong", "precision",
		"recall");
	for (unsigned i = 1; i <= count; i++) {
		const struct app_score *app = &scoring->apps[i];
		if (app->hidden + app->wrong == 0) {
			continue;
		}
		printf("%-22s %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " ",
			app_id(scoring, (uint16_t)i), app->hidden, app->right, app->wrong);
		if (app->right + app->wrong == 0) {
			printf("%9s %7s\n", "-", "abstains");
		} else {
			printf("%9.3f %7.3f\n", share(app->right, app->right + app->wrong),
				share(app->right, app->hidden));
		}
		hidden += app->hidden;
		right += app->right;
		wrong += app->wrong;
	}
	printf("something else, hidden: %" PRIu64 "; not judged: %" PRIu64 "\n",
		scoring->apps[0].hidden, scoring->not_judged);
	if (!scoring->settings.truth) {
		printf("abstained: %" PRIu64 " of an unknown server, %" PRIu64 " not sure enough\n",
			scoring->abstained_unknown, scoring->abstained_unsure);
	}
	printf("total\thidden\t%" PRIu64 "\tprecision\t%.4f\trecall\t%.4f\n", hidden,
		share(right, right + wrong), share(right, hidden));
}

static void open_reference(struct scoring *scoring)
{
	struct catalogue *catalogue;
	struct policy *policy;
	struct geo *geo;
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_load(&policy, NULL, scoring->settings.networks, catalogue, &err) < 0 ||
		geo_open(&geo, NULL, &err) < 0) {
		fail("cannot begin", &err);
	}
	scoring->reference =
		(struct reference){ .catalogue = catalogue, .policy = policy, .geo = geo };
	scoring->apps = calloc(symbol_highest(SYMBOL_APP) + 1u, sizeof(*scoring->apps));
	if (!scoring->apps) {
		abort();
	}
}

static void close_reference(struct scoring *scoring)
{
	geo_close((struct geo *)(uintptr_t)scoring->reference.geo);
	policy_free((struct policy *)(uintptr_t)scoring->reference.policy);
	catalogue_close((struct catalogue *)(uintptr_t)scoring->reference.catalogue);
	free(scoring->apps);
	free(scoring->gathered.items);
}

static struct settings read_settings(int argc, char **argv)
{
	static const struct option options[] = {
		{ "folds", required_argument, NULL, 'f' },
		{ "half", no_argument, NULL, 'h' },
		{ "live", no_argument, NULL, 'L' },
		{ "one-day", no_argument, NULL, 'o' },
		{ "networks", required_argument, NULL, 'n' },
		{ "list", no_argument, NULL, 'l' },
		{ "truth", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	struct settings settings = { .folds = 5 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			settings.folds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'h':
			settings.is_half = true;
			break;
		case 'L':
			settings.is_live = true;
			break;
		case 'o':
			settings.is_one_day = true;
			break;
		case 'n':
			settings.networks = optarg;
			break;
		case 't':
			settings.truth = optarg;
			break;
		case 'l':
			settings.is_listing = true;
			break;
		default:
			exit(2);
		}
	}
	if (settings.folds < 2 || optind == argc) {
		fputs("Usage: score_hidden [--folds N] [--half] [--live] [--one-day] [--networks "
		      "LIST] "
		      "[--list] FILE...\n",
			stderr);
		exit(2);
	}
	return settings;
}

int main(int argc, char **argv)
{
	struct scoring scoring = { .settings = read_settings(argc, argv) };

	scoring.key = hash_key_fixed("score_hidden");
	open_reference(&scoring);
	for (int i = optind; i < argc; i++) {
		read_capture(&scoring, argv[i]);
	}
	if (scoring.settings.is_one_day) {
		make_one_day(&scoring);
	}
	qsort(scoring.gathered.items, scoring.gathered.count, sizeof(struct seen), compare_ends);
	if (scoring.settings.truth) {
		score_by_truth(&scoring);
	}
	for (unsigned fold = 0; !scoring.settings.truth && fold < scoring.settings.folds; fold++) {
		run_fold(&scoring, fold);
	}
	print_scores(&scoring);
	close_reference(&scoring);
	return 0;
}
