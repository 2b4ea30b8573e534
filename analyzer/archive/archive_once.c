#include "analyzer/archive/archive_once.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_join.h"
#include "analyzer/archive/archive_judged.h"
#include "analyzer/archive/archive_reader.h"
#include "base/clock.h"
#include "base/hash_table.h"
#include "collector/packet.h"

enum {
	LEAST = 1024,
	SIGHTS_MOST = 256, /* that are looked through for one record */
	APART_MOST = 1024, /* flows whose distance is kept */
	APART_LEAST = 3
};

/* How much an archive saw of a part. Of one way the app tells more than how much it was; and who
 * began says the name. */
#define BOTH_WAYS  (UINT32_C(1) << 31)
#define APP_IS_AT  24 /* confidence, of one way */
#define HALF_BEGAN (UINT32_C(1) << 23)
#define JUDGED     UINT32_C(127) /* somebody decided by what was seen */

/* Flows of an archive that an earlier one has at another time. */
struct apart {
	uint64_t flows;
	unsigned other, count;
	int64_t seconds[APART_MOST];
};

struct archive_once {
	bool is_whole;
	struct part *parts;
	uint32_t count, capacity;
	struct hash_table by_flow;
	struct archive_sights sights;
	struct archive_skew skew;
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

static uint32_t second(uint64_t ns)
{
	return (uint32_t)(ns / NS_PER_S);
}

static bool is_same(const void *parts, uint32_t place, const void *key)
{
	const struct part *part = (const struct part *)parts + place;
	const struct wanted *wanted = key;
	const struct part *other = wanted->part;

	if (part->flow_id != other->flow_id) {
		return false;
	}
	if (archive_join_are_of_one_slot(part, other)) {
		return true;
	}
	if (part->holders & other->holders) {
		return false; /* the next part of the same flow */
	}
	if (archive_join_began_together(part, other)) {
		*wanted->near = place;
	} else if (part->is_opening && other->is_opening) {
		*wanted->elsewhere = place;
	}
	return false;
}

/* near: in another slot, as at its border. */
static uint32_t find(const struct archive_once *once, const struct part *part, uint32_t *near,
	uint32_t *elsewhere)
{
	const struct wanted wanted = { part, near, elsewhere };

	*near = *elsewhere = HASH_TABLE_NONE;
	return hash_table_find(&once->by_flow, part->flow_id, is_same, once->parts, &wanted);
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

/* Of ends that are not kept, what is; 0 where that says little. */
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

static uint32_t at_most(uint64_t packets, uint32_t most)
{
	return packets < most ? (uint32_t)packets : most;
}

/* How sure one way is of its app. By the format of a tunnel alone less than by any name: it tells
 * that something is hidden, and not who runs it. */
static uint32_t sureness(const struct record *record)
{
	const struct verdict *verdict = &record->verdict;
	bool is_format_alone = verdict->evidence == 1U << EVIDENCE_PROTOCOL;

	if (record->decision.block != BLOCK_NONE) {
		return JUDGED;
	}
	if (verdict->inferred) {
		return 0;
	}
	return is_format_alone && verdict->hides ? 1 : verdict->confidence;
}

static uint32_t seen_of(const struct record *record, const uint64_t packets[2])
{
	if (packets[0] > 0 && packets[1] > 0) {
		return BOTH_WAYS | at_most(packets[0] + packets[1], BOTH_WAYS - 1);
	}
	return sureness(record) << APP_IS_AT | (packets[0] > 0) * HALF_BEGAN |
	       at_most(packets[0] + packets[1], HALF_BEGAN - 1);
}

static struct part part_of(
	const struct archive_once *once, unsigned archive, const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	const uint64_t *packets = once->is_whole ? flow->total_packets : flow->packets;
	uint64_t first_ns = once->is_whole ? flow->flow_start_ns : flow->start_ns;
	bool is_both = packets[0] > 0 && packets[1] > 0, is_tcp = flow->protocol == IPPROTO_TCP;
	/* Who began may also be known by what they said. */
	bool has_handshake = (flow->tcp_flags[0] | flow->tcp_flags[1]) & TCP_SYN;

	return (struct part){ .flow_id = flow->flow_id,
		.first_ns = first_ns,
		.last_ns = flow->end_ns,
		.seen = seen_of(record, packets),
		.number = flow->part,
		.archive = (uint8_t)archive,
		.latest = (uint8_t)archive,
		.tied = UINT64_C(1) << archive,
		.holders = UINT64_C(1) << archive,
		.is_opening = is_tcp && has_handshake && (once->is_whole || flow->part == 0),
		.is_joined = is_tcp ? !has_handshake : is_both,
		.is_tcp = is_tcp };
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
	if (!hash_table_put(&once->by_flow, part->flow_id, once->count)) {
		return false;
	}
	once->parts[once->count] = *part;
	once->parts[once->count].same = once->count;
	once->count++;
	return true;
}

/* Two that saw the same of a flow may know its device by two names: the one that saw more of what
 * devices sent tells, as long as it can, so that a device counts once. */
static void settle_tie(const struct archive_once *once, struct part *part)
{
	part->archive = (uint8_t)__builtin_ctzll(part->tied);
	for (uint64_t tied = part->tied; tied != 0; tied &= tied - 1) {
		unsigned archive = (unsigned)__builtin_ctzll(tied);
		if (once->sent[archive] > once->sent[part->archive]) {
			part->archive = (uint8_t)archive;
		}
	}
}

static bool is_of_several(const struct archive_once *once, uint32_t place)
{
	const struct part *part = &once->parts[place];

	return part->same == place && (part->holders & (part->holders - 1));
}

static bool may_be_renamed(const struct archive_once *once)
{
	unsigned alone = 0;

	for (unsigned i = 0; i < ARCHIVE_ONCE_MAX; i++) {
		alone += once->packets[i] > 0 && once->shared[i] == 0;
	}
	return alone > 1; /* the first one shares nothing with an earlier one */
}

/* Handshakes that several archives saw tell how far their clocks are apart. */
static void compare_clocks(struct archive_once *once)
{
	for (uint32_t i = 0; i < once->count; i++) {
		const struct part *part = &once->parts[i];
		if (is_of_several(once, i) && part->is_opening) {
			archive_sights_compare_clocks(&once->sights, &part->sights, &once->skew);
		}
	}
	archive_skew_settle(&once->skew);
}

/* All archives are looked through: which records are one, who tells them and what it lacks. */
static int settle(struct archive_once *once, struct err *err)
{
	if (archive_join_parts(once->parts, once->count, may_be_renamed(once), &once->sights) < 0) {
		return err_set(err, ENOMEM, "out of memory");
	}
	compare_clocks(once);
	for (uint32_t i = 0; i < once->count; i++) {
		struct part *part = &once->parts[i];
		settle_tie(once, part);
		if (is_of_several(once, i)) {
			part->lacks = archive_halves_lack(&once->halves, &once->sights, &once->skew,
				&part->sights, part->archive);
		}
		if (part->is_renamed) {
			once->renamed[part->latest]++;
			once->renamed_by[part->latest] = part->renamed_by;
		}
	}
	return 0;
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
		apart->seconds[apart->count++] =
			(int64_t)second(part->first_ns) - second(earlier->first_ns);
	}
}

static bool learn(struct archive_once *once, struct part *part)
{
	uint32_t near, elsewhere, place = find(once, part, &near, &elsewhere);

	once->shared[part->archive] += place != HASH_TABLE_NONE || near != HASH_TABLE_NONE;
	if (place != HASH_TABLE_NONE) {
		archive_join_merge(&once->parts[place], part, &once->sights);
		return true;
	}
	if (near == HASH_TABLE_NONE && elsewhere != HASH_TABLE_NONE) {
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
		archive_put_stand_in(&rows[i]);
		const uint64_t *packets = once->is_whole ? flow->total_packets : flow->packets;
		struct part part = part_of(once, looking->archive, &rows[i].record);
		part.ends = ends_of(flow);
		part.has_both_ends = archive_addr_is_kept(&flow->source) &&
				     archive_addr_is_kept(&flow->destination);
		part.sights = archive_sights_note(
			&once->sights, looking->archive, once->is_whole, &rows[i]);
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
	static const char *const paths[] = { "source.ip", "destination.ip", "network.type",
		"borderflow.app.confidence", "borderflow.app.evidence", "borderflow.app.hides",
		"borderflow.inferred", "borderflow.block", "borderflow.policy.action" };
	struct archive_selection selection = { 0 };

	archive_sights_ask(&selection.fields);
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
	status = status < 0 ? status : settle(opened, err);
	if (status < 0) {
		archive_once_close(opened);
		return status;
	}
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
	archive_halves_deinit(&once->halves);
	archive_skew_deinit(&once->skew);
	archive_sights_deinit(&once->sights);
	archive_judged_deinit(&once->judged);
	free(once->parts);
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
		archive_sights_ask(fields);
	}
}

struct looked_up {
	const struct archive_once *once;
	const struct flow_record *flow;
	unsigned archive;
};

/* Where a flow has records without end, as one that is begun again and again, its slot tells. */
static bool is_of_part(const void *parts, uint32_t place, const void *key)
{
	const struct looked_up *wanted = key;
	const struct archive_once *once = wanted->once;
	const struct part *part = (const struct part *)parts + place;

	if (part->flow_id != wanted->flow->flow_id) {
		return false;
	}
	const struct sights *sights = &once->parts[archive_join_root(once->parts, place)].sights;
	return sights->count <= SIGHTS_MOST &&
	       archive_sights_hold(&once->sights, sights, wanted->archive, wanted->flow->start_ns);
}

/* Of the part that a record was put to; of one that came meanwhile, of what it would have been. */
static uint32_t place_of(
	const struct archive_once *once, unsigned archive, const struct record *record)
{
	const struct looked_up wanted = { once, &record->flow, archive };
	uint32_t near, elsewhere,
		place = hash_table_find(
			&once->by_flow, record->flow.flow_id, is_of_part, once->parts, &wanted);

	if (place != HASH_TABLE_NONE) {
		return place;
	}
	const struct part found = part_of(once, archive, record);
	place = find(once, &found, &near, &elsewhere);
	return place == HASH_TABLE_NONE ? near : place;
}

bool archive_once_tells(struct archive_once *once, unsigned archive, struct archived *archived)
{
	if (!once) {
		return true;
	}
	uint32_t place = place_of(once, archive, &archived->record);
	if (place == HASH_TABLE_NONE) { /* it came meanwhile */
		struct part found = part_of(once, archive, &archived->record);
		append(once, &found);
		return true;
	}
	const struct part *part = &once->parts[place];
	const struct part *joined = &once->parts[archive_join_root(once->parts, place)];
	if (joined->archive != archive) {
		return false;
	}
	archive_halves_complete(
		&once->halves, &once->sights, &joined->lacks, once->is_whole, archived);
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
		agree += llabs(of->seconds[i] - median) <= JOIN_BEGAN_S;
	}
	*apart = (struct archive_apart){ of->other, of->flows, median };
	return agree >= APART_LEAST && 2 * agree >= of->count && llabs(median) > JOIN_NEAR_S;
}
