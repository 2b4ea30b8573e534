/* A table of the report: what stands in it, told once and in no language. The page, the CSV files,
 * the JSON and the list of every figure are written from it (report_value.h), so that none of them
 * can say anything else than the others.
 *
 * A type of table is a row in a list (report_tables.h): its name, its columns, and what fills it
 * from the model. Small groups are protected while it is filled: what must not be said is no value
 * that a writer could show.
 *
 * Memory   a table owns its rows and the texts made for it; other texts live as long as the model.
 * Threads  one at a time.
 * Failure  out of memory leaves rows out and says so (is_short). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboards/report/report_model.h"

enum { REPORT_COLUMNS_MAX = 12, REPORT_ITEMS_MAX = 8 };

enum report_value_kind {
	VALUE_NONE,      /* there is none: a dash */
	VALUE_HIDDEN,    /* a figure that is not said of so few devices */
	VALUE_TEXT,      /* of the policy, the archive or the wire: in no language of ours */
	VALUE_WORD,      /* a message: prefix_text */
	VALUE_ROW,       /* the keys of a row as figures.tsv has them: "neka-tiktok, other_units" */
	VALUE_APP,       /* items[0]; 0 not named */
	VALUE_OWNER,     /* of the app items[0] */
	VALUE_APPS,      /* several */
	VALUE_COUNTRY,   /* items[0], as in cells; 0 not known */
	VALUE_COUNTRIES, /* several */
	VALUE_RULE,      /* the sentence of the rule items[0], as that policy has it */
	VALUE_BYTES,
	VALUE_UNSEEN, /* of what did not cross the sensor: unknown */
	VALUE_COUNT,
	VALUE_SHARE,   /* number of whole */
	VALUE_CHANGE,  /* number now, whole before */
	VALUE_DEVICES, /* number, or fewer than it */
	VALUE_DATE,    /* a day on the policy's clock */
	VALUE_SINCE,   /* the same, with the time where it begins within the day */
	VALUE_UNTIL,   /* … where it ends within it; the last moment included */
	VALUE_MONTH,   /* the month of a day */
	VALUE_TIME,    /* a moment */
};

struct report_value {
	uint8_t kind, item_count;
	bool is_at_least, is_estimated, is_fewer;
	const char *prefix, *text;
	const struct policy *policy;
	uint64_t number, whole;
	uint16_t items[REPORT_ITEMS_MAX];
};

enum report_row_kind { ROW_PLAIN, ROW_MARKED, ROW_SUM };

struct report_table;

struct report_table_type {
	const char *id; /* of the file, the JSON member and the page's anchor */
	/* Keys of messages (column_…), ended by NULL. '>' marks numbers; '~' before it what only
	 * files show, the page being too narrow. The first key_columns tell rows apart. */
	const char *columns[REPORT_COLUMNS_MAX + 1];
	unsigned key_columns;
	void (*fill)(struct report_table *table, const struct report_model *model);
	/* The command that yields its figures; {archives} and {period} are filled in. NULL: the
	 * report itself is the only one that has them. */
	const char *command;
};

struct report_row {
	uint8_t kind;
	struct report_value values[REPORT_COLUMNS_MAX];
};

struct report_table {
	const struct report_table_type *type;
	struct report_row *rows;
	size_t count, capacity;
	unsigned column_count, filled; /* columns of the type; values of the last row */
	bool is_short;
	char **texts;
	size_t text_count;
};

/* The column without its marks. */
struct report_column {
	const char *key;
	bool is_number, is_for_files;
};
struct report_column report_column(const struct report_table_type *type, unsigned column);

void report_table_fill(struct report_table *table, const struct report_table_type *type,
	const struct report_model *model);
void report_table_deinit(struct report_table *table);

/* Starts a row; the values that follow fill its columns from the left. */
void report_row(struct report_table *table, enum report_row_kind kind);
void report_put(struct report_table *table, struct report_value value);
void report_put_none(struct report_table *table);
void report_put_text(struct report_table *table, const char *text); /* "": none */
/* The same, and the table keeps a copy. */
void report_put_copy(struct report_table *table, const char *text);
void report_put_word(struct report_table *table, const char *prefix, const char *text);
void report_put_app(struct report_table *table, uint16_t app);
void report_put_owner(struct report_table *table, uint16_t app);
void report_put_country(struct report_table *table, const char *code);
void report_put_count(struct report_table *table, uint64_t number);
void report_put_date(struct report_table *table, uint64_t time_ns); /* 0: none */
/* From when and until when something holds. 0: none. */
void report_put_since(struct report_table *table, uint64_t first_ns);
void report_put_until(struct report_table *table, uint64_t last_ns);
void report_put_month(struct report_table *table, uint64_t time_ns);
void report_put_unit(struct report_table *table, uint16_t unit);
void report_put_class(struct report_table *table, uint16_t class_);

/* Does the part of a row stand for those that may not be shown? */
bool report_is_others(const struct report_value *part);

/* A figure of the whole body: hidden where that is too small. */
void report_put_figure(
	struct report_table *table, const struct report_model *model, struct report_value value);

/* Sent, received, flows, devices. */
void report_put_sums(struct report_table *table, const struct report_model *model,
	const struct overview_row *row);

static inline struct report_value report_way(uint64_t bytes, uint8_t way)
{
	return (struct report_value){ .kind = way == CELL_WAY_UNKNOWN ? VALUE_UNSEEN : VALUE_BYTES,
		.number = bytes,
		.is_at_least = way == CELL_WAY_AT_LEAST };
}

/* What a part sent: where what was sent did not cross the sensor, of no part is it nothing. */
struct report_value report_sent(const struct report_model *model, uint64_t bytes);

static inline struct report_value report_bytes(uint64_t bytes)
{
	return (struct report_value){ .kind = VALUE_BYTES, .number = bytes };
}

static inline struct report_value report_count(uint64_t number)
{
	return (struct report_value){ .kind = VALUE_COUNT, .number = number };
}

static inline struct report_value report_share(uint64_t part, uint64_t whole)
{
	return (struct report_value){
		.kind = whole ? VALUE_SHARE : VALUE_NONE, .number = part, .whole = whole
	};
}

/* Sorts plain rows by the number of a column, most first; those of others stay behind. Rows of
 * parts are sorted by what they show: another order would tell what they do not. */
void report_sort_parts(struct report_table *table, unsigned column);

/* Adds to a list of apps or countries what it does not have yet, as long as there is room. */
void report_value_add_item(struct report_value *value, uint16_t item);
