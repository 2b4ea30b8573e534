/* Alerts as ndjson in ECS 8: one object a line. */
#include <errno.h>
#include <stdlib.h>

#include "analyzer/alert/alert_output.h"
#include "analyzer/output/out_file.h"
#include "base/text.h"

struct alert_output {
	struct out_file file;
	struct text line;
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
	text_init_heap(&opened->line);
	*output = opened;
	return 0;
}

/* Each alert is written through at once: whoever follows the file sees it. */
static int ndjson_write(struct alert_output *output, const struct alert_post *post, struct err *err)
{
	text_clear(&output->line);
	text_put_bytes(&output->line, post->json, post->json_length);
	text_put_char(&output->line, '\n');
	if (output->line.truncated) {
		return err_set(err, ENOMEM, "%s: out of memory", output->file.path);
	}
	return out_file_write(&output->file, output->line.at, output->line.length, err);
}

static int ndjson_close(struct alert_output *output, struct err *err)
{
	int status = out_file_close(&output->file, err);

	text_deinit(&output->line);
	free(output);
	return status;
}

const struct alert_output_ops alert_output_ndjson = {
	.name = "alerts to a file",
	.open = ndjson_open,
	.write = ndjson_write,
	.close = ndjson_close,
};
