#include "analyzer/archive/archive_once.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_halves.h"
#include "analyzer/archive/archive_judged.h"
#include "analyzer/archive/archive_reader.h"
#include "base/clock.h"
#include "base/hash_table.h"

enum {
	LEAST = 1024,
	BEGAN_S = 2, /* parts of one flow begin so near to each other at two sensors */
	NEAR_S = 10, /* less than any timeout, so that a flow's successor is not near it */
	SLOT_S = SLOT_NS / NS_PER_S,
	PIECES_MOST = 8,   /* that one sensor has of another one's part */
	APART_MOST = 1024, /* flows whose distance is kept */
	APART_LEAST = 3
};

/* How much an archive saw of a part. Of one way the app tells more than how much it was; and who
 * began says the name. */
#define BOTH_WAYS  (UINT32_C(1) << 31)
#define APP_IS_AT  24 /* confidence, of one way */
#define HALF_BEGAN (UINT32_C(1) << 23)
#define JUDGED     UINT32_C(127) /* somebody decided by what was seen */

struct part {
	uint64_t flow_id;
	uint64_t tied; /* bits of the archives that saw as much of it; 0: another part tells */
	uint64_t ends; /* hash of the five numbers, whichever of the two began; 0 not told */
	uint32_t first_s, last_s;
	uint32_t seen;   /* packets, and BOTH_WAYS */
	uint32_t number; /* the highest that an archive gives it: after 0 the flow has begun */
	struct half_ways halves;
	uint8_t archive;
	uint8_t latest;  /* archive that added to it */
	bool is_several; /* of some archive several records are this part */
	bool is_opening; /* of which a handshake's number made the id */
	bool is_joined;  /* the sensor came to it later than it began, or may have */
	bool is_tcp, has_both_ends;
};

/* Flows of an archive that an earlier one has at another time. */
struct apart {
	uint64_t flows;
	unsigned other, count;
	int64_t seconds[APART_MOST];
};

/* A part, and the one piece of it, of which two archives saw as much. */
struct even {
	uint32_t part, piece;      /* places */
	uint8_t archive, of_piece; /* whose they are; the second one tells so far */
};

struct archive_once {
	bool is_whole;
	struct part *parts;
	uint32_t count, capacity;
	struct even *evens;
	uint32_t even_count, even_room;
	struct hash_table by_flow, by_ends;
	struct archive_halves halves;
	struct archive_judged judged;
	bool has_denied_halves;
	uint64_t packets[ARCHIVE_ONCE_MAX];    /* that each of them saw */
	uint64_t sent[ARCHIVE_ONCE_MAX];       /* of them, by our ends */
	struct apart *apart[ARCHIVE_ONCE_MAX]; /* NULL: none */
	/* Flows that an earlier one has under the same id, and under another one. */
	uint64_t shared[ARCHIVE_ONCE_MAX], renamed[ARCHIVE_ONCE_MAX];
	uint8_t renamed_by[ARCHIVE_ONCE_MAX];
	bool has_key[ARCHIVE_ONCE_MAX]; /* own addresses are pseudonyms */
};

/* What is looked for, and what was met on the way. */
struct wanted {
	const struct part *part;
	uint32_t *near, *elsewhere; /* places; HASH_TABLE_NONE */
};

static uint32_t distance(uint32_t one, uint32_t other)
{
	return one > other ? one - other : other - one;
}

static bool is_same(const void *parts, uint32_t place, const void *key)
{
	const struct part *part = (const struct part *)parts + place;
	const struct wanted *wanted = key;
	const struct part *other = wanted->part;

	if (part->flow_id != other->flow_id) {
		return false;
	}
	if (part->first_s / SLOT_S == other->first_s / SLOT_S &&
		part->first_s <= other->last_s + NEAR_S &&
		other->first_s <= part->last_s + NEAR_S) {
		return true;
	}
	if (part->archive == other->archive) {
		return false; /* the next part of the same flow */
	}
	if (distance(part->first_s, other->first_s) <= BEGAN_S) {
		*wanted->near = place;
	} else if (part->is_opening && other->is_opening) {
		*wanted->elsewhere = place;
	}
	return false;
}

