/* Which rules may speak of a record: by its app and by its names, so that a thousand rules for
 * others cost nothing.
 *
 * Rules are rows 1.. in the order of precedence given. Memory: rule_index_deinit(). Threads: any
 * number may ask once it is made. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/catalogue/name_index.h"
#include "analyzer/policy/clause.h"
#include "analyzer/record/record.h"

struct row_list {
	uint32_t *rows;
	uint32_t count, capacity;
};

struct asn_row {
	uint32_t asn, row;
};

struct rule_index {
	struct row_list *by_app; /* rules that name apps, by symbol */
	uint32_t app_count;
	struct row_list *by_parent, *by_server; /* by country, those that name nothing closer */
	struct asn_row *by_asn;                 /* ascending; rows of networks by number */
	uint32_t asn_count, asn_capacity;
	struct row_list common;   /* those that name none of these */
	struct row_list *by_name; /* of each name in the index */
	uint32_t name_count;
	struct name_index *names;
};

/* One row more; its place in the order is that of the calls. names_expected: of all rows together,
 * asked at the first one. 0, or -ENOMEM. */
int rule_index_init(struct rule_index *index, uint32_t app_count, uint32_t names_expected);
int rule_index_add(struct rule_index *index, uint32_t row, const struct clause *clause);
void rule_index_finish(struct rule_index *index); /* after the last one */
void rule_index_deinit(struct rule_index *index);

/* Each row that may speak of the record, those of one list after the other; some twice. */
typedef void rule_index_row(void *context, uint32_t row);
void rule_index_each(const struct rule_index *index, const struct record *record,
	rule_index_row *tell_row, void *context);
