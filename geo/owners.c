#include "geo/owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"
#include "geo/country_code.h"

static const char *const role_names[GEO_ROLE_COUNT] = {
#define X(id, name) [GEO_ROLE_##id] = name,
	GEO_ROLES(X)
#undef X
};

const char *geo_role_name(enum geo_role role)
{
	return (unsigned)role < GEO_ROLE_COUNT ? role_names[role] : role_names[GEO_ROLE_UNKNOWN];
}

enum column { ASN, ROLE, OPERATOR_COUNTRY, OWNER, PARENT_COUNTRY, APPS };

static const char *const columns[] = { "asn", "role", "operator_country", "owner", "parent_country",
	"apps", NULL };

struct owners {
	struct tsv *tsv;
	unsigned count, capacity;
	struct owner *rows; /* sorted by AS number */
};

bool asn_parse(const char *text, uint32_t *asn)
{
	char *end;

	if (strncmp(text, "AS", 2) == 0) {
		text += 2;
	}
	if (*text < '0' || *text > '9') {
		return false;
	}
	unsigned long long number = strtoull(text, &end, 10);
	*asn = (uint32_t)number;
	return *end == '\0' && number > 0 && number <= UINT32_MAX;
}

static bool parse_role(const char *name, uint8_t *role)
{
	for (unsigned i = 0; i < GEO_ROLE_COUNT; i++) {
		if (strcmp(name, role_names[i]) == 0) {
			*role = (uint8_t)i;
			return true;
		}
	}
	return false;
}

/* An empty cell is a country that is not known. */
static bool parse_country(const char *text, char code[3])
{
	return text[0] == '\0' || country_code_read(code, text, strlen(text));
}

static int parse_row(const struct tsv *tsv, struct owner *row, struct err *err)
{
	const char *parent = tsv_cell(tsv, PARENT_COUNTRY);
	char code[3] = "";

	*row = (struct owner){ .known = { .group = tsv_cell(tsv, OWNER),
				       .parent_country = parent,
				       .apps = tsv_cell(tsv, APPS) } };
	if (!asn_parse(tsv_cell(tsv, ASN), &row->asn)) {
		return err_set(err, EINVAL,
			"%s:%u: expected an AS number such as AS64496, found \"%s\"", tsv_path(tsv),
			tsv_line(tsv), tsv_cell(tsv, ASN));
	}
	if (!parse_role(tsv_cell(tsv, ROLE), &row->role)) {
		return err_set(err, EINVAL,
			"%s:%u: expected a role (own, cloud, cdn, hosting, isp, corporate, "
			"public_body), found \"%s\"",
			tsv_path(tsv), tsv_line(tsv), tsv_cell(tsv, ROLE));
	}
	if (!parse_country(tsv_cell(tsv, OPERATOR_COUNTRY), row->operator_country) ||
		!parse_country(parent, code) || strcmp(code, parent) != 0) {
		return err_set(err, EINVAL,
			"%s:%u: expected country codes of two capital letters, found \"%s\" and "
			"\"%s\"",
			tsv_path(tsv), tsv_line(tsv), tsv_cell(tsv, OPERATOR_COUNTRY), parent);
	}
	return 0;
}

static int add_row(struct owners *owners, struct err *err)
{
	if (owners->count == UINT16_MAX) {
		return err_set(err, E2BIG, "%s:%u: more than %u rows", tsv_path(owners->tsv),
			tsv_line(owners->tsv), UINT16_MAX);
	}
	if (owners->count == owners->capacity) {
		unsigned capacity = owners->capacity * 2 + 256;
		struct owner *rows = realloc(owners->rows, capacity * sizeof(*rows));
		if (!rows) {
			return err_set(err, ENOMEM, "%s: out of memory", tsv_path(owners->tsv));
		}
		owners->rows = rows;
		owners->capacity = capacity;
	}
	int status = parse_row(owners->tsv, &owners->rows[owners->count], err);
	owners->count += status == 0;
	return status;
}

static int compare(const void *a, const void *b)
{
	uint32_t left = ((const struct owner *)a)->asn, right = ((const struct owner *)b)->asn;

	return (left > right) - (left < right);
}

static int sort_rows(struct owners *owners, struct err *err)
{
	if (owners->count > 0) {
		qsort(owners->rows, owners->count, sizeof(*owners->rows), compare);
	}
	for (unsigned i = 1; i < owners->count; i++) {
		if (owners->rows[i].asn == owners->rows[i - 1].asn) {
			return err_set(err, EINVAL, "%s: AS%u is listed twice",
				tsv_path(owners->tsv), owners->rows[i].asn);
		}
	}
	return 0;
}

int owners_open(struct owners **opened, const char *path, struct err *err)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	int status;

	*opened = NULL;
	if (!owners) {
		return err_set(err, ENOMEM, "%s: out of memory", path);
	}
	status = tsv_open(&owners->tsv, path, columns, err);
	while (status >= 0) {
		status = tsv_next(owners->tsv, err);
		if (status == 0) {
			break;
		}
		if (status > 0) {
			status = add_row(owners, err);
		}
	}
	if (status == 0) {
		status = sort_rows(owners, err);
	}
	if (status < 0) {
		owners_close(owners);
		return status;
	}
	*opened = owners;
	return 0;
}

void owners_close(struct owners *owners)
{
	if (owners) {
		tsv_close(owners->tsv);
		free(owners->rows);
		free(owners);
	}
}

uint16_t owners_find(const struct owners *owners, uint32_t asn)
{
	unsigned low = 0, high = owners ? owners->count : 0;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (owners->rows[middle].asn < asn) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	bool found = owners && low < owners->count && owners->rows[low].asn == asn;
	return found ? (uint16_t)(low + 1) : 0;
}

const struct owner *owners_row(const struct owners *owners, uint16_t row)
{
	return owners && row > 0 && row <= owners->count ? &owners->rows[row - 1] : NULL;
}

unsigned owners_count(const struct owners *owners)
{
	return owners ? owners->count : 0;
}

const char *owners_path(const struct owners *owners)
{
	return owners ? tsv_path(owners->tsv) : "";
}
