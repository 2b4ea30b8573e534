/* Sinks: where finished records go. Each is one file and one line in the table
 * (engine/sink_table.c).
 *
 * A sink gets runs of records that every stage has filled, in the order they ended, each with the
 * reference data that it was enriched with. It must not keep pointers into either.
 *
 * Threads  the exporter's, all calls.
 * Failure  write, flush and close return 0 or -errno with a sentence. A sink that failed gets no
 * more
 *          until flush succeeds, which is how it is tried again (output_state.h): it then writes
 *          what it had kept, each record once. Files are tried again at the end only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/reference.h"
#include "analyzer/record/record.h"
#include "base/err.h"

struct cell;
struct outbox;
struct sink;

/* How long what is kept is kept, and how much room there is; 0: without end. */
struct retention {
	uint64_t records_ns; /* single flows */
	uint64_t hours_ns;   /* what an hour adds up to */
	uint64_t days_ns;    /* what a day does, and what may be said of it */
	uint64_t bytes;      /* of single flows */
};

struct sink_options {
	const char *target; /* path, URL or "-" */
	const char *sensor; /* whose metrics these are, in a store that many write to */
	const char *organization, *observer; /* of all records: json says so; NULL: nothing */
	struct outbox *outbox; /* of a live sensor: the way to Redis that nobody waits for */
	uint64_t every_ns;     /* with it: how often what was gathered goes out */
	/* Records of parts; otherwise only whole flows (is_last, with the totals). */
	bool with_parts;
	bool is_live; /* packets come meanwhile: no reader is waited for without end */
	/* Other cores have time for it: a sink may start threads of its own. */
	bool with_threads;
	const uint8_t *signing_key; /* of whoever writes (keys.h); NULL: not signed */
	struct retention retention; /* of an archive */
	bool leaves_out_known;      /* an archive: records that it holds already, from another
				       capture of the same time */
	const struct reference *reference; /* in force when it is opened; not to be kept */
};

struct sink_gap {
	uint64_t first_ns, last_ns; /* by the clock of the sensor */
	uint64_t records;
	const char *reason;
};

struct sink_ops {
	const char *name;      /* as in --format */
	const char *extension; /* ".ndjson": chosen by path; NULL: never */
	int (*open)(struct sink **sink, const struct sink_options *options, struct err *err);
	/* NULL: it does not take records. */
	int (*write)(struct sink *sink, const struct reference *reference,
		const struct record *records, size_t count, struct err *err);
	/* What records added up to since the last time (rollup.h), in slots of SLOT_NS. NULL: it
	 * does not take cells. */
	int (*write_cells)(struct sink *sink, const struct reference *reference,
		const struct cell *cells, size_t count, struct err *err);
	/* Its sums go to where those of other sensors go: what two sensors see comes there from the
	 * one that the policy has count it. */
	bool joins_sensors;
	int (*flush)(struct sink *sink, const struct reference *reference, uint64_t now_ns,
		struct err *err); /* NULL: nothing to do */
	/* After it failed and works again: what it was not given in between. Before it is closed
	 * also where it fails still: then it sees to it that the gap is known later. NULL: it keeps
	 * no notes. */
	int (*note_gap)(struct sink *sink, const struct sink_gap *gap, struct err *err);
	/* Records that it took and could not keep; NULL: none. */
	uint64_t (*lost)(const struct sink *sink);
	int (*close)(struct sink *sink, struct err *err); /* frees it, also after an error */
};

/* The table; ended by NULL. */
extern const struct sink_ops *const sink_table[];

/* By name ("ndjson"), else by the target's extension, else NULL. */
const struct sink_ops *sink_find(const char *name, const char *target);
