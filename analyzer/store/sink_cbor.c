/* Flow records as a CBOR sequence (RFC 8742), described by flow-record.cddl.
 *
 * The first item is a header, tagged as self-described CBOR (RFC 8949, 3.4.6), that names every key
 * used, so that a reader needs nothing else; each item after it is one record. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/store/out_file.h"
#include "analyzer/store/record_cbor.h"
#include "analyzer/store/sinks.h"
#include "analyzer/store/words.h"

enum { CBOR_TAG_SELF_DESCRIBED = 55799, FLOW_RECORD_VERSION = 1 };

struct sink {
	struct sink_options options;
	struct out_file file;
	struct cbor_writer writer; /* gathered, not yet written */
};

static void put_text(struct cbor_writer *writer, const char *text)
{
	cbor_writer_text(writer, text, strlen(text));
}

static void put_names(struct cbor_writer *writer)
{
	cbor_writer_open_map(writer);
	for (unsigned i = 0; i < field_count; i++) {
		if ((field_table[i].forms & FIELD_EXPORTED) && field_table[i].key != FIELD_NO_KEY) {
			cbor_writer_number(writer, field_table[i].key);
			put_text(writer, field_table[i].path);
		}
	}
	cbor_writer_break(writer);
}

static void put_constants(struct cbor_writer *writer)
{
	cbor_writer_open_map(writer);
	for (unsigned i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		if (field->forms & FIELD_CONSTANT) {
			put_text(writer, field->path);
			if (field->type == FIELD_WORDS) {
				cbor_writer_array(writer, 1);
			}
			put_text(writer, field->constant);
		}
	}
	cbor_writer_break(writer);
}

static void put_header(struct cbor_writer *writer, bool with_parts)
{
	cbor_writer_tag(writer, CBOR_TAG_SELF_DESCRIBED);
	cbor_writer_map(writer, 5);
	put_text(writer, "format");
	put_text(writer, "borderflow.flow");
	put_text(writer, "version");
	cbor_writer_number(writer, FLOW_RECORD_VERSION);
	put_text(writer, "parts");
	cbor_writer_bool(writer, with_parts);
	put_text(writer, "fields");
	put_names(writer);
	put_text(writer, "constants");
	put_constants(writer);
}

static int cbor_open(struct sink **sink, const struct sink_options *options, struct err *err)
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
	cbor_writer_init(&opened->writer);
	put_header(&opened->writer, options->with_parts);
	*sink = opened;
	return 0;
}

static int write_out(struct sink *sink, struct err *err)
{
	int status;

	if (sink->writer.failed) {
		return err_set(err, ENOMEM, "%s: out of memory", sink->options.target);
	}
	status = out_file_write(&sink->file, sink->writer.bytes, sink->writer.length, err);
	cbor_writer_clear(&sink->writer);
	return status;
}

static int cbor_write(
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
		record_cbor_put(&sink->writer, &view, FIELD_EXPORTED, NULL);
		if (sink->writer.failed || sink->writer.length >= OUT_FILE_BUFFER_BYTES) {
			status = write_out(sink, err);
		}
	}
	return status;
}

static int cbor_flush(struct sink *sink, uint64_t now_ns, struct err *err)
{
	(void)now_ns;
	return write_out(sink, err);
}

static int cbor_close(struct sink *sink, struct err *err)
{
	int status = write_out(sink, err);
	int closed = out_file_close(&sink->file, status < 0 ? NULL : err);

	cbor_writer_deinit(&sink->writer);
	free(sink);
	return status < 0 ? status : closed;
}

const struct sink_ops sink_cbor = {
	.name = "cbor",
	.extension = ".cbor",
	.open = cbor_open,
	.write = cbor_write,
	.flush = cbor_flush,
	.close = cbor_close,
};