static uint32_t find(const struct archive_once *once, const struct part *part, uint32_t *elsewhere)
{
	uint32_t near = HASH_TABLE_NONE;
	const struct wanted wanted = { part, &near, elsewhere };
	uint32_t place =
		hash_table_find(&once->by_flow, part->flow_id, is_same, once->parts, &wanted);

	return place == HASH_TABLE_NONE ? near : place;
}

struct end {
	struct addr addr;
	uint64_t port;
};

static uint64_t hash_end(const struct addr *addr, uint16_t port)
{
	const struct hash_key key = hash_key_fixed("ends of flows");
	struct end end = { .port = port };

	if (archive_addr_is_kept(addr)) {
		end.addr = *addr;
	}
	return hash_bytes(&key, &end, sizeof(end));
}

/* Where own addresses are not kept, both ports and the other end tell well enough: few flows come
 * into question. */
static uint64_t ends_of(const struct flow_record *flow)
{
	unsigned kept =
		archive_addr_is_kept(&flow->source) + archive_addr_is_kept(&flow->destination);

	if (kept == 0 || (kept == 1 && (!flow->source_port || !flow->destination_port))) {
		return 0;
	}
	uint64_t hash = hash_end(&flow->source, flow->source_port) +
			hash_end(&flow->destination, flow->destination_port) + flow->protocol;
	return hash ? hash : 1;
}

/* Parts of the same five numbers at the same time, of which other sensors made a flow of its own:
 * they came to it later, as after an outage, or saw the other way of it alone. */
struct pieces {
	const struct archive_once *once;
	const struct part *part;
	const struct part *renamed; /* whose beginning both saw, under another id; NULL */
	unsigned count;
	uint32_t places[PIECES_MOST];
};

/* The two ways of one flow. Where own addresses are not kept, another device may have the same
 * port; two beginnings under two ids are two flows. */
static bool are_halves(
	const struct archive_once *once, const struct part *one, const struct part *other)
{
	bool are_of_one_device = false;
	bool may_be_one = one->is_tcp ? one->is_joined || other->is_joined : true;

	return may_be_one && one->first_s <= other->last_s + NEAR_S &&
	       other->first_s <= one->last_s + NEAR_S &&
	       archive_halves_meet(
		       &once->halves, &one->halves, &other->halves, &are_of_one_device) &&
	       (are_of_one_device || (one->has_both_ends && other->has_both_ends));
}

static bool note_piece(const void *parts, uint32_t place, const void *key)
{
	struct pieces *pieces = (void *)(uintptr_t)key;
	const struct part *one = pieces->part, *other = (const struct part *)parts + place;

	if (one->ends != other->ends || one->flow_id == other->flow_id ||
		one->archive == other->archive) {
		return false;
	}
	if (one->is_opening && other->is_opening &&
		distance(one->first_s, other->first_s) <= BEGAN_S) {
		pieces->renamed = other;
	}
	bool is_later = (one->is_joined || other->is_joined) && one->first_s <= other->last_s &&
			other->first_s <= one->last_s;
	if (is_later || are_halves(pieces->once, one, other)) {
		pieces->places[pieces->count++] = place;
	}
	return pieces->count == PIECES_MOST;
}

/* The part is about to be appended. Without memory the earlier archive tells. */
static void note_even(struct archive_once *once, const struct part *part, uint32_t piece)
{
	if (once->even_count == once->even_room) {
		uint32_t room = once->even_room ? 2 * once->even_room : LEAST;
		struct even *evens = realloc(once->evens, room * sizeof(*evens));
		if (!evens) {
			return;
		}
		once->evens = evens;
		once->even_room = room;
	}
	once->evens[once->even_count++] = (struct even){ .part = once->count,
		.piece = piece,
		.archive = part->archive,
		.of_piece = once->parts[piece].archive };
}

