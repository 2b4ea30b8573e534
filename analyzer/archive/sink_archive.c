/* Flow records, always in parts, to the archive (archive.h). The target is its folder. */
#include <errno.h>
#include <stdlib.h>

#include "analyzer/archive/archive.h"
#include "analyzer/output/sinks.h"
#include "base/clock.h"

/* What has been gathered is written at the latest after this long, so that little is lost with a
 * sensor's power. */
#define FLUSH_NS (60 * NS_PER_S)

struct sink {
	struct archive_writer *writer;
	uint64_t version; /* of the reference data that labels were last made of */
	uint64_t flushed_ns;
};

static int archive_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	struct sink *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", options->target);
	}
	int status =
		archive_writer_open(&opened->writer, options->target, options->with_threads, err);
	if (status < 0) {
		free(opened);
		return status;
	}
	*sink = opened;
	return 0;
}

/* Records are encoded at once, so none of them is held; but with other reference data other labels
 * may come to stand where the old ones stood. */
static int archive_write(struct sink *sink, const struct reference *reference,
	const struct record *records, size_t count, struct err *err)
{
	int status = 0;

	if (reference->version != sink->version) {
		archive_writer_forget(sink->writer);
		sink->version = reference->version;
	}

	for (size_t i = 0; i < count && status == 0; i++) {
		struct record_labels labels;

		record_labels_of(&labels, reference, &records[i]);
		status = archive_writer_put(sink->writer, &records[i], &labels, err);
	}
	return status;
}

static int archive_flush(struct sink *sink, const struct reference *reference, uint64_t now_ns,
	struct err *err)
{
	(void)reference;
	if (now_ns - sink->flushed_ns < FLUSH_NS) {
		return 0;
	}
	sink->flushed_ns = now_ns;
	return archive_writer_flush(sink->writer, err);
}

static int archive_close(struct sink *sink, struct err *err)
{
	int status = archive_writer_close(sink->writer, err);

	free(sink);
	return status;
}

const struct sink_ops sink_archive = {
	.name = "archive",
	.open = archive_open,
	.write = archive_write,
	.flush = archive_flush,
	.close = archive_close,
};
