#include "analyzer/archive/archive_judged.h"

#include <errno.h>
#include <stdlib.h>

#include "analyzer/archive/archive_once.h"
#include "analyzer/archive/archive_reader.h"
#include "analyzer/policy/decider.h"
#include "base/quick_hash.h"

enum {
	LEAST = 64,
	RELEASE_BATCH = 32,
	/* No page of a firewall is so large, headers included, and no handshake (block.h). */
	ANSWER_LEAST = 60000
};

struct judged_row {
	uint64_t flow_id, start_ns;
	uint16_t rule;
	uint8_t verdict, block;
	bool embedded;
	bool is_decided;
};

/* Archives under way. */
struct judging {
	struct archive_judged *judged;
	struct archive_once *once;
	unsigned place;
	const struct reference *reference;
	struct decider *decider;
	struct record *records; /* one to decide, then those that waited */
};

void archive_judged_deinit(struct archive_judged *judged)
{
	hash_table_deinit(&judged->table);
	free(judged->rows);
	*judged = (struct archive_judged){ .rows = NULL };
}

static bool is_row(const void *rows, uint32_t place, const void *key)
{
	const struct judged_row *row = (const struct judged_row *)rows + place;
	const struct flow_record *flow = key;

	return row->flow_id == flow->flow_id && row->start_ns == flow->start_ns;
}

static struct judged_row *find(const struct archive_judged *judged, const struct flow_record *flow)
{
	uint32_t place = hash_table_find(&judged->table, quick_hash(flow->flow_id, flow->start_ns),
		is_row, judged->rows, flow);

	return place == HASH_TABLE_NONE ? NULL : &judged->rows[place];
}

/* Without memory it stays as the sensors said. */
static void expect(struct archive_judged *judged, const struct record *record)
{
	const struct flow_record *flow = &record->flow;

	if (judged->count == judged->capacity) {
		uint32_t capacity = judged->capacity ? 2 * judged->capacity : LEAST;
		struct judged_row *rows = realloc(judged->rows, capacity * sizeof(*rows));
		if (!rows) {
			return;
		}
		judged->rows = rows;
		judged->capacity = capacity;
	}
	if (hash_table_put(
		    &judged->table, quick_hash(flow->flow_id, flow->start_ns), judged->count)) {
		judged->rows[judged->count++] = (struct judged_row){ .flow_id = flow->flow_id,
			.start_ns = flow->start_ns,
			.rule = record->decision.rule };
	}
}

static void note(struct archive_judged *judged, const struct record *record)
{
	const struct decision *decision = &record->decision;
	struct judged_row *row = find(judged, &record->flow);

	if (row && decision->action == POLICY_ACTION_DENY && decision->rule == row->rule) {
		row->verdict = decision->verdict;
		row->block = decision->block;
		row->embedded = record->verdict.embedded;
		row->is_decided = true;
	}
}

void archive_judged_note_answer(struct record *record)
{
	unsigned service = record->own_side == RECORD_SOURCE ? 1 : 0;
	uint8_t *exchange = &record->l7.exchange;

	if (*exchange <= L7_EXCHANGE_NONE && record->flow.total_bytes[service] >= ANSWER_LEAST) {
		*exchange = L7_EXCHANGE_MORE;
	}
}

/* The decider is told everything, so that it knows what was used and what stood in a page. */
static void take(struct judging *judging, struct archived *archived)
{
	struct record *record = &archived->record, *copy = judging->records;
	uint8_t seen = record->seen;

	if (!archive_once_tells(judging->once, judging->place, archived)) {
		return;
	}
	record_copy(copy, record);
	bool is_joined = seen != record->seen, is_half = record->seen != RECORD_SEEN_BOTH;
	if (is_joined) {
		archive_judged_note_answer(copy);
	}
	if ((is_joined || is_half) && record->decision.action == POLICY_ACTION_DENY &&
		record->decision.block == BLOCK_NONE) {
		expect(judging->judged, record);
	}
	copy->decision = (struct decision){ .unit = record->decision.unit,
		.class_ = record->decision.class_ };
	if (decider_take(judging->decider, judging->reference, copy)) {
		note(judging->judged, copy);
	}
}

static void take_records(void *context, struct archived *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		take(context, &rows[i]);
	}
}

static int read_archives(struct judging *judging, const char *const *folders, unsigned count,
	const struct archive_options *period, struct err *err)
{
	struct archive_options options = {
		.from_ns = period->from_ns, .to_ns = period->to_ns, .whole = period->whole
	};
	struct archive_stats stats;
	int status = 0;
	size_t released;

	for (; judging->place < count && status == 0; judging->place++) {
		options.folder = folders[judging->place];
		status = archive_each_record(&options, take_records, judging, &stats, err);
	}
	while ((released = decider_release(judging->decider, judging->reference, true,
			judging->records, RELEASE_BATCH)) > 0) {
		for (size_t i = 0; i < released; i++) {
			note(judging->judged, &judging->records[i]);
		}
	}
	return status;
}

int archive_judged_read(struct archive_judged *judged, struct archive_once *once,
	const char *const *folders, unsigned count, const struct archive_options *period,
	const struct reference *reference, struct err *err)
{
	struct judging judging = { .judged = judged,
		.once = once,
		.reference = reference,
		.decider = decider_create(),
		.records = aligned_alloc(
			_Alignof(struct record), RELEASE_BATCH * sizeof(struct record)) };
	int status = judging.decider && judging.records ? 0 : err_set(err, ENOMEM, "out of memory");

	if (status == 0) {
		decider_wait_for_all(judging.decider);
		status = read_archives(&judging, folders, count, period, err);
	}
	decider_destroy(judging.decider);
	free(judging.records);
	return status;
}

void archive_judged_put(const struct archive_judged *judged, struct record *record)
{
	const struct judged_row *row = judged->count > 0 ? find(judged, &record->flow) : NULL;

	if (row && row->is_decided && record->decision.rule == row->rule) {
		record->decision.verdict = row->verdict;
		record->decision.block = row->block;
		record->verdict.embedded = row->embedded;
	}
}
