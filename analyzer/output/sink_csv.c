/* Flow records as CSV: one row a record, below a row of names (record_csv.h). */
#include "analyzer/output/file_sink.h"
#include "analyzer/format/record_csv.h"

static bool put_names(struct sink *sink)
{
	record_csv_put_header(&sink->text);
	return true;
}

static void put_row(struct sink *sink, const struct field_view *view)
{
	record_csv_put(&sink->text, view);
}

static const struct file_form csv_form = {
	.begin = put_names,
	.put = put_row,
};

static int csv_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	return file_sink_open(sink, options, &csv_form, err);
}

const struct sink_ops sink_csv = {
	.name = "csv",
	.extension = ".csv",
	.open = csv_open,
	.write = file_sink_write,
	.flush = file_sink_flush,
	.lost = file_sink_lost,
	.close = file_sink_close,
};