/* Of a part and the pieces of it the one that saw more tells, completed by the others. */
static void weigh_pieces(struct archive_once *once, struct part *part)
{
	struct pieces pieces = { .once = once, .part = part };

	if (part->ends == 0) {
		return;
	}
	hash_table_find(&once->by_ends, part->ends, note_piece, once->parts, &pieces);
	uint8_t archive = part->archive;
	if (pieces.renamed) {
		once->renamed[archive]++;
		once->renamed_by[archive] = pieces.renamed->archive;
	}
	for (unsigned i = 0; i < pieces.count; i++) {
		struct part *piece = &once->parts[pieces.places[i]];
		if (piece->seen == part->seen && pieces.count == 1) {
			note_even(once, part, pieces.places[i]);
		}
		if (piece->seen >= part->seen) {
			part->archive = piece->archive;
			part->tied = 0;
			archive_halves_give(&once->halves, &piece->halves, &part->halves);
		} else {
			piece->archive = archive;
			piece->seen = part->seen;
			piece->tied = 0;
			archive_halves_give(&once->halves, &part->halves, &piece->halves);
		}
	}
}

static uint32_t at_most(uint64_t packets, uint32_t most)
{
	return packets < most ? (uint32_t)packets : most;
}

static uint32_t seen_of(const struct record *record, const uint64_t packets[2])
{
	const struct verdict *verdict = &record->verdict;
	uint32_t sure = record->decision.block != BLOCK_NONE ? JUDGED
			: verdict->inferred                  ? 0
							     : verdict->confidence;

	if (packets[0] > 0 && packets[1] > 0) {
		return BOTH_WAYS | at_most(packets[0] + packets[1], BOTH_WAYS - 1);
	}
	return sure << APP_IS_AT | (packets[0] > 0) * HALF_BEGAN |
	       at_most(packets[0] + packets[1], HALF_BEGAN - 1);
}

static struct part part_of(
	const struct archive_once *once, unsigned archive, const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	const uint64_t *packets = once->is_whole ? flow->total_packets : flow->packets;
	uint64_t first_ns = once->is_whole ? flow->flow_start_ns : flow->start_ns;
	bool is_both = packets[0] > 0 && packets[1] > 0;

	return (struct part){ .flow_id = flow->flow_id,
		.first_s = (uint32_t)(first_ns / NS_PER_S),
		.last_s = (uint32_t)(flow->end_ns / NS_PER_S),
		.seen = seen_of(record, packets),
		.number = flow->part,
		.archive = (uint8_t)archive,
		.latest = (uint8_t)archive,
		.tied = UINT64_C(1) << archive,
		.is_opening = flow->protocol == IPPROTO_TCP && flow->start_seen &&
			      (once->is_whole || flow->part == 0),
		.is_joined = flow->protocol == IPPROTO_TCP ? !flow->start_seen : is_both,
		.is_tcp = flow->protocol == IPPROTO_TCP };
}

static bool append(struct archive_once *once, const struct part *part)
{
	if (once->count == once->capacity) {
		uint32_t capacity = once->capacity ? 2 * once->capacity : LEAST;
		struct part *parts = realloc(once->parts, capacity * sizeof(*parts));
		if (!parts) {
			return false;
		}
		once->parts = parts;
		once->capacity = capacity;
	}
	if (!hash_table_put(&once->by_flow, part->flow_id, once->count) ||
		(part->ends && !hash_table_put(&once->by_ends, part->ends, once->count))) {
		return false;
	}
	once->parts[once->count++] = *part;
	return true;
}

static void merge(struct archive_once *once, struct part *to, struct part *part)
{
	to->last_s = part->last_s > to->last_s ? part->last_s : to->last_s;
	to->number = part->number > to->number ? part->number : to->number;
	to->is_several |= to->latest == part->latest;
	to->latest = part->latest;
	archive_halves_give(&once->halves, &to->halves, &part->halves);
	if (part->seen > to->seen) {
		to->seen = part->seen;
		to->archive = part->archive;
		to->tied = part->tied;
	} else if (part->seen == to->seen && to->tied) {
		to->tied |= part->tied;
	}
}

static void settle_evens(struct archive_once *once)
{
	for (uint32_t i = 0; i < once->even_count; i++) {
		const struct even *even = &once->evens[i];
		struct part *part = &once->parts[even->part], *piece = &once->parts[even->piece];
		if (part->archive == even->of_piece && piece->archive == even->of_piece &&
			once->sent[even->archive] > once->sent[even->of_piece]) {
			part->archive = piece->archive = even->archive;
			piece->tied = 0;
		}
	}
}

