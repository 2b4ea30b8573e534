#include "dashboards/report/report_figures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dashboards/report/report_tables.h"
#include "dashboards/report/report_value.h"

/* A tab or a line's end would be another column or row. */
static void put_word(struct text *text, const char *word)
{
	for (; *word; word++) {
		text_put_char(text, (unsigned char)*word < ' ' ? ' ' : *word);
	}
}

static void put_value(
	struct text *text, const struct report_value *value, const struct report_model *model)
{
	struct text plain;

	text_init_heap(&plain);
	report_value_put_plain(&plain, value, model);
	put_word(text, plain.at ? plain.at : "");
	text_deinit(&plain);
}

static void put_row(struct text *text, const struct report_table *table,
	const struct report_row *row, const struct report_model *model)
{
	struct text name;

	text_init_heap(&name);
	for (unsigned i = 0; i < table->type->key_columns; i++) {
		text_put(&name, i > 0 ? ", " : "");
		put_value(&name, &row->values[i], model);
	}
	for (unsigned i = table->type->key_columns; i < table->column_count; i++) {
		text_put(text, table->type->id);
		text_put_char(text, '\t');
		text_put(text, name.at ? name.at : "");
		text_put_char(text, '\t');
		text_put(text, report_column(table->type, i).key);
		text_put_char(text, '\t');
		put_value(text, &row->values[i], model);
		text_put_char(text, '\n');
	}
	text_deinit(&name);
}

void report_put_figures(struct text *text, const struct report_model *model)
{
	text_put(text, "table\trow\tcolumn\tvalue\n");
	for (unsigned i = 0; report_tables[i]; i++) {
		struct report_table table;
		if (report_tables[i] == &table_commands || report_tables[i] == &table_changes) {
			continue;
		}
		report_table_fill(&table, report_tables[i], model);
		for (size_t row = 0; row < table.count; row++) {
			put_row(text, &table, &table.rows[row], model);
		}
		report_table_deinit(&table);
	}
}

struct line {
	const char *table, *row, *column, *value;
};

static int compare_lines(const void *a, const void *b)
{
	const struct line *left = a, *right = b;
	int order = strcmp(left->table, right->table);

	order = order ? order : strcmp(left->row, right->row);
	return order ? order : strcmp(left->column, right->column);
}

static const char *next_word(char **at)
{
	char *word = *at, *end = word + strcspn(word, "\t\n");

	*at = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

/* Cuts the text into lines, sorted; how many. NULL where memory is out. */
static size_t read_lines(char *text, struct line **lines)
{
	size_t count = 0, most = 1;

	for (const char *c = text; *c; c++) {
		most += *c == '\n';
	}
	*lines = calloc(most, sizeof(**lines));
	while (*lines && *text) {
		struct line *line = &(*lines)[count];
		line->table = next_word(&text);
		line->row = next_word(&text);
		line->column = next_word(&text);
		line->value = next_word(&text);
		count++;
	}
	if (count > 1) {
		qsort(*lines, count, sizeof(**lines), compare_lines);
	}
	return count;
}

static void note_cause(struct report_changes *changes, const struct line *line)
{
	if (strcmp(line->table, "sources") == 0) {
		/* Of an archive that grew by other days alone only digests differ. */
		changes->causes[CAUSE_RECORDS] |= strcmp(line->column, "cells") == 0 ||
						  strcmp(line->column, "missing") == 0 ||
						  strcmp(line->column, "damaged") == 0;
	} else if (strncmp(line->row, "policy", 6) == 0) {
		changes->causes[CAUSE_POLICY] = true;
	} else if (strncmp(line->row, "catalogue", 9) == 0) {
		changes->causes[CAUSE_CATALOGUE] = true;
	} else {
		changes->causes[CAUSE_GEO] = true;
	}
}

static void note_change(
	struct report_changes *changes, const struct line *before, const struct line *now)
{
	const struct line *line = now ? now : before;

	if (strcmp(line->table, "sources") == 0 || strcmp(line->table, "in_force") == 0) {
		note_cause(changes, line);
		return;
	}
	changes->causes[CAUSE_DESK] |= strcmp(line->table, "alerts") == 0;
	if (changes->count == changes->capacity) {
		size_t capacity = changes->capacity ? 2 * changes->capacity : 64;
		struct report_change *items = realloc(changes->items, capacity * sizeof(*items));
		if (!items) {
			return;
		}
		changes->items = items;
		changes->capacity = capacity;
	}
	changes->items[changes->count] = (struct report_change){ line->table, line->row,
		line->column, before ? before->value : "", now ? now->value : "" };
	changes->count++;
}

static void merge(struct report_changes *changes, const struct line *old, size_t old_count,
	const struct line *new, size_t new_count)
{
	size_t i = 0, j = 0;

	while (i < old_count || j < new_count) {
		int order = i == old_count   ? 1
			    : j == new_count ? -1
					     : compare_lines(&old[i], &new[j]);
		if (order < 0) {
			note_change(changes, &old[i], NULL);
		} else if (order > 0) {
			note_change(changes, NULL, &new[j]);
		} else if (strcmp(old[i].value, new[j].value) != 0) {
			note_change(changes, &old[i], &new[j]);
		}
		i += order <= 0;
		j += order >= 0;
	}
}

int report_compare_figures(struct report_changes *changes, const char *old_figures,
	const char *new_figures, struct err *err)
{
	struct line *old = NULL, *new = NULL;
	size_t old_count = 0, new_count = 0;

	*changes = (struct report_changes){ .old_lines = strdup(old_figures),
		.new_lines = strdup(new_figures) };
	if (changes->old_lines && changes->new_lines) {
		old_count = read_lines(changes->old_lines, &old);
		new_count = read_lines(changes->new_lines, &new);
	}
	bool is_read = old && new;
	if (is_read) {
		merge(changes, old, old_count, new, new_count);
	}
	free(old);
	free(new);
	return is_read ? 0 : err_set(err, ENOMEM, "out of memory");
}

void report_changes_free(struct report_changes *changes)
{
	free(changes->old_lines);
	free(changes->new_lines);
	free(changes->items);
	*changes = (struct report_changes){ .count = 0 };
}
