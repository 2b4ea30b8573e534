#include "analyzer/engine/sink_set.h"

void sink_set_add(struct sink_set *set, const struct sink_ops *ops, struct sink *sink)
{
	if (set->count == SINK_SET_MAX) {
		ops->close(sink, NULL);
		return;
	}
	set->items[set->count++] =
		(struct open_sink){ .ops = ops, .sink = sink, .state = { .name = ops->name } };
}

void sink_set_write(struct sink_set *set, const struct reference *reference,
	const struct record *records, size_t count)
{
	for (unsigned i = 0; i < set->count; i++) {
		struct open_sink *open = &set->items[i];
		struct err err;

		if (!open->ops->write) {
			continue;
		}
		if (open->state.is_failing) {
			open->passed_over += count;
			open->state.lost += count;
			continue;
		}
		int status = open->ops->write(open->sink, reference, records, count, &err);
		if (status < 0) { /* of files there is no flush, and no time but theirs */
			output_failed(&open->state, status, &err,
				set->now_ns ? set->now_ns : records[0].flow.start_ns);
		}
	}
}

void sink_set_write_cells(struct sink_set *set, const struct reference *reference,
	const struct cell *cells, size_t count, bool is_elsewhere)
{
	for (unsigned i = 0; i < set->count && count > 0; i++) {
		struct open_sink *open = &set->items[i];
		struct err err;
		int status =
			open->state.is_failing || !open->ops->write_cells ||
					(is_elsewhere && open->ops->joins_sensors)
				? 0
				: open->ops->write_cells(open->sink, reference, cells, count, &err);
		if (status < 0) {
			output_failed(&open->state, status, &err, set->now_ns);
		}
	}
}

/* What the sink itself could not keep joins what it was not given. */
static void count_own_losses(struct open_sink *open)
{
	uint64_t own = open->ops->lost ? open->ops->lost(open->sink) : 0;

	open->passed_over += own - open->own_losses;
	open->state.lost += own - open->own_losses;
	open->own_losses = own;
}

static struct sink_gap gap_of(const struct open_sink *open, uint64_t now_ns)
{
	return (struct sink_gap){ .first_ns = open->state.failed_ns,
		.last_ns = now_ns,
		.records = open->passed_over,
		.reason = open->state.reason.text };
}

static int note_gap(struct open_sink *open, const struct sink_gap *gap, struct err *err)
{
	return gap->records > 0 && open->ops->note_gap ? open->ops->note_gap(open->sink, gap, err)
						       : 0;
}

/* It works again: what is missing in it is noted there and told. */
static int recover(struct open_sink *open, uint64_t now_ns, sink_set_recovery *tell, void *context,
	struct err *err)
{
	const struct sink_gap gap = gap_of(open, now_ns);
	int status = note_gap(open, &gap, err);

	if (status == 0) {
		output_succeeded(&open->state);
		if (gap.records > 0 && tell) {
			tell(context, &open->state, &gap);
		}
		open->passed_over = 0;
	}
	return status;
}

/* flushed_ns: what the sink is told; now_ns: until when what is missing in it is. */
static void flush(struct open_sink *open, const struct reference *reference, uint64_t flushed_ns,
	uint64_t now_ns, sink_set_recovery *tell, void *context)
{
	struct err err;
	int status = 0;

	if (open->ops->flush) {
		status = open->ops->flush(open->sink, reference, flushed_ns, &err);
	}
	count_own_losses(open);
	if (status == 0 && open->state.is_failing) {
		status = recover(open, now_ns, tell, context, &err);
	}
	if (status < 0) {
		output_failed(&open->state, status, &err, flushed_ns);
	}
}

void sink_set_flush(struct sink_set *set, const struct reference *reference, uint64_t now_ns,
	sink_set_recovery *tell, void *context)
{
	set->now_ns = now_ns;
	for (unsigned i = 0; i < set->count; i++) {
		if (output_is_due(&set->items[i].state, now_ns)) {
			flush(&set->items[i], reference, now_ns, now_ns, tell, context);
		}
	}
}

/* Its last try; one that fails still hears what is missing in it all the same. */
static void try_last(struct open_sink *open, const struct reference *reference, uint64_t flushed_ns,
	uint64_t end_ns, sink_set_recovery *tell, void *context)
{
	struct err err;

	count_own_losses(open);
	open->ended_short = open->passed_over > 0;
	flush(open, reference, flushed_ns, end_ns, tell, context);
	if (open->state.is_failing) {
		const struct sink_gap gap = gap_of(open, end_ns);
		note_gap(open, &gap, &err);
	}
}

void sink_set_close(struct sink_set *set, const struct reference *reference, uint64_t end_ns,
	sink_set_recovery *tell, void *context)
{
	uint64_t until_ns = end_ns > set->now_ns ? end_ns : set->now_ns;

	for (unsigned i = 0; i < set->count; i++) {
		struct open_sink *open = &set->items[i];
		struct err err;

		if (!open->sink) {
			continue;
		}
		if (open->state.is_failing) {
			try_last(open, reference, set->now_ns, until_ns, tell, context);
		}
		int status = open->ops->close(open->sink, &err);
		open->sink = NULL;
		if (status < 0) {
			output_failed(&open->state, status, &err, set->now_ns);
		}
	}
}
