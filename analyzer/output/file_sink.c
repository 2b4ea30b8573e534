#include "analyzer/output/file_sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void release(struct sink *sink)
{
	if (sink->form->end) {
		sink->form->end(sink);
	}
	text_deinit(&sink->text);
	cbor_writer_deinit(&sink->cbor);
	free(sink);
}

static int refuse_memory(const struct sink_options *options, struct err *err)
{
	return err_set(err, ENOMEM, "%s: out of memory", options->target);
}

int file_sink_open(struct sink **sink, const struct sink_options *options,
	const struct file_form *form, struct err *err)
{
	struct sink *opened = calloc(1, sizeof(*opened));
	int status;

	if (!opened) {
		return refuse_memory(options, err);
	}
	opened->options = *options;
	opened->form = form;
	text_init_heap(&opened->text);
	cbor_writer_init(&opened->cbor);
	if (form->begin && !form->begin(opened)) {
		status = refuse_memory(options, err);
	} else {
		status = out_file_open(&opened->file, options->target, OUT_FILE_REPLACE, err);
	}
	if (status < 0) {
		release(opened);
		return status;
	}
	if (options->is_live) {
		out_file_hurry(&opened->file);
	}
	*sink = opened;
	return 0;
}

static void clear(struct sink *sink)
{
	text_clear(&sink->text);
	cbor_writer_clear(&sink->cbor);
	sink->gathered = 0;
}

/* Writes out what is there, and takes out of it what went into a pipe although not all did. */
static int write_bytes(struct sink *sink, void *bytes, size_t *length, struct err *err)
{
	int status = *length > 0 ? out_file_write(&sink->file, bytes, *length, err) : 0;

	if (status < 0) {
		*length -= sink->file.gone;
		memmove(bytes, (char *)bytes + sink->file.gone, *length);
	}
	return status;
}

/* What cannot be written stays gathered for the next try. */
static int write_out(struct sink *sink, struct err *err)
{
	if (sink->text.truncated || sink->cbor.failed) {
		sink->lost += sink->gathered;
		clear(sink);
		return refuse_memory(&sink->options, err);
	}
	int status = write_bytes(sink, sink->text.at, &sink->text.length, err);
	if (status == 0) {
		status = write_bytes(sink, sink->cbor.bytes, &sink->cbor.length, err);
	}
	if (status == 0) {
		clear(sink);
	}
	return status;
}

int file_sink_write(struct sink *sink, const struct reference *reference,
	const struct record *records, size_t count, struct err *err)
{
	int status = 0;

	for (size_t i = 0; i < count; i++) {
		struct record_labels labels;
		struct field_view view = { &records[i], &labels, sink->options.with_parts, NULL };

		if (!sink_wants(&sink->options, &records[i])) {
			continue;
		}
		record_labels_of(&labels, reference, &records[i]);
		sink->form->put(sink, &view);
		sink->gathered++;
		if (status == 0 &&
			(sink->text.truncated || sink->cbor.failed ||
				sink->text.length + sink->cbor.length >= OUT_FILE_BUFFER_BYTES)) {
			status = write_out(sink, err);
		}
	}
	return status;
}

int file_sink_flush(
	struct sink *sink, const struct reference *reference, uint64_t now_ns, struct err *err)
{
	(void)reference, (void)now_ns;
	return write_out(sink, err);
}

uint64_t file_sink_lost(const struct sink *sink)
{
	return sink->lost;
}

int file_sink_close(struct sink *sink, struct err *err)
{
	int status = write_out(sink, err);
	int closed = out_file_close(&sink->file, status < 0 ? NULL : err);

	release(sink);
	return status < 0 ? status : closed;
}
