#include "geo/overrides.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"
#include "geo/country_code.h"
#include "geo/owners.h"

enum { OVERRIDE_FILES_MAX = 8 };

enum column { PREFIX, COUNTRY, ASN, NOTE };

static const char *const columns[] = { "prefix", "country", "asn", "note", NULL };

struct overrides {
	struct tsv *files[OVERRIDE_FILES_MAX];
	unsigned file_count, count, capacity;
	struct override *rows;
};

struct overrides *overrides_create(void)
{
	return calloc(1, sizeof(struct overrides));
}

void overrides_destroy(struct overrides *overrides)
{
	if (overrides) {
		for (unsigned i = 0; i < overrides->file_count; i++) {
			tsv_close(overrides->files[i]);
		}
		free(overrides->rows);
		free(overrides);
	}
}

static int parse_row(const struct tsv *tsv, struct override *row, struct err *err)
{
	const char *country = tsv_cell(tsv, COUNTRY), *asn = tsv_cell(tsv, ASN);

	*row = (struct override){ .note = tsv_cell(tsv, NOTE),
		.path = tsv_path(tsv),
		.sets_country = country[0] != '\0' };
	if (!prefix_parse(tsv_cell(tsv, PREFIX), &row->prefix)) {
		return err_set(err, EINVAL, "%s:%u: expected an address or a prefix, found \"%s\"",
			tsv_path(tsv), tsv_line(tsv), tsv_cell(tsv, PREFIX));
	}
	if (row->sets_country && strcmp(country, "unknown") != 0 &&
		!country_code_read(row->country, country, strlen(country))) {
		return err_set(err, EINVAL,
			"%s:%u: expected a country code, \"unknown\" or nothing, found \"%s\"",
			tsv_path(tsv), tsv_line(tsv), country);
	}
	if (asn[0] != '\0' && !asn_parse(asn, &row->asn)) {
		return err_set(err, EINVAL,
			"%s:%u: expected an AS number such as AS64496 or nothing, found \"%s\"",
			tsv_path(tsv), tsv_line(tsv), asn);
	}
	return 0;
}

static int add_row(struct overrides *overrides, const struct tsv *tsv, struct err *err)
{
	if (overrides->count == overrides->capacity) {
		unsigned capacity = overrides->capacity * 2 + 64;
		struct override *rows = realloc(overrides->rows, capacity * sizeof(*rows));
		if (!rows) {
			return err_set(err, ENOMEM, "%s: out of memory", tsv_path(tsv));
		}
		overrides->rows = rows;
		overrides->capacity = capacity;
	}
	struct override *row = &overrides->rows[overrides->count];
	int status = parse_row(tsv, row, err);
	if (status == 0) {
		row->list = (uint8_t)(overrides->file_count - 1);
		overrides->count++;
	}
	return status;
}

/* Weakest first: by list, then by length, then by address so that the order is one. */
static int compare(const void *a, const void *b)
{
	const struct override *left = a, *right = b;

	if (left->list != right->list) {
		return left->list - right->list;
	}
	if (left->prefix.bits != right->prefix.bits) {
		return left->prefix.bits - right->prefix.bits;
	}
	return memcmp(left->prefix.addr.bytes, right->prefix.addr.bytes, 16);
}

static int sort_rows(struct overrides *overrides, struct err *err)
{
	char text[ADDR_TEXT_MAX + 4];

	if (overrides->count > 0) {
		qsort(overrides->rows, overrides->count, sizeof(*overrides->rows), compare);
	}
	for (unsigned i = 1; i < overrides->count; i++) {
		if (compare(&overrides->rows[i - 1], &overrides->rows[i]) == 0) {
			prefix_format(&overrides->rows[i].prefix, text);
			return err_set(err, EINVAL, "%s: %s is listed twice",
				overrides->rows[i].path, text);
		}
	}
	return 0;
}

int overrides_add_file(struct overrides *overrides, const char *path, struct err *err)
{
	struct tsv *tsv;

	if (overrides->file_count == OVERRIDE_FILES_MAX) {
		return err_set(err, E2BIG, "%s: more than %u lists of overrides", path,
			OVERRIDE_FILES_MAX);
	}
	int status = tsv_open(&tsv, path, columns, err);
	if (status < 0) {
		return status;
	}
	overrides->files[overrides->file_count++] = tsv;
	while ((status = tsv_next(tsv, err)) > 0) {
		status = add_row(overrides, tsv, err);
		if (status < 0) {
			return status;
		}
	}
	return status < 0 ? status : sort_rows(overrides, err);
}

unsigned overrides_count(const struct overrides *overrides)
{
	return overrides->count;
}

const struct override *overrides_row(const struct overrides *overrides, unsigned row)
{
	return &overrides->rows[row];
}

const struct override *overrides_find(const struct overrides *overrides, const struct addr *addr)
{
	for (unsigned i = overrides->count; i > 0; i--) {
		if (prefix_contains(&overrides->rows[i - 1].prefix, addr)) {
			return &overrides->rows[i - 1];
		}
	}
	return NULL;
}

unsigned overrides_file_count(const struct overrides *overrides)
{
	return overrides->file_count;
}

const char *overrides_path(const struct overrides *overrides, unsigned file)
{
	return tsv_path(overrides->files[file]);
}
