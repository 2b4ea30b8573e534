/* Flow records as a CBOR sequence (RFC 8742), described by flow-record.cddl.
 *
 * The first item is a header, tagged as self-described CBOR (RFC 8949, 3.4.6), that names every key
 * used, so that a reader needs nothing else; each item after it is one record. */
#include <string.h>

#include "analyzer/output/file_sink.h"
#include "analyzer/format/record_cbor.h"

enum { CBOR_TAG_SELF_DESCRIBED = 55799, FLOW_RECORD_VERSION = 1 };

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

static bool put_header(struct sink *sink)
{
	struct cbor_writer *writer = &sink->cbor;

	cbor_writer_tag(writer, CBOR_TAG_SELF_DESCRIBED);
	cbor_writer_map(writer, 5);
	put_text(writer, "format");
	put_text(writer, "borderflow.flow");
	put_text(writer, "version");
	cbor_writer_number(writer, FLOW_RECORD_VERSION);
	put_text(writer, "parts");
	cbor_writer_bool(writer, sink->options.with_parts);
	put_text(writer, "fields");
	put_names(writer);
	put_text(writer, "constants");
	put_constants(writer);
	return !writer->failed;
}

static void put_record(struct sink *sink, const struct field_view *view)
{
	record_cbor_put(&sink->cbor, view);
}

static const struct file_form cbor_form = {
	.begin = put_header,
	.put = put_record,
};

static int cbor_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	return file_sink_open(sink, options, &cbor_form, err);
}

const struct sink_ops sink_cbor = {
	.name = "cbor",
	.extension = ".cbor",
	.open = cbor_open,
	.write = file_sink_write,
	.flush = file_sink_flush,
	.lost = file_sink_lost,
	.close = file_sink_close,
};
