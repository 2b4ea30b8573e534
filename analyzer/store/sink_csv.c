/* Flow records as CSV: one row a record, below a row of names (record_csv.h). */
#include <errno.h>
#include <stdlib.h>

#include "analyzer/store/out_file.h"
#include "analyzer/store/record_csv.h"
#include "analyzer/store/sinks.h"
#include "analyzer/store/words.h"

struct sink {
	struct sink_options options;
	struct out_file file;
	struct text text; /* gathered, not yet written */
};

static int csv_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	struct sink *opened = calloc(1, sizeof(*opened));
	int status;

	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", options->target);
	}
	status = out_file_open(&opened->file, options->target, err);
	if (status < 0) {
		free(opened);
		return status;
	}
	opened->options = *options;
	text_init_heap(&opened->text);
	record_csv_put_header(&opened->text);
	*sink = opened;
	return 0;
}

static int write_out(struct sink *sink, struct err *err)
{
	int status = out_file_write(&sink->file, sink->text.at, sink->text.length, err);

	text_clear(&sink->text);
	return status;
}

static int csv_write(struct sink *sink, const struct record *records, size_t count, struct err *err)
{
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		struct words words;
		struct field_view view = { &records[i], &words, sink->options.with_parts };

		if (!sink_wants(&sink->options, &records[i])) {
			continue;
		}
		words_of_record(&words, sink->options.lexicon, &records[i]);
		record_csv_put(&sink->text, &view);
		if (sink->text.truncated) {
			return err_set(err, ENOMEM, "%s: out of memory", sink->options.target);
		}
		if (sink->text.length >= OUT_FILE_BUFFER_BYTES) {
			status = write_out(sink, err);
		}
	}
	return status;
}

static int csv_flush(struct sink *sink, uint64_t now_ns, struct err *err)
{
	(void)now_ns;
	return write_out(sink, err);
}

static int csv_close(struct sink *sink, struct err *err)
{
	int status = write_out(sink, err);
	int closed = out_file_close(&sink->file, status < 0 ? NULL : err);

	text_deinit(&sink->text);
	free(sink);
	return status < 0 ? status : closed;
}

const struct sink_ops sink_csv = {
	.name = "csv",
	.extension = ".csv",
	.open = csv_open,
	.write = csv_write,
	.flush = csv_flush,
	.close = csv_close,
};
