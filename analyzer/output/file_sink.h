/* A sink that writes one file, or standard output: everything but the form of a record.
 *
 * The form gathers encoded records in one of the two buffers; the sink writes them out when there
 * are enough, on flush and on close. What could not be written stays gathered, and the next flush
 * or close tries it again.
 *
 * Memory   buffers that grow to a record more than OUT_FILE_BUFFER_BYTES.
 * Threads  the exporter's.
 * Failure  as in sink.h, running out of memory included. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/format/cbor_writer.h"
#include "analyzer/format/fields.h"
#include "analyzer/output/out_file.h"
#include "analyzer/format/record_cbor.h"
#include "analyzer/output/sinks.h"
#include "base/text.h"

struct file_form {
	/* Gathers what stands before the first record, and makes the plan; NULL: nothing to do.
	 * False: out of memory. */
	bool (*begin)(struct sink *sink);
	void (*put)(struct sink *sink, const struct field_view *view);
	void (*end)(struct sink *sink); /* frees the plan; NULL: nothing to do */
};

struct sink {
	struct sink_options options;
	struct out_file file;
	const struct file_form *form;
	struct json_plan *plan;  /* of a form that has one */
	struct text text;        /* gathered, not yet written: by forms that are text, */
	struct cbor_writer cbor; /* and by those that are CBOR */
	uint64_t gathered, lost; /* records, in these and for want of memory */
};

/* The functions of struct sink_ops. */
int file_sink_open(struct sink **sink, const struct sink_options *options,
	const struct file_form *form, struct err *err);
int file_sink_write(struct sink *sink, const struct reference *reference,
	const struct record *records, size_t count, struct err *err);
int file_sink_flush(
	struct sink *sink, const struct reference *reference, uint64_t now_ns, struct err *err);
uint64_t file_sink_lost(const struct sink *sink);
int file_sink_close(struct sink *sink, struct err *err);
