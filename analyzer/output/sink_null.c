/* Takes records and forgets them: to measure what everything before a sink costs. */
#include <stddef.h>

#include "analyzer/output/sinks.h"

static int null_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	(void)options;
	(void)err;
	*sink = NULL;
	return 0;
}

static int null_write(struct sink *sink, const struct reference *reference,
	const struct record *records, size_t count, struct err *err)
{
	(void)sink;
	(void)reference;
	(void)records;
	(void)count;
	(void)err;
	return 0;
}

static int null_close(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

const struct sink_ops sink_null = {
	.name = "null",
	.open = null_open,
	.write = null_write,
	.close = null_close,
};
