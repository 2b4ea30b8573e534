/* Flow records as ndjson in ECS 8: one object a line (record_json.h). */
#include <errno.h>
#include <stdlib.h>

#include "analyzer/store/out_file.h"
#include "analyzer/store/record_json.h"
#include "analyzer/store/sinks.h"
#include "analyzer/store/words.h"

struct sink {
	struct sink_options options;
	struct out_file file;
	struct json_plan *plan;
	struct text text; /* gathered, not yet written */
};

static int ndjson_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	struct sink *opened = calloc(1, sizeof(*opened));
	struct json_plan *plan = json_plan_create();
	int status = -ENOMEM;

	if (!opened || !plan) {
		err_set(err, ENOMEM, "%s: out of memory", options->target);
	} else {
		status = out_file_open(&opened->file, options->target, err);
	}
	if (status < 0) {
		json_plan_destroy(plan);
		free(opened);
		return status;
	}
	opened->options = *options;
	opened->plan = plan;
	text_init_heap(&opened->text);
	*sink = opened;
	return 0;
}

static int write_out(struct sink *sink, struct err *err)
{
	int status = out_file_write(&sink->file, sink->text.at, sink->text.length, err);

	text_clear(&sink->text);
	return status;
}

static int ndjson_write(
	struct sink *sink, const struct record *records, size_t count, struct err *err)
{
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		struct words words;
		struct field_view view = { &records[i], &words, sink->options.with_parts };

		if (!sink_wants(&sink->options, &records[i])) {
			continue;
		}
		words_of_record(&words, sink->options.lexicon, &records[i]);
		record_json_put(sink->plan, &sink->text, &view);
		text_put_char(&sink->text, '\n');
		if (sink->text.truncated) {
			return err_set(err, ENOMEM, "%s: out of memory", sink->options.target);
		}
		if (sink->text.length >= OUT_FILE_BUFFER_BYTES) {
			status = write_out(sink, err);
		}
	}
	return status;
}

static int ndjson_flush(struct sink *sink, uint64_t now_ns, struct err *err)
{
	(void)now_ns;
	return write_out(sink, err);
}

static int ndjson_close(struct sink *sink, struct err *err)
{
	int status = write_out(sink, err);
	int closed = out_file_close(&sink->file, status < 0 ? NULL : err);

	json_plan_destroy(sink->plan);
	text_deinit(&sink->text);
	free(sink);
	return status < 0 ? status : closed;
}

const struct sink_ops sink_ndjson = {
	.name = "ndjson",
	.extension = ".ndjson",
	.open = ndjson_open,
	.write = ndjson_write,
	.flush = ndjson_flush,
	.close = ndjson_close,
};