/* Two that saw the same of a flow may know its device by two names: the one that saw more of what
 * devices sent tells, as long as it can, so that a device counts once. */
static void settle_ties(struct archive_once *once)
{
	for (uint32_t i = 0; i < once->count; i++) {
		struct part *part = &once->parts[i];
		for (uint64_t tied = part->tied; tied != 0; tied &= tied - 1) {
			unsigned archive = (unsigned)__builtin_ctzll(tied);
			if (once->sent[archive] > once->sent[part->archive]) {
				part->archive = (uint8_t)archive;
			}
		}
	}
}

static void note_apart(
	struct archive_once *once, const struct part *part, const struct part *earlier)
{
	struct apart *apart = once->apart[part->archive];

	if (!apart) {
		apart = once->apart[part->archive] = calloc(1, sizeof(*apart));
	}
	if (!apart || (apart->count > 0 && apart->other != earlier->archive)) {
		return;
	}
	apart->other = earlier->archive;
	apart->flows++;
	if (apart->count < APART_MOST) {
		apart->seconds[apart->count++] = (int64_t)part->first_s - earlier->first_s;
	}
}

static bool learn(struct archive_once *once, struct part *part)
{
	uint32_t elsewhere = HASH_TABLE_NONE, place = find(once, part, &elsewhere);
	uint32_t evens = once->even_count;
	unsigned archive = part->archive;

	weigh_pieces(once, part);
	if (place != HASH_TABLE_NONE) {
		once->shared[archive]++;
		once->even_count = evens;
		merge(once, &once->parts[place], part);
		return true;
	}
	if (elsewhere != HASH_TABLE_NONE) {
		note_apart(once, part, &once->parts[elsewhere]);
	}
	return append(once, part);
}

/* One of the archives, while it is looked through. */
struct looking {
	struct archive_once *once;
	unsigned archive;
	bool has_failed;
};

static void look(void *context, struct archived *rows, size_t count)
{
	struct looking *looking = context;
	struct archive_once *once = looking->once;

	for (size_t i = 0; i < count && !looking->has_failed; i++) {
		const struct flow_record *flow = &rows[i].record.flow;
		const uint64_t *packets = once->is_whole ? flow->total_packets : flow->packets;
		struct part part = part_of(once, looking->archive, &rows[i].record);
		part.ends = ends_of(flow);
		part.has_both_ends = archive_addr_is_kept(&flow->source) &&
				     archive_addr_is_kept(&flow->destination);
		part.halves = archive_halves_note(
			&once->halves, looking->archive, once->is_whole, &rows[i]);
		once->has_denied_halves |= (packets[0] == 0 || packets[1] == 0) &&
					   rows[i].record.decision.action == POLICY_ACTION_DENY;
		once->has_key[looking->archive] |= archive_addr_is_stand_in(&flow->source) ||
						   archive_addr_is_stand_in(&flow->destination);
		once->packets[looking->archive] += packets[0] + packets[1];
		once->sent[looking->archive] +=
			packets[rows[i].record.own_side == RECORD_SOURCE ? 0 : 1];
		looking->has_failed = !learn(once, &part);
	}
}

static struct archive_selection selection(void)
{
	static const char *const paths[] = { "source.ip", "destination.ip",
		"borderflow.app.confidence", "borderflow.inferred", "borderflow.block",
		"borderflow.policy.action" };
	struct archive_selection selection = { 0 };

	archive_halves_ask(&selection.fields);
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		field_set_add_alone(&selection.fields, field_find(paths[i], strlen(paths[i])));
	}
	return selection;
}

static int look_through(struct archive_once *once, unsigned archive, const char *folder,
	const struct archive_options *period, struct err *err)
{
	const struct archive_selection wanted = selection();
	const struct archive_options options = { .folder = folder,
		.from_ns = period->from_ns,
		.to_ns = period->to_ns,
		.whole = period->whole,
		.selection = &wanted };
	struct looking looking = { once, archive, false };
	struct archive_stats stats;
	int status = archive_each_record(&options, look, &looking, &stats, err);

	return status == 0 && looking.has_failed ? err_set(err, ENOMEM, "%s: out of memory", folder)
						 : status;
}

