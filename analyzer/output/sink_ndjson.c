/* Flow records as ndjson in ECS 8: one object a line (record_json.h). */
#include "analyzer/output/file_sink.h"
#include "analyzer/format/record_json.h"

static bool make_plan(struct sink *sink)
{
	sink->plan = json_plan_create();
	return sink->plan &&
	       json_plan_set_origin(sink->plan, sink->options.organization, sink->options.observer);
}

static void put_line(struct sink *sink, const struct field_view *view)
{
	record_json_put(sink->plan, &sink->text, view);
	text_put_char(&sink->text, '\n');
}

static void free_plan(struct sink *sink)
{
	json_plan_destroy(sink->plan);
}

static const struct file_form ndjson_form = {
	.begin = make_plan,
	.put = put_line,
	.end = free_plan,
};

static int ndjson_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	return file_sink_open(sink, options, &ndjson_form, err);
}

const struct sink_ops sink_ndjson = {
	.name = "ndjson",
	.extension = ".ndjson",
	.open = ndjson_open,
	.write = file_sink_write,
	.flush = file_sink_flush,
	.lost = file_sink_lost,
	.close = file_sink_close,
};
