#include "dashboards/cli/past_records.h"

#include <errno.h>

#include "analyzer/archive/archive_judged.h"
#include "analyzer/archive/archive_once.h"
#include "analyzer/archive/archive_reader.h"
#include "analyzer/engine/engine.h"
#include "base/clock.h"
#include "base/hash.h"
#include "dashboards/cli/flow_options.h"

enum { FLOW_LIMIT = 4000000 };

/* Archives under way. */
struct reading {
	const struct past_records *past;
	struct archive_once *once;
	unsigned place;
};

static void take_records(void *context, struct archived *rows, size_t count)
{
	const struct reading *reading = context;
	const struct past_records *past = reading->past;

	for (size_t i = 0; i < count; i++) {
		const char *pseudonym = rows[i].labels.device;
		struct record *record = &rows[i].record;
		uint8_t seen = record->seen;
		if (!archive_once_tells(reading->once, reading->place, &rows[i])) {
			continue;
		}
		if (seen != record->seen) {
			archive_judged_note_answer(record);
		}
		past->take(past->context, record, pseudonym[0] ? pseudonym : NULL);
	}
}

static int read_archives(const struct past_records *past, struct err *err)
{
	const struct option_list *archives = past->archives;
	struct archive_options options = { .from_ns = past->from_ns,
		.to_ns = past->to_ns,
		.problem = past->problem,
		.problem_context = past->context };
	struct reading reading = { .past = past };
	struct archive_stats stats;
	int status =
		archive_once_open(&reading.once, archives->items, archives->count, &options, err);

	if (status == 0 && past->reference->policy) {
		status = archive_once_judge(reading.once, archives->items, archives->count,
			&options, past->reference, err);
	}
	for (; reading.place < archives->count && status == 0; reading.place++) {
		options.folder = archives->items[reading.place];
		status = archive_each_record(&options, take_records, &reading, &stats, err);
	}
	archive_once_close(reading.once);
	return status;
}

/* The end of the engine that hands records to the taker. */
static int taker_write(struct sink *sink, const struct reference *reference,
	const struct record *records, size_t count, struct err *err)
{
	const struct past_records *past = (const void *)sink;

	(void)reference;
	(void)err;
	for (size_t i = 0; i < count; i++) {
		past->take(past->context, &records[i], NULL);
	}
	return 0;
}

static int taker_close(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static int read_files(const struct past_records *past, struct err *err)
{
	static const struct sink_ops taker = {
		.name = "taker", .write = taker_write, .close = taker_close
	};
	const struct flow_options flow = { .flow_limit = FLOW_LIMIT,
		.idle_tcp_ns = 300 * NS_PER_S,
		.idle_other_ns = 120 * NS_PER_S };
	const struct flow_keys keys = { .now = hash_key_fixed("borderflow flow id") };
	struct engine_input input = { 0 };

	for (unsigned i = 0; i < past->file_count; i++) {
		cli_say_pipe(past->command, past->files[i], true);
	}
	if (source_open_files(&input.source, (const char *const *)past->files, past->file_count,
		    &(struct source_options){ 0 }, err) < 0) {
		return -EBADMSG;
	}
	const struct engine_options options = { .inputs = &input,
		.input_count = 1,
		.collector = flow_options_collector(&flow, &keys),
		.reference = past->reference,
		.holds_hidden = true };
	struct engine *engine = engine_create(&options, err);
	if (engine) {
		engine_add_sink(engine, &taker, (struct sink *)(uintptr_t)past);
		if (engine_run(engine, err) < 0) {
			past->problem(past->context, err->text);
		}
	}
	engine_destroy(engine);
	source_close(input.source);
	return engine ? 0 : -EINVAL;
}

int past_records_read(const struct past_records *past, struct err *err)
{
	int status = read_archives(past, err);

	if (status == 0 && past->file_count > 0) {
		status = read_files(past, err);
	}
	return status;
}