int archive_once_open(struct archive_once **once, const char *const *folders, unsigned count,
	const struct archive_options *period, struct err *err)
{
	int status = 0;

	*once = NULL;
	if (count < 2) {
		return 0;
	}
	if (count > ARCHIVE_ONCE_MAX) {
		return err_set(
			err, EINVAL, "at most %d archives are read as one", ARCHIVE_ONCE_MAX);
	}
	struct archive_once *opened = calloc(1, sizeof(*opened));
	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->is_whole = period->whole;
	for (unsigned i = 0; i < count && status == 0; i++) {
		status = look_through(opened, i, folders[i], period, err);
	}
	if (status < 0) {
		archive_once_close(opened);
		return status;
	}
	settle_evens(opened);
	settle_ties(opened);
	*once = opened;
	return 0;
}

void archive_once_close(struct archive_once *once)
{
	if (!once) {
		return;
	}
	for (unsigned i = 0; i < ARCHIVE_ONCE_MAX; i++) {
		free(once->apart[i]);
	}
	hash_table_deinit(&once->by_flow);
	hash_table_deinit(&once->by_ends);
	archive_halves_deinit(&once->halves);
	archive_judged_deinit(&once->judged);
	free(once->parts);
	free(once->evens);
	free(once);
}

int archive_once_judge(struct archive_once *once, const char *const *folders, unsigned count,
	const struct archive_options *period, const struct reference *reference, struct err *err)
{
	return once && once->has_denied_halves ? archive_judged_read(&once->judged, once, folders,
							 count, period, reference, err)
					       : 0;
}

void archive_once_ask(const struct archive_once *once, struct field_set *fields)
{
	field_set_add(fields, field_find("flow", 4));
	if (once->halves.count > 0) {
		archive_halves_ask(fields);
	}
}

bool archive_once_tells(struct archive_once *once, unsigned archive, struct archived *archived)
{
	if (!once) {
		return true;
	}
	struct part found = part_of(once, archive, &archived->record);
	uint32_t elsewhere, place = find(once, &found, &elsewhere);

	if (place == HASH_TABLE_NONE) { /* it came meanwhile */
		append(once, &found);
		return true;
	}
	const struct part *part = &once->parts[place];
	if (part->archive != archive) {
		return false;
	}
	archive_halves_complete(
		&once->halves, &part->halves, archive, once->is_whole, part->is_several, archived);
	if (!part->is_several) {
		archived->record.flow.part = part->number;
	}
	archive_judged_put(&once->judged, &archived->record);
	return true;
}

/* By chance a flow of another device has the same ports and server at the same moment, but not when
 * not one flow is known to both. */
bool archive_once_renamed(
	const struct archive_once *once, unsigned archive, struct archive_renamed *renamed)
{
	if (!once || archive >= ARCHIVE_ONCE_MAX || once->shared[archive] > 0 ||
		once->renamed[archive] < APART_LEAST) {
		return false;
	}
	*renamed = (struct archive_renamed){ once->renamed_by[archive], once->renamed[archive] };
	return true;
}

bool archive_once_lacks_key(const struct archive_once *once, unsigned archive)
{
	bool others_have = false;

	for (unsigned i = 0; once && i < ARCHIVE_ONCE_MAX; i++) {
		others_have |= once->has_key[i];
	}
	return others_have && archive < ARCHIVE_ONCE_MAX && once->packets[archive] > 0 &&
	       !once->has_key[archive];
}

static int compare_seconds(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

/* A clock is as far off for most of the flows. */
bool archive_once_apart(
	const struct archive_once *once, unsigned archive, struct archive_apart *apart)
{
	struct apart *of = once && archive < ARCHIVE_ONCE_MAX ? once->apart[archive] : NULL;
	unsigned agree = 0;

	if (!of) {
		return false;
	}
	qsort(of->seconds, of->count, sizeof(of->seconds[0]), compare_seconds);
	int64_t median = of->seconds[of->count / 2];
	for (unsigned i = 0; i < of->count; i++) {
		agree += llabs(of->seconds[i] - median) <= BEGAN_S;
	}
	*apart = (struct archive_apart){ of->other, of->flows, median };
	return agree >= APART_LEAST && 2 * agree >= of->count && llabs(median) > NEAR_S;
}
