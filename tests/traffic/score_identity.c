/* score_identity: what borderflow says of devices against the truth of tests/traffic/identity.
 *
 *     score_identity TRUTH < flows.ndjson
 *
 * Of flows whose device is said to be one: purity, how many are of the device that most of that
 * identity's flows are of. Of each true device: completeness, how many of its flows are under the
 * one identity that most of them are under; a table by kind. Of translators: found, where most
 * flows are said to be of many; how many flows were said to be of one all the same. Of the others:
 * how many were taken for translators. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/hash_table.h"

enum { NAME_BYTES = 64, KINDS_MAX = 16 };

/* Texts by number. */
struct names {
	struct hash_table table;
	char (*items)[NAME_BYTES];
	uint32_t count, room;
};

struct flow_truth {
	uint32_t device, kind;
};

struct flow_said {
	uint32_t device, kind, identity;
	char said; /* o one, s station, m many, a address */
};

static struct hash_key key;

static bool is_name(const void *items, uint32_t place, const void *wanted)
{
	const char(*names)[NAME_BYTES] = items;

	return strcmp(names[place], wanted) == 0;
}

static uint32_t find(const struct names *names, const char *name)
{
	return hash_table_find(
		&names->table, hash_bytes(&key, name, strlen(name)), is_name, names->items, name);
}

static uint32_t number_of(struct names *names, const char *name)
{
	uint32_t place = find(names, name);

	if (place != HASH_TABLE_NONE) {
		return place;
	}
	if (names->count == names->room) {
		names->room = names->room ? names->room * 2 : 1024;
		names->items = reallocarray(names->items, names->room, NAME_BYTES);
	}
	if (!names->items || !hash_table_put(&names->table, hash_bytes(&key, name, strlen(name)),
				     names->count)) {
		abort();
	}
	snprintf(names->items[names->count], NAME_BYTES, "%s", name);
	return names->count++;
}

/* The string behind a member's name, behind a place in the line; false where there is none. */
static bool member(const char *line, const char *behind, const char *name, char value[NAME_BYTES])
{
	const char *at = strstr(line, behind);
	char wanted[NAME_BYTES];

	snprintf(wanted, sizeof(wanted), "\"%s\":\"", name);
	at = at ? strstr(at, wanted) : NULL;
	if (!at) {
		return false;
	}
	at += strlen(wanted);
	snprintf(value, NAME_BYTES, "%.*s", (int)strcspn(at, "\""), at);
	return true;
}

static struct names servers, devices, kinds, identities;
static struct flow_truth *truth;
static struct flow_said *said;
static size_t said_count, said_room;

static void read_truth(const char *path)
{
	FILE *file = fopen(path, "r");
	char server[NAME_BYTES], kind[NAME_BYTES], device[NAME_BYTES];
	size_t room = 0;

	while (file && fscanf(file, "%63s\t%63s\t%63s\n", server, kind, device) == 3) {
		uint32_t place = number_of(&servers, server);
		if (place >= room) {
			room = room ? room * 2 : 65536;
			truth = reallocarray(truth, room, sizeof(*truth));
		}
		if (!truth) {
			abort();
		}
		truth[place] =
			(struct flow_truth){ number_of(&devices, device), number_of(&kinds, kind) };
	}
	if (!file || servers.count == 0) {
		fprintf(stderr, "score_identity: cannot read %s\n", path);
		exit(2);
	}
	fclose(file);
}

static void read_flows(void)
{
	static char line[1 << 16];
	char server[NAME_BYTES], identity[NAME_BYTES], kind[NAME_BYTES];

	while (fgets(line, sizeof(line), stdin)) {
		uint32_t place = member(line, "\"destination\":", "ip", server)
					 ? find(&servers, server)
					 : HASH_TABLE_NONE;
		if (place == HASH_TABLE_NONE) {
			continue;
		}
		bool has_kind = member(line, "\"borderflow\":", "device_kind", kind);
		if (!member(line, "\"borderflow\":", "device", identity)) {
			strcpy(identity, "-");
		}
		if (said_count == said_room) {
			said_room = said_room ? said_room * 2 : 65536;
			said = reallocarray(said, said_room, sizeof(*said));
		}
		if (!said) {
			abort();
		}
		said[said_count++] = (struct flow_said){ truth[place].device, truth[place].kind,
			number_of(&identities, identity), has_kind ? kind[0] : 'a' };
	}
}

