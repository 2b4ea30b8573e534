#include "analyzer/view/view_sink.h"

#include <errno.h>

#include "analyzer/view/view.h"

struct sink *view_sink(struct view_sink *sink)
{
	return (struct sink *)sink;
}

static int take_cells(struct sink *sink, const struct reference *reference,
	const struct cell *cells, size_t count, struct err *err)
{
	(void)reference, (void)err;
	view_take(((struct view_sink *)sink)->view, cells, count);
	return 0;
}

static int refuse_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	(void)sink, (void)options;
	return err_set(err, ENOTSUP, "a view is opened by view_open_analysis()");
}

static int leave_open(struct sink *sink, struct err *err)
{
	(void)sink, (void)err;
	return 0;
}

const struct sink_ops view_sink_ops = {
	.name = "view",
	.open = refuse_open,
	.write_cells = take_cells,
	.close = leave_open,
};
