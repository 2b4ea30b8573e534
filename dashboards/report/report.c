#include "dashboards/report/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "dashboards/report/report_figures.h"
#include "dashboards/report/report_tables.h"
#include "dashboards/report/report_versions.h"

enum { EDITIONS_MAX = 999 };

/* What was decided after the period is none of it. */
const struct policy *report_policy_of(const struct report_model *model, const struct policy *latest)
{
	return model->to_ns > 0 ? policy_at(latest, model->to_ns - 1) : latest;
}

static int write_text(
	const char *folder, const char *name, const struct text *text, struct err *err)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= PATH_MAX) {
		return err_set(err, ENAMETOOLONG, "%s: the path is too long", folder);
	}
	return text->truncated ? err_set(err, ENOMEM, "%s: out of memory", path)
			       : file_write(path, text->at, text->length, err);
}

static int write_page(const char *folder, const struct report_model *model,
	const struct messages *messages, const char *css, struct err *err)
{
	char name[64];
	struct text text;

	text_init_heap(&text);
	report_put_html(&text, model, messages, css);
	snprintf(name, sizeof(name), "report.%s.html", messages_language(messages));
	int status = write_text(folder, name, &text, err);
	text_deinit(&text);
	return status;
}

static int write_tables(const char *folder, const struct report_model *model,
	const struct messages *messages, struct err *err)
{
	char path[PATH_MAX], name[64];
	int status = snprintf(path, sizeof(path), "%s/csv", folder) < PATH_MAX - 4
			     ? file_make_folder(path, 0755, err)
			     : err_set(err, ENAMETOOLONG, "%s: the path is too long", folder);

	if (status == 0) {
		strcat(path, "/");
		strcat(path, messages_language(messages));
		status = file_make_folder(path, 0755, err);
	}
	for (unsigned i = 0; status == 0 && report_tables[i]; i++) {
		struct report_table table;
		struct text text;
		text_init_heap(&text);
		report_table_fill(&table, report_tables[i], model);
		report_put_csv(&text, &table, model, messages);
		snprintf(name, sizeof(name), "%s.csv", table.type->id);
		status = write_text(path, name, &text, err);
		report_table_deinit(&table);
		text_deinit(&text);
	}
	return status;
}

/* The policy once more, with its free texts in that language; NULL where it cannot be read again (a
 * pipe), or is another one by now. */
static struct policy *translate(const struct report_model *model, const char *language)
{
	const struct reference *reference = model->reference;
	struct policy_problems problems;
	struct policy *policy = NULL;
	struct stat stat_of;
	struct err ignored;

	if (!model->policy_path || stat(model->policy_path, &stat_of) < 0 ||
		!(S_ISREG(stat_of.st_mode) || S_ISDIR(stat_of.st_mode)) ||
		policy_load_in(&policy, model->policy_path, model->networks, language,
			reference->catalogue, &problems, &ignored) < 0) {
		return NULL;
	}
	const struct policy *same = report_policy_of(model, policy);
	if (strcmp(policy_hash(same), policy_hash(reference->policy)) != 0) {
		policy_free(policy);
		policy = NULL;
	}
	return policy;
}

static int write_language(const char *folder, const struct report_model *model,
	const char *language, const char *css, struct err *err)
{
	struct policy *translated = translate(model, language);
	struct reference reference = *model->reference;
	struct report_model of_language = *model;
	struct messages *messages;
	int status = messages_open(&messages, language, err);

	if (translated) {
		reference.policy = report_policy_of(model, translated);
		of_language.reference = &reference;
	}
	if (status == 0) {
		status = write_page(folder, &of_language, messages, css, err);
	}
	if (status == 0) {
		status = write_tables(folder, &of_language, messages, err);
	}
	messages_close(messages);
	policy_free(translated);
	return status;
}

static int read_css(char **css, struct err *err)
{
	char path[PATH_MAX];
	int status = file_find_data("dashboards/share/report.css", path, err);

	return status == 0 ? file_read(path, css, NULL, err) : status;
}

