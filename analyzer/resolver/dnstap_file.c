/* dnstap in a file, as fstrm_capture and "dnstap -w" write it. */
#include <errno.h>
#include <stdlib.h>

#include "analyzer/resolver/dnstap.h"
#include "analyzer/resolver/frame_stream.h"
#include "analyzer/resolver/log_file.h"
#include "analyzer/resolver/resolver_log.h"

struct dnstap_file {
	struct flow_source source;
	struct log_file *file;
	struct flow_source_stats stats;
	uint64_t offset; /* of the bytes that are held */
	size_t at, count;
	uint8_t bytes[FRAME_BYTES_MAX + 16];
};

static void close_file(struct flow_source *source)
{
	struct dnstap_file *tap = (struct dnstap_file *)source;

	if (tap) {
		log_file_close(tap->file);
		free(tap);
	}
}

static int open_file(struct flow_source **source, const char *target, struct err *err)
{
	struct dnstap_file *tap = calloc(1, sizeof(*tap));

	if (!tap) {
		return err_set(err, ENOMEM, "out of memory");
	}
	tap->source.ops = &flow_source_dnstap;
	int status = log_file_open(&tap->file, target, err);
	if (status < 0) {
		close_file(&tap->source);
		return status;
	}
	*source = &tap->source;
	return 0;
}

/* Moves what is left to the front and reads more; *got 0 at the end. */
static int read_more(struct dnstap_file *tap, size_t *got, struct err *err)
{
	memmove(tap->bytes, tap->bytes + tap->at, tap->count - tap->at);
	tap->offset += tap->at;
	tap->count -= tap->at;
	tap->at = 0;
	int status = log_file_read(
		tap->file, tap->bytes + tap->count, sizeof(tap->bytes) - tap->count, got, err);
	tap->count += *got;
	return status;
}

static int refuse(const struct dnstap_file *tap, const char *why, struct err *err)
{
	return err_set(err, EBADMSG, "%s: offset %llu: %s", log_file_path(tap->file),
		(unsigned long long)(tap->offset + tap->at), why);
}

/* The next frame of data; *kind is FRAME_STOP at the end. */
static int next_frame(
	struct dnstap_file *tap, enum frame_kind *kind, struct reader *data, struct err *err)
{
	for (;;) {
		struct reader in = reader_over(tap->bytes + tap->at, tap->count - tap->at);
		size_t got = 0;
		*kind = frame_stream_next(&in, data);
		if (*kind == FRAME_MALFORMED) {
			return refuse(tap, "no frame of a frame stream", err);
		}
		if (*kind == FRAME_FOREIGN) {
			return refuse(tap, "a frame stream of something other than dnstap", err);
		}
		if (*kind != FRAME_NEEDS_MORE) {
			tap->at = (size_t)(in.at - tap->bytes);
			if (*kind == FRAME_DATA) {
				return 0;
			}
			continue; /* files may stand one behind the other */
		}
		int status = read_more(tap, &got, err);
		if (status < 0) {
			return status;
		}
		if (got == 0) {
			*kind = FRAME_STOP;
			return tap->count > 0 ? refuse(tap, "cut short within a frame", err) : 0;
		}
	}
}

static int next(struct flow_source *source, struct flow_source_batch *batch, struct err *err)
{
	struct dnstap_file *tap = (struct dnstap_file *)source;
	enum frame_kind kind;
	struct reader data;

	batch->record_count = batch->name_count = 0;
	while (batch->name_count + DNSTAP_NAMES_MAX <= FLOW_SOURCE_BATCH_MAX) {
		int status = next_frame(tap, &kind, &data, err);
		if (status < 0) {
			return status;
		}
		if (kind == FRAME_STOP) {
			return batch->name_count > 0 ? FLOW_SOURCE_MORE : FLOW_SOURCE_ENDED;
		}
		unsigned before = batch->name_count;
		tap->stats.messages++;
		tap->stats.malformed += dnstap_read(data, batch) == DNSTAP_MALFORMED;
		tap->stats.names += batch->name_count - before;
	}
	return FLOW_SOURCE_MORE;
}

static void read_stats(const struct flow_source *source, struct flow_source_stats *stats)
{
	*stats = ((const struct dnstap_file *)source)->stats;
}

const struct flow_source_ops flow_source_dnstap = { "dnstap", open_file, next, read_stats,
	close_file };