static int by_identity(const void *a, const void *b)
{
	const struct flow_said *x = a, *y = b;

	return x->identity != y->identity ? (x->identity < y->identity ? -1 : 1)
	       : x->device != y->device   ? (x->device < y->device ? -1 : 1)
					  : 0;
}

static int by_device(const void *a, const void *b)
{
	const struct flow_said *x = a, *y = b;

	return x->device != y->device       ? (x->device < y->device ? -1 : 1)
	       : x->identity != y->identity ? (x->identity < y->identity ? -1 : 1)
					    : 0;
}

static void score_purity(void)
{
	size_t total = 0, pure = 0;

	qsort(said, said_count, sizeof(*said), by_identity);
	for (size_t first = 0, end; first < said_count; first = end) {
		size_t most = 0, all = 0, run = 0;
		for (end = first; end < said_count && said[end].identity == said[first].identity;
			end++) {
			bool is_same = end > first && said[end].device == said[end - 1].device;
			bool is_claim = said[end].said == 'o' || said[end].said == 's';
			run = (is_same ? run : 0) + is_claim;
			all += is_claim;
			most = run > most ? run : most;
		}
		total += all;
		pure += most;
	}
	printf("purity\t%.4f\tof %zu flows said to be of one device or station\n",
		total ? (double)pure / (double)total : 0, total);
}

struct kind_score {
	size_t devices, flows, together, many_flows, one_flows, most_many;
};

static void score_device(struct kind_score *score, size_t first, size_t end)
{
	size_t run = 0, most = 0, many = 0;

	for (size_t i = first; i < end; i++) {
		run = i > first && said[i].identity == said[i - 1].identity ? run + 1 : 1;
		most = run > most ? run : most;
		many += said[i].said == 'm';
		score->one_flows += said[i].said == 'o';
	}
	score->devices++;
	score->flows += end - first;
	score->together += most;
	score->many_flows += many;
	score->most_many += many * 2 > end - first;
}

static void score_kinds(void)
{
	static struct kind_score scores[KINDS_MAX];
	size_t others = 0, taken = 0;

	qsort(said, said_count, sizeof(*said), by_device);
	for (size_t first = 0, end; first < said_count; first = end) {
		for (end = first; end < said_count && said[end].device == said[first].device;
			end++) {
		}
		score_device(&scores[said[first].kind % KINDS_MAX], first, end);
	}
	printf("kind\tdevices\tflows\tcompleteness\tmany_flows\tone_flows\tmostly_many\n");
	for (uint32_t kind = 0; kind < kinds.count; kind++) {
		const struct kind_score *score = &scores[kind];
		bool is_nat = strcmp(kinds.items[kind], "nat") == 0;
		printf("%s\t%zu\t%zu\t%.4f\t%zu\t%zu\t%zu\n", kinds.items[kind], score->devices,
			score->flows, (double)score->together / (double)score->flows,
			score->many_flows, score->one_flows, score->most_many);
		others += is_nat ? 0 : score->devices;
		taken += is_nat ? 0 : score->most_many;
		if (is_nat) {
			printf("nat_found\t%.4f\n",
				(double)score->most_many / (double)score->devices);
			printf("nat_as_one\t%.4f\n",
				(double)score->one_flows / (double)score->flows);
		}
	}
	printf("nat_false\t%.4f\n", others ? (double)taken / (double)others : 0);
}

int main(int argc, char **argv)
{
	key = hash_key_random();
	if (argc != 2) {
		fprintf(stderr, "usage: score_identity TRUTH < flows.ndjson\n");
		return 2;
	}
	read_truth(argv[1]);
	read_flows();
	printf("flows\t%zu\tof %u\n", said_count, servers.count);
	score_purity();
	score_kinds();
	return 0;
}
