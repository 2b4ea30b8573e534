/* Alerts to Redis: at once, for the analysis of a file; through the outbox, for a sensor, so that
 * nobody waits for the server (redis/redis_alert.h says what is kept there). */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert_output.h"
#include "analyzer/redis/outbox.h"
#include "analyzer/redis/redis.h"
#include "analyzer/redis/redis_alert.h"
#include "base/text.h"

struct alert_output {
	struct redis *redis; /* NULL: through the outbox */
	struct outbox *outbox;
	struct text line;
};

static int redis_alerts_close(struct alert_output *output, struct err *err)
{
	(void)err;
	redis_close(output->redis);
	text_deinit(&output->line);
	free(output);
	return 0;
}

static int redis_alerts_open(
	struct alert_output **output, const struct alert_output_options *options, struct err *err)
{
	struct alert_output *opened = calloc(1, sizeof(*opened));
	int status = 0;

	if (!opened) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	opened->outbox = options->outbox;
	text_init_heap(&opened->line);
	if (!opened->outbox) {
		status = redis_open(&opened->redis, options->target, REDIS_DEADLINE_MS, err);
	}
	if (status < 0) {
		redis_alerts_close(opened, NULL);
		return status;
	}
	*output = opened;
	return 0;
}

/* "ID KIND DIGEST STATE TIME SUPPRESSION", the JSON on a line of its own, and what is said, a line
 * a language. */
static int put_into_outbox(struct alert_output *output, const struct redis_alert *posted,
	uint64_t time_ns, struct err *err)
{
	text_clear(&output->line);
	text_printf(&output->line, "%s %s %s %s %" PRIu64 " %s\n", posted->id, posted->kind,
		posted->digest, posted->state, posted->time_ns, posted->suppression);
	text_put(&output->line, posted->json);
	text_put_char(&output->line, '\n');
	text_put(&output->line, posted->said);
	if (output->line.truncated || !outbox_put(output->outbox, SPOOL_ALERT, time_ns,
					      output->line.at, output->line.length)) {
		return err_set(err, ENOBUFS, "there is no room for what waits for Redis");
	}
	return 0;
}

static int redis_alerts_write(
	struct alert_output *output, const struct alert_post *post, struct err *err)
{
	const struct redis_alert posted = { post->id, post->kind, post->digest, post->json,
		post->said, post->state, post->suppression, post->first_ns };

	return output->outbox ? put_into_outbox(output, &posted, post->last_ns, err)
			      : redis_alert_post(output->redis, &posted, err);
}

const struct alert_output_ops alert_output_redis = {
	.name = "alerts to Redis",
	.open = redis_alerts_open,
	.write = redis_alerts_write,
	.close = redis_alerts_close,
};
