/* What the catalogue's files say, before it is compiled: apps and rules in the order of the files,
 * later facts laid over earlier ones. Used by the catalogue alone.
 *
 * Memory   all texts are in an arena that facts_deinit() frees.
 * Failure  0 or -errno, with file, line and what was expected. */
#pragma once

#include "analyzer/catalogue/catalogue.h"

struct arena_block;

struct facts_app {
	struct app app;
	const char *file;
	unsigned line;
	uint16_t fields_given; /* bits of the fields that this layer has set: each is said once */
	uint8_t layer;         /* the last that set a field */
	bool removed;
};

struct facts_file {
	const char *path;
	unsigned fact_count;
	char hash[65];
};

struct facts {
	struct arena_block *blocks;
	struct facts_app *apps; /* row 0 is unknown */
	struct catalogue_rule *rules;
	struct facts_file *files;
	unsigned app_count, rule_count, file_count; /* app_count counts row 0 */
	unsigned app_capacity, rule_capacity, file_capacity;
};

int facts_init(struct facts *facts, struct err *err);
void facts_deinit(struct facts *facts);

/* One line of a file. The reader fills all but what is marked; texts need to live for the call
 * only. */
struct fact_line {
	struct facts *facts;
	const char *file; /* lives as long as facts: facts_keep() */
	unsigned number;
	uint8_t layer;
	const char *id, *fact, *value, *source_text;
	uint16_t app;       /* facts_apply()'s: the app of the line before, to look it up once */
	const char *source; /* facts_apply()'s: the source kept, "" unverified */
};

/* Lays one line over what is known. -EINVAL where it says nothing that can be understood. */
int facts_apply(struct fact_line *line, struct err *err);

/* Copies a text into the arena; NULL: out of memory. */
const char *facts_keep(struct facts *facts, const char *text, size_t length);

/* Room for one more element; the array may move. NULL: out of memory, the array is as it was. */
void *facts_grow(void *array, unsigned count, unsigned *capacity, size_t element_bytes);

/* Reads a file, or all files *.tsv of a folder in the order of their names. */
int facts_read(struct facts *facts, const char *path, uint8_t layer, struct err *err);

/* Drops what later facts have removed; rows of apps close ranks. */
void facts_compact(struct facts *facts);
