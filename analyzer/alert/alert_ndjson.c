/* Alerts as ndjson in ECS 8: one object a line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert_output.h"
#include "analyzer/output/out_file.h"
#include "base/text.h"

struct alert_output {
	struct out_file file;
	struct text
		line; /* between two alerts: the rest of one that a pipe took the beginning of */
};

static int ndjson_open(
	struct alert_output **output, const struct alert_output_options *options, struct err *err)
{
	struct alert_output *opened = calloc(1, sizeof(*opened));
	int status;

	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", options->target);
	}
	status = out_file_open(&opened->file, options->target,
		options->appends ? OUT_FILE_APPEND : OUT_FILE_REPLACE, err);
	if (status < 0) {
		free(opened);
		return status;
	}
	if (options->is_live) {
		out_file_hurry(&opened->file);
	}
	text_init_heap(&opened->line);
	*output = opened;
	return 0;
}

/* What did not go out stays in the line. */
static int write_line(struct alert_output *output, struct err *err)
{
	struct text *line = &output->line;
	int status =
		line->length == 0 ? 0 : out_file_write(&output->file, line->at, line->length, err);

	if (status == 0) {
		text_clear(line);
	} else {
		line->length -= output->file.gone;
		memmove(line->at, line->at + output->file.gone, line->length);
	}
	return status;
}

/* Each alert is written through at once: whoever follows the file sees it. */
static int ndjson_write(struct alert_output *output, const struct alert_post *post, struct err *err)
{
	int status = write_line(output, err);

	if (status < 0) {
		return status;
	}
	text_put_bytes(&output->line, post->json, post->json_length);
	text_put_char(&output->line, '\n');
	if (output->line.truncated) {
		text_clear(&output->line);
		return err_set(err, ENOMEM, "%s: out of memory", output->file.path);
	}
	status = write_line(output, err);
	if (status < 0 && output->file.gone > 0) {
		return 0; /* it is on its way */
	}
	if (status < 0) {
		text_clear(&output->line);
	}
	return status;
}

static int ndjson_close(struct alert_output *output, struct err *err)
{
	int status = write_line(output, err);
	int closed = out_file_close(&output->file, status < 0 ? NULL : err);

	text_deinit(&output->line);
	free(output);
	return status < 0 ? status : closed;
}

const struct alert_output_ops alert_output_ndjson = {
	.name = "alerts to a file",
	.open = ndjson_open,
	.write = ndjson_write,
	.close = ndjson_close,
};
