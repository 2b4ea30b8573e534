#include "analyzer/policy/rule_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int append(struct row_list *list, uint32_t row)
{
	if (list->count == list->capacity) {
		uint32_t capacity = list->capacity ? 2 * list->capacity : 4;
		uint32_t *rows = realloc(list->rows, capacity * sizeof(*rows));
		if (!rows) {
			return -ENOMEM;
		}
		list->rows = rows;
		list->capacity = capacity;
	}
	list->rows[list->count++] = row;
	return 0;
}

int rule_index_init(struct rule_index *index, uint32_t app_count, uint32_t names_expected)
{
	index->app_count = app_count;
	index->by_app = calloc(app_count + 1, sizeof(*index->by_app));
	index->by_name = calloc(names_expected + 1, sizeof(*index->by_name));
	index->names = name_index_create(names_expected + 1);
	index->by_parent = calloc(CLAUSE_COUNTRIES + 1, sizeof(*index->by_parent));
	index->by_server = calloc(CLAUSE_COUNTRIES + 1, sizeof(*index->by_server));
	return index->by_app && index->by_name && index->names && index->by_parent &&
			       index->by_server
		       ? 0
		       : -ENOMEM;
}

static int add_names(struct rule_index *index, uint32_t row, const struct clause *clause)
{
	for (uint32_t i = 0; i < clause->name_count; i++) {
		uint32_t *value = name_index_add(index->names, clause->names[i], index->name_count);
		uint32_t at = value ? *value : 0;
		if (!value) {
			return -ENOMEM;
		}
		index->name_count += at == index->name_count;
		struct row_list *list = &index->by_name[at];
		bool is_there = list->count > 0 && list->rows[list->count - 1] == row;
		if (!is_there && append(list, row) < 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

static int add_by_country(struct row_list *lists, const struct number_set *countries, uint32_t row)
{
	for (uint32_t country = 0; country < CLAUSE_COUNTRIES; country++) {
		if (number_set_has(countries, country) && append(&lists[country], row) < 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

static int add_by_asn(struct rule_index *index, uint32_t row, const struct clause *clause)
{
	for (uint32_t i = 0; i < clause->asn_count; i++) {
		if (index->asn_count == index->asn_capacity) {
			uint32_t capacity = index->asn_capacity ? 2 * index->asn_capacity : 16;
			struct asn_row *rows = realloc(index->by_asn, capacity * sizeof(*rows));
			if (!rows) {
				return -ENOMEM;
			}
			index->by_asn = rows;
			index->asn_capacity = capacity;
		}
		index->by_asn[index->asn_count++] = (struct asn_row){ clause->asns[i], row };
	}
	return 0;
}

static int compare_asns(const void *left, const void *right)
{
	const struct asn_row *a = left, *b = right;

	if (a->asn != b->asn) {
		return a->asn < b->asn ? -1 : 1;
	}
	return a->row < b->row ? -1 : a->row > b->row;
}

void rule_index_finish(struct rule_index *index)
{
	if (index->asn_count > 0) {
		qsort(index->by_asn, index->asn_count, sizeof(*index->by_asn), compare_asns);
	}
}

static void tell_by_asn(
	const struct rule_index *index, uint32_t asn, rule_index_row *tell_row, void *context)
{
	uint32_t low = 0, high = index->asn_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (index->by_asn[middle].asn < asn) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	for (; low < index->asn_count && index->by_asn[low].asn == asn; low++) {
		tell_row(context, index->by_asn[low].row);
	}
}

int rule_index_add(struct rule_index *index, uint32_t row, const struct clause *clause)
{
	if (clause->names) {
		return add_names(index, row, clause);
	}
	if (!clause->apps.words && clause->parent_countries.words) {
		return add_by_country(index->by_parent, &clause->parent_countries, row);
	}
	if (!clause->apps.words && clause->server_countries.words) {
		return add_by_country(index->by_server, &clause->server_countries, row);
	}
	if (!clause->apps.words && clause->asns) {
		return add_by_asn(index, row, clause);
	}
	if (!clause->apps.words) {
		return append(&index->common, row);
	}
	for (uint32_t app = 0; app < index->app_count; app++) {
		if (number_set_has(&clause->apps, app) && append(&index->by_app[app], row) < 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

void rule_index_deinit(struct rule_index *index)
{
	for (uint32_t i = 0; index->by_app && i < index->app_count; i++) {
		free(index->by_app[i].rows);
	}
	for (uint32_t i = 0; index->by_name && i < index->name_count; i++) {
		free(index->by_name[i].rows);
	}
	for (uint32_t i = 0; i < CLAUSE_COUNTRIES; i++) {
		free(index->by_parent ? index->by_parent[i].rows : NULL);
		free(index->by_server ? index->by_server[i].rows : NULL);
	}
	free(index->by_parent);
	free(index->by_asn);
	free(index->by_server);
	free(index->by_app);
	free(index->by_name);
	free(index->common.rows);
	name_index_destroy(index->names);
}

static void tell(const struct row_list *list, rule_index_row *tell_row, void *context)
{
	for (uint32_t i = 0; i < list->count; i++) {
		tell_row(context, list->rows[i]);
	}
}

/* Names of certificates and outer names of ECH stand for more than this one service. */
static void tell_by_names(const struct rule_index *index, const struct l7_info *l7,
	rule_index_row *tell_row, void *context)
{
	for (unsigned i = 0; i < l7->name_count && index->name_count > 0; i++) {
		struct name_hit hits[NAME_HITS_MAX];
		if (l7->names[i].source > NAME_DNS_CNAME) {
			continue;
		}
		unsigned found = name_index_walk(
			index->names, l7_info_name(l7, i), l7->names[i].length, hits);
		for (unsigned hit = 0; hit < found; hit++) {
			tell(&index->by_name[hits[hit].value], tell_row, context);
		}
	}
}

void rule_index_each(const struct rule_index *index, const struct record *record,
	rule_index_row *tell_row, void *context)
{
	uint32_t app = record->verdict.app < index->app_count ? record->verdict.app : 0;

	tell(&index->common, tell_row, context);
	if (index->by_app) {
		tell(&index->by_app[app], tell_row, context);
	}
	if (index->by_parent) {
		uint32_t parent = clause_country_number(record->verdict.parent_country);
		uint32_t server = clause_country_number(record->place.country);
		tell(&index->by_parent[parent], tell_row, context);
		tell(&index->by_server[server], tell_row, context);
	}
	tell_by_asn(index, record->place.asn, tell_row, context);
	tell_by_names(index, &record->l7, tell_row, context);
}