/* figures.tsv last: an edition without it was never finished, and is written again. */
static int write_edition(const char *folder, const struct report_options *options,
	const struct report_model *model, const struct text *figures, struct err *err)
{
	char *css = NULL;
	struct text json;
	int status = file_make_folder(folder, 0755, err);

	if (status == 0) {
		status = read_css(&css, err);
	}
	for (size_t i = 0; status == 0 && i < GEO_LANGUAGE_COUNT; i++) {
		if (!options->language || strcmp(options->language, messages_languages[i]) == 0) {
			status = write_language(folder, model, messages_languages[i], css, err);
		}
	}
	if (status == 0) {
		text_init_heap(&json);
		report_put_json(&json, model);
		status = write_text(folder, "report.json", &json, err);
		text_deinit(&json);
	}
	if (status == 0) {
		status = write_text(folder, "figures.tsv", figures, err);
	}
	free(css);
	return status;
}

static int edition_folder(
	char path[PATH_MAX], const char *folder, unsigned edition, struct err *err)
{
	int length = edition > 1 ? snprintf(path, PATH_MAX, "%s/edition-%u", folder, edition)
				 : snprintf(path, PATH_MAX, "%s", folder);

	return length < PATH_MAX ? 0
				 : err_set(err, ENAMETOOLONG, "%s: the path is too long", folder);
}

/* The figures of the latest edition in the folder; NULL where there is none. */
static int find_latest(const char *folder, unsigned *edition, char **figures, struct err *err)
{
	char path[PATH_MAX + 16], edition_path[PATH_MAX];
	struct stat stat_of;

	*edition = 0;
	*figures = NULL;
	for (unsigned next = 1; next <= EDITIONS_MAX; next++) {
		int status = edition_folder(edition_path, folder, next, err);
		if (status < 0) {
			return status;
		}
		snprintf(path, sizeof(path), "%s/figures.tsv", edition_path);
		if (stat(path, &stat_of) < 0) {
			break;
		}
		*edition = next;
		free(*figures);
		*figures = NULL;
		status = file_read(path, figures, NULL, err);
		if (status < 0) {
			return status;
		}
	}
	return 0;
}

static int write_period(const struct report_options *options, struct report_model *model,
	const struct text *figures, struct report_written *written, struct err *err)
{
	struct report_changes changes = { .count = 0 };
	char *latest;
	int status = find_latest(options->folder, &written->edition, &latest, err);

	if (status == 0 && latest) {
		status = report_compare_figures(&changes, latest, figures->at, err);
	}
	written->changes = changes.count;
	written->is_unchanged = latest && changes.count == 0;
	written->edition += written->is_unchanged ? 0 : 1;
	if (status == 0) {
		status = edition_folder(written->folder, options->folder, written->edition, err);
	}
	if (status == 0 && !written->is_unchanged) {
		model->edition = written->edition;
		model->changes = latest ? &changes : NULL;
		status = file_make_folder(options->folder, 0755, err);
	}
	if (status == 0 && !written->is_unchanged) {
		status = write_edition(written->folder, options, model, figures, err);
	}
	report_changes_free(&changes);
	free(latest);
	return status;
}

int report_write(const struct report_options *options, const struct report_model *model,
	struct report_written *written, struct err *err)
{
	struct report_model suppressed = *model;
	struct report_versions versions;
	struct report_written ignored;
	struct text figures;
	int status;

	written = written ? written : &ignored;
	*written = (struct report_written){ .edition = 0 };
	/* Whatever is shown on the screen; over several months a device has several pseudonyms. */
	unsigned k = policy_header(model->reference->policy)->group_minimum;
	k = model->is_from_archive && model->group_minimum > k ? model->group_minimum : k;
	suppressed.group_minimum = k * report_months(model);
	report_versions_read(&versions, model);
	suppressed.versions = &versions;
	text_init_heap(&figures);
	report_put_figures(&figures, &suppressed);
	if (model->period) {
		status = write_period(options, &suppressed, &figures, written, err);
	} else {
		snprintf(written->folder, sizeof(written->folder), "%s", options->folder);
		status = write_edition(options->folder, options, &suppressed, &figures, err);
	}
	text_deinit(&figures);
	return status;
}
