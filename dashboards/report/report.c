#include "dashboards/report/report.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

static int write_page(const char *folder, const struct report_model *model, const char *language,
	const char *css, struct err *err)
{
	char path[PATH_MAX];
	struct messages *messages;
	struct text text;
	int status = messages_open(&messages, language, err);

	if (status < 0) {
		return status;
	}
	text_init_heap(&text);
	report_put_html(&text, model, messages, css);
	snprintf(path, sizeof(path), "%s/report.%s.html", folder, language);
	status = text.truncated ? err_set(err, ENOMEM, "%s: out of memory", path)
				: file_write(path, text.at, text.length, err);
	text_deinit(&text);
	messages_close(messages);
	return status;
}

static int write_json(const char *folder, const struct report_model *model, struct err *err)
{
	char path[PATH_MAX];
	struct text text;

	text_init_heap(&text);
	summary_put_json(&text, model);
	snprintf(path, sizeof(path), "%s/report.json", folder);
	int status = file_write(path, text.at, text.length, err);
	text_deinit(&text);
	return status;
}

static int write_csv(const char *folder, const struct report_model *model, struct err *err)
{
	char path[PATH_MAX];
	struct text text;

	text_init_heap(&text);
	report_put_csv(&text, model);
	snprintf(path, sizeof(path), "%s/policy.csv", folder);
	int status = text.truncated ? err_set(err, ENOMEM, "%s: out of memory", path)
				    : file_write(path, text.at, text.length, err);
	text_deinit(&text);
	return status;
}

int report_write(const char *folder, const struct report_model *model, struct err *err)
{
	struct report_model suppressed = *model;
	char css_path[PATH_MAX], *css = NULL;
	int status;

	suppressed.group_minimum = policy_header(model->reference->policy)->group_minimum;

	if (mkdir(folder, 0755) < 0 && errno != EEXIST) {
		return err_set(err, errno, "%s: %s", folder, strerror(errno));
	}
	status = file_find_data("dashboards/share/report.css", css_path, err);
	if (status == 0) {
		status = file_read(css_path, &css, NULL, err);
	}
	for (size_t i = 0; status == 0 && i < GEO_LANGUAGE_COUNT; i++) {
		status = write_page(folder, &suppressed, messages_languages[i], css, err);
	}
	if (status == 0) {
		status = write_json(folder, &suppressed, err);
	}
	if (status == 0) {
		status = write_csv(folder, &suppressed, err);
	}
	free(css);
	return status;
}
