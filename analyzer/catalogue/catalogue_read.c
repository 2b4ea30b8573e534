#include "analyzer/catalogue/catalogue_facts.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/tsv.h"

/* The columns of a pack. */
enum column { COLUMN_APP, COLUMN_FACT, COLUMN_VALUE, COLUMN_SOURCE };
static const char *const columns[] = { "app", "fact", "value", "source", NULL };

static uint64_t changed_ns(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_mtim.tv_sec > 0
		       ? (uint64_t)status.st_mtim.tv_sec * NS_PER_S
		       : 0;
}

static int read_file(struct facts *facts, const char *path, uint8_t layer, struct err *err)
{
	struct facts_file *files =
		facts_grow(facts->files, facts->file_count, &facts->file_capacity, sizeof(*files));
	const char *kept_path = facts_keep(facts, path, strlen(path));
	struct tsv *tsv;

	if (files) {
		facts->files = files;
	}
	if (!files || !kept_path) {
		return err_set(err, ENOMEM, "%s: out of memory", path);
	}
	struct facts_file *file = &files[facts->file_count++];
	*file = (struct facts_file){ .path = kept_path, .changed_ns = changed_ns(path) };
	int status = file_read(path, &file->text, &file->text_bytes, err);
	if (status == 0) {
		status = tsv_open_text(&tsv, path, file->text, columns, err);
	}
	if (status < 0) {
		return status;
	}
	struct fact_line line = { .facts = facts, .file = kept_path, .layer = layer };
	while (status == 0 && (status = tsv_next(tsv, err)) > 0) {
		line.number = tsv_line(tsv);
		line.id = tsv_cell(tsv, COLUMN_APP);
		line.fact = tsv_cell(tsv, COLUMN_FACT);
		line.value = tsv_cell(tsv, COLUMN_VALUE);
		line.source_text = tsv_cell(tsv, COLUMN_SOURCE);
		status = facts_apply(&line, err);
		file->fact_count++;
	}
	tsv_close(tsv);
	return status;
}

static int is_pack(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 4 &&
	       strcmp(entry->d_name + length - 4, ".tsv") == 0;
}

/* The same order everywhere, whatever the locale. */
static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int facts_read(struct facts *facts, const char *path, uint8_t layer, struct err *err)
{
	struct stat status;
	struct dirent **entries;
	int result = 0;

	if (stat(path, &status) < 0) {
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	if (!S_ISDIR(status.st_mode)) {
		return read_file(facts, path, layer, err);
	}
	int count = scandir(path, &entries, is_pack, compare_entries);
	if (count < 0) {
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	if (count == 0) {
		result = err_set(err, ENOENT, "%s: there are no *.tsv files in this folder", path);
	}
	for (int i = 0; i < count; i++) {
		char file[PATH_MAX];
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (result == 0) {
			result = read_file(facts, file, layer, err);
		}
		free(entries[i]);
	}
	free(entries);
	return result;
}
