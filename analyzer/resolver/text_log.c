#include "analyzer/resolver/text_log.h"

#include <errno.h>
#include <stdlib.h>

#include "analyzer/resolver/log_file.h"

struct text_log {
	struct flow_source source;
	const struct text_log_format *format;
	struct log_file *file;
	struct log_clock clock;
	struct flow_source_stats stats;
	void *state;
};

int text_log_open(struct flow_source **source, const struct flow_source_ops *ops,
	const struct text_log_format *format, const char *path, struct err *err)
{
	struct text_log *log = calloc(1, sizeof(*log));

	if (!log) {
		return err_set(err, ENOMEM, "out of memory");
	}
	log->source.ops = ops;
	log->format = format;
	log->state = calloc(1, format->state_bytes);
	int status = log->state ? log_file_open(&log->file, path, err)
				: err_set(err, ENOMEM, "out of memory");
	if (status == 0) {
		status = log_clock_open(&log->clock, log_file_changed_ns(log->file), err);
	}
	if (status < 0) {
		text_log_close(&log->source);
		return status;
	}
	*source = &log->source;
	return 0;
}

int text_log_next(struct flow_source *source, struct flow_source_batch *batch, struct err *err)
{
	struct text_log *log = (struct text_log *)source;
	char *line;

	batch->record_count = batch->name_count = 0;
	while (batch->name_count + LOG_NAMES_A_LINE <= FLOW_SOURCE_BATCH_MAX) {
		int status = log_file_line(log->file, &line, err);
		if (status < 0) {
			return status;
		}
		if (!line) {
			return batch->name_count > 0 ? FLOW_SOURCE_MORE : FLOW_SOURCE_ENDED;
		}
		unsigned before = batch->name_count;
		enum log_line what = log->format->read(log->state, line, &log->clock, batch);
		log->stats.messages += what != LOG_LINE_OTHER;
		log->stats.malformed += what == LOG_LINE_MALFORMED;
		log->stats.names += batch->name_count - before;
	}
	return FLOW_SOURCE_MORE;
}

void text_log_read_stats(const struct flow_source *source, struct flow_source_stats *stats)
{
	*stats = ((const struct text_log *)source)->stats;
}

void text_log_close(struct flow_source *source)
{
	struct text_log *log = (struct text_log *)source;

	if (log) {
		log_file_close(log->file);
		log_clock_close(&log->clock);
		free(log->state);
		free(log);
	}
}
