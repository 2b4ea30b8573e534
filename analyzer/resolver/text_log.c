#include "analyzer/resolver/text_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/resolver/log_file.h"

struct text_log {
	struct flow_source source;
	struct log_file *file;
	struct text_reader reader;
};

static const struct text_log_format *const formats[] = { &text_log_zeek, &text_log_dnsmasq,
	&text_log_unbound };

enum { FORMAT_COUNT = sizeof(formats) / sizeof(formats[0]) };

const struct text_log_format *text_log_named(const char *target, const char **path)
{
	for (unsigned i = 0; i < FORMAT_COUNT; i++) {
		size_t length = strlen(formats[i]->name);
		if (strncmp(target, formats[i]->name, length) == 0 && target[length] == ':') {
			*path = target + length + 1;
			return formats[i];
		}
	}
	return NULL;
}

const struct text_log_format *text_log_of_line(const char *line)
{
	unsigned i = 0;

	while (i < FORMAT_COUNT && !formats[i]->tells(line)) {
		i++;
	}
	return i < FORMAT_COUNT ? formats[i] : NULL;
}

int text_reader_init(struct text_reader *reader, const struct text_log_format *format,
	uint64_t changed_ns, struct err *err)
{
	reader->format = format;
	reader->state = calloc(1, format->state_bytes);
	return reader->state ? log_clock_open(&reader->clock, changed_ns, err)
			     : err_set(err, ENOMEM, "out of memory");
}

void text_reader_deinit(struct text_reader *reader)
{
	log_clock_close(&reader->clock);
	free(reader->state);
}

void text_reader_take(struct text_reader *reader, const char *line, struct flow_source_batch *batch)
{
	unsigned before = batch->name_count;
	enum log_line what = reader->format->read(reader->state, line, &reader->clock, batch);

	reader->stats.messages += what != LOG_LINE_OTHER;
	reader->stats.malformed += what == LOG_LINE_MALFORMED;
	reader->stats.names += batch->name_count - before;
}

static void close_log(struct flow_source *source)
{
	struct text_log *log = (struct text_log *)source;

	if (log) {
		log_file_close(log->file);
		text_reader_deinit(&log->reader);
		free(log);
	}
}

static int next(struct flow_source *source, struct flow_source_batch *batch, struct err *err)
{
	struct text_log *log = (struct text_log *)source;
	char *line;

	batch->record_count = batch->name_count = 0;
	while (text_log_has_room(batch)) {
		int status = log_file_line(log->file, &line, err);
		if (status < 0) {
			return status;
		}
		if (!line) {
			return batch->name_count > 0 ? FLOW_SOURCE_MORE : FLOW_SOURCE_ENDED;
		}
		text_reader_take(&log->reader, line, batch);
	}
	return FLOW_SOURCE_MORE;
}

static void read_stats(const struct flow_source *source, struct flow_source_stats *stats)
{
	*stats = ((const struct text_log *)source)->reader.stats;
}

static const struct flow_source_ops text_log_ops = { "resolver-log", NULL, next, read_stats,
	close_log };

int text_log_open(struct flow_source **source, const struct text_log_format *format,
	const char *path, struct err *err)
{
	struct text_log *log = calloc(1, sizeof(*log));

	if (!log) {
		return err_set(err, ENOMEM, "out of memory");
	}
	log->source.ops = &text_log_ops;
	int status = log_file_open(&log->file, path, err);
	if (status == 0) {
		status =
			text_reader_init(&log->reader, format, log_file_changed_ns(log->file), err);
	}
	if (status < 0) {
		close_log(&log->source);
		return status;
	}
	*source = &log->source;
	return 0;
}
