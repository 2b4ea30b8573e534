#include "geo/jurisdiction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"
#include "geo/country_code.h"

static const char *const zone_names[GEO_ZONE_COUNT] = {
#define X(id, name) [GEO_ZONE_##id] = name,
	GEO_ZONES(X)
#undef X
};

const char *geo_zone_name(enum geo_zone zone)
{
	return (unsigned)zone < GEO_ZONE_COUNT ? zone_names[zone] : zone_names[GEO_ZONE_UNKNOWN];
}

bool geo_zone_parse(const char *name, enum geo_zone *zone)
{
	for (unsigned i = 0; i < GEO_ZONE_COUNT; i++) {
		if (strcmp(name, zone_names[i]) == 0) {
			*zone = (enum geo_zone)i;
			return true;
		}
	}
	return false;
}

bool geo_zone_is_outside(enum geo_zone zone)
{
	return zone == GEO_ZONE_ADEQUATE || zone == GEO_ZONE_ADEQUATE_PARTIAL ||
	       zone == GEO_ZONE_THIRD;
}

enum { LETTERS = 26, CODES = LETTERS * LETTERS };

enum column {
	CODE,
	ZONE,
	NAME_EN, /* the names stand in the order of enum geo_language */
	NAME_SV,
	NAME_NB,
	NAME_NN,
	NAME_DA,
	NAME_FI,
	ADEQUACY,
	ADEQUACY_SCOPE,
	POLICY_GROUP,
};

static const char *const columns[] = { "code", "zone", "name_en", "name_sv", "name_nb", "name_nn",
	"name_da", "name_fi", "adequacy", "adequacy_scope", "policy_group", NULL };

struct jurisdictions {
	struct tsv *tsv;
	unsigned count;
	struct geo_country rows[CODES]; /* by code; names[0] is NULL where a code is not listed */
};

/* The place of a code in rows; false where it is not two capital letters. */
static bool code_index(const char *code, unsigned *index)
{
	unsigned a = (unsigned)(code[0] - 'A');

	if (a >= LETTERS) {
		return false;
	}
	unsigned b = (unsigned)(code[1] - 'A');
	*index = a * LETTERS + b;
	return b < LETTERS && code[2] == '\0';
}

static int read_row(struct jurisdictions *table, struct err *err)
{
	const struct tsv *tsv = table->tsv;
	const char *code = tsv_cell(tsv, CODE);
	enum geo_zone zone;
	unsigned index;

	if (!code_index(code, &index) || table->rows[index].names[0]) {
		return err_set(err, EINVAL,
			"%s:%u: expected a new country code of two capital letters, found \"%s\"",
			tsv_path(tsv), tsv_line(tsv), code);
	}
	if (!geo_zone_parse(tsv_cell(tsv, ZONE), &zone) || zone == GEO_ZONE_INTERNAL) {
		return err_set(err, EINVAL,
			"%s:%u: expected a zone (eu, eea, adequate, adequate_partial, third, "
			"unknown), found \"%s\"",
			tsv_path(tsv), tsv_line(tsv), tsv_cell(tsv, ZONE));
	}
	struct geo_country *row = &table->rows[index];
	memcpy(row->code, code, sizeof(row->code));
	row->zone = (uint8_t)zone;
	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		row->names[i] = tsv_cell(tsv, NAME_EN + i);
	}
	row->adequacy = tsv_cell(tsv, ADEQUACY);
	row->adequacy_scope = tsv_cell(tsv, ADEQUACY_SCOPE);
	row->policy_group = tsv_cell(tsv, POLICY_GROUP);
	table->count++;
	return 0;
}

int jurisdictions_open(struct jurisdictions **opened, const char *path, struct err *err)
{
	struct jurisdictions *table = calloc(1, sizeof(*table));
	int status;

	*opened = NULL;
	if (!table) {
		return err_set(err, ENOMEM, "%s: out of memory", path);
	}
	status = tsv_open(&table->tsv, path, columns, err);
	while (status >= 0) {
		status = tsv_next(table->tsv, err);
		if (status == 0) {
			*opened = table;
			return 0;
		}
		if (status > 0) {
			status = read_row(table, err);
		}
	}
	jurisdictions_close(table);
	return status;
}

void jurisdictions_close(struct jurisdictions *table)
{
	if (table) {
		tsv_close(table->tsv);
		free(table);
	}
}

const struct geo_country *jurisdictions_find(const struct jurisdictions *table, const char *code)
{
	unsigned index;

	if (!table || !code_index(code, &index) || !table->rows[index].names[0]) {
		return NULL;
	}
	return &table->rows[index];
}

enum geo_zone jurisdictions_zone(const struct jurisdictions *table, const char *code)
{
	const struct geo_country *country = jurisdictions_find(table, code);

	return country ? (enum geo_zone)country->zone : GEO_ZONE_UNKNOWN;
}

unsigned jurisdictions_count(const struct jurisdictions *table)
{
	return table ? table->count : 0;
}

const char *jurisdictions_path(const struct jurisdictions *table)
{
	return table ? tsv_path(table->tsv) : "";
}
