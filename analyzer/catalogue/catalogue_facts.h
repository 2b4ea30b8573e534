/* What the catalogue's files say, before it is compiled: apps, their ownership and rules in the
 * order of the files, later facts laid over earlier ones. Used by the catalogue alone.
 *
 * Memory   all texts are in an arena that facts_deinit() frees.
 * Cost     in proportion to the lines, whatever they say.
 * Failure  0 or -errno, with file, line and what was expected. */
#pragma once

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/catalogue/fact_marks.h"

struct arena_block;
struct name_index;

enum { FACTS_NONE = UINT32_MAX };

struct facts_app {
	struct app app;
	const char *file;
	unsigned line;
	uint16_t fields_given; /* bits of the fields that this layer has set: each is said once */
	uint8_t layer;         /* the last that set a field */
	bool removed;
	uint32_t ownership_first; /* the head of a chain while reading, then the first of a run */
	uint32_t ownership_count;
	bool ownership_is_steady; /* the same at all times and everywhere */
	uint32_t rule_first; /* the head of a chain while reading, then a place in rules_by_app */
	uint32_t rule_count; /* once compacted */
};

/* For each rule the one before it of the same app, and of the same value. */
struct rule_links {
	uint32_t same_app, same_value;
};

struct facts_file {
	const char *path;
	char *text; /* as it was read; NULL once it is hashed */
	size_t text_bytes;
	unsigned fact_count;
	uint64_t changed_ns; /* as the file system says */
	char hash[65];
};

struct facts {
	struct arena_block *blocks;
	struct facts_app *apps; /* row 0 is unknown */
	struct ownership_fact *ownership;
	struct catalogue_rule *rules;
	uint32_t *rules_by_app; /* places in rules */
	struct facts_file *files;
	struct name_index *ids;      /* of the apps */
	struct name_index *by_value; /* the last rule of each value; NULL until one is removed */
	struct rule_links *links;
	unsigned app_count, ownership_count, rule_count, file_count; /* app_count counts row 0 */
	unsigned app_capacity, ownership_capacity, rule_capacity, file_capacity;
	unsigned link_capacity;
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

/* The sentence "FILE:LINE: …"; -EINVAL. And out of memory. */
int facts_refuse(const struct fact_line *line, struct err *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int facts_no_memory(const struct fact_line *line, struct err *err);

/* A rule; and the rules that "-suffix" takes away (with the value "*" all of them), which keep
 * their places until facts_compact(), with app 0. */
int facts_add_rule(struct fact_line *line, struct err *err);
int facts_remove_rules(struct fact_line *line, struct err *err);

/* A fact of ownership. */
int facts_add_ownership(struct fact_line *line, enum ownership_field field, struct err *err);

/* After facts_compact(): the facts of each app in a run, by field, region and time; and what they
 * say last, in the apps themselves. */
void facts_settle_ownership(struct facts *facts);
struct ownership facts_ownership_at(
	const struct facts *facts, uint16_t row, uint64_t time_ns, const char *region);

/* Copies a text into the arena; NULL: out of memory. */
const char *facts_keep(struct facts *facts, const char *text, size_t length);

/* Room for one more element; the array may move. NULL: out of memory, the array is as it was. */
void *facts_grow(void *array, unsigned count, unsigned *capacity, size_t element_bytes);

/* Reads a file, or all files *.tsv of a folder in the order of their names. */
int facts_read(struct facts *facts, const char *path, uint8_t layer, struct err *err);

/* Drops what later facts have removed; rows of apps close ranks. */
int facts_compact(struct facts *facts, struct err *err);
