#include "geo/network_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/file.h"
#include "geo/owners.h"

enum { FIELDS_MAX = 8 };

/* Where we are in a file. */
struct csv {
	const char *path;
	char *rest;
	unsigned line;
};

/* Ends the field that begins at field with a NUL and returns what follows it; quotes are taken away
 * in place. */
static char *end_field(char *field)
{
	char *from = field, *to = field;

	if (*from != '"') {
		from += strcspn(from, ",\r\n");
		return from;
	}
	for (from++; *from && *from != '\n'; from++) {
		if (*from == '"' && from[1] != '"') {
			from++;
			break;
		}
		from += *from == '"';
		*to++ = *from;
	}
	*to = '\0';
	return from + strcspn(from, ",\r\n");
}

/* Splits the next line; false at the end of the file. Lines without fields have count 0. */
static bool next_line(struct csv *csv, char *fields[FIELDS_MAX], unsigned *count)
{
	char *at = csv->rest, stop = ',';

	*count = 0;
	if (*at == '\0') {
		return false;
	}
	csv->line++;
	while (stop == ',') {
		char *end = end_field(at);
		if (*count < FIELDS_MAX) {
			fields[(*count)++] = at;
		}
		stop = *end;
		*end = '\0';
		at = end + (stop != '\0');
	}
	if (stop == '\r' && *at == '\n') {
		at++;
	}
	*count = *count == 1 && fields[0][0] == '\0' ? 0 : *count;
	csv->rest = at;
	return true;
}

static unsigned __int128 addr_number(const struct addr *addr)
{
	unsigned __int128 number = 0;

	for (unsigned i = addr_is_v4(addr) ? 12 : 0; i < sizeof(addr->bytes); i++) {
		number = number << 8 | addr->bytes[i];
	}
	return number;
}

static bool parse_prefix(struct network_row *row, const char *text)
{
	struct prefix prefix;

	if (!prefix_parse(text, &prefix)) {
		return false;
	}
	row->v4 = addr_is_v4(&prefix.addr) && prefix.bits >= 96;
	row->first = addr_number(&prefix.addr);
	unsigned host_bits = 128u - prefix.bits;
	row->last = row->first | (host_bits < 128 ? ((unsigned __int128)1 << host_bits) - 1
						  : ~(unsigned __int128)0);
	return true;
}

static bool parse_range(struct network_row *row, const char *first, const char *last)
{
	struct addr from, to;

	if (!addr_parse(first, &from) || !addr_parse(last, &to) ||
		addr_is_v4(&from) != addr_is_v4(&to)) {
		return false;
	}
	row->v4 = addr_is_v4(&from);
	row->first = addr_number(&from);
	row->last = addr_number(&to);
	return row->first <= row->last;
}

/* Reads a line's addresses and AS number. False where it is not a row. */
static bool parse_row(struct network_row *row, char *const fields[FIELDS_MAX], unsigned count)
{
	unsigned addresses = count > 0 && strchr(fields[0], '/') ? 1 : 2;
	bool is_row = count > addresses && asn_parse(fields[addresses], &row->asn);

	if (is_row) {
		is_row = addresses == 1 ? parse_prefix(row, fields[0])
					: parse_range(row, fields[0], fields[1]);
	}
	row->organization = count > addresses + 1 ? fields[addresses + 1] : "";
	return is_row;
}

static int add_row(struct network_table *table, const struct network_row *row)
{
	if (table->count == table->capacity) {
		uint32_t capacity = 2 * table->capacity + 4096;
		struct network_row *rows = realloc(table->rows, capacity * sizeof(*rows));
		if (!rows) {
			return -ENOMEM;
		}
		table->rows = rows;
		table->capacity = capacity;
	}
	table->rows[table->count++] = *row;
	return 0;
}

int network_table_read(struct network_table *table, const char *path, struct err *err)
{
	struct csv csv = { .path = path };
	char *fields[FIELDS_MAX];
	unsigned count;

	if (table->text_count == NETWORK_TABLE_FILES_MAX) {
		return err_set(
			err, E2BIG, "%s: more than %u tables", path, NETWORK_TABLE_FILES_MAX);
	}
	int status = file_read(path, &table->texts[table->text_count], NULL, err);
	if (status < 0) {
		return status;
	}
	csv.rest = table->texts[table->text_count++];
	while (next_line(&csv, fields, &count)) {
		struct network_row row = { 0 };
		bool is_row = parse_row(&row, fields, count);
		if (!is_row && count > 0 && csv.line > 1) {
			return err_set(err, EINVAL,
				"%s:%u: expected \"first address,last address,AS "
				"number,organisation\" "
				"or \"prefix,AS number,organisation\"",
				path, csv.line);
		}
		if (is_row && add_row(table, &row) < 0) {
			return err_set(err, ENOMEM, "%s: out of memory", path);
		}
	}
	return 0;
}

void network_table_deinit(struct network_table *table)
{
	for (unsigned i = 0; i < table->text_count; i++) {
		free(table->texts[i]);
	}
	free(table->rows);
	*table = (struct network_table){ 0 };
}
