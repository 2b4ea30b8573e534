/* Alerts to the desk of this sensor: the folder of --state. What the policy said is kept with the
 * first alert that it was in force for. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/alert/alert_desk.h"
#include "analyzer/alert/alert_outputs.h"
#include "analyzer/record/digest.h"
#include "base/clock.h"
#include "base/file.h"

struct alert_output {
	struct alert_store *store;
	const char *policy; /* its file; NULL none */
	char kept_hash[2 * DIGEST_SHA256_BYTES + 1];
};

static int desk_open(
	struct alert_output **output, const struct alert_output_options *options, struct err *err)
{
	struct alert_output *opened = calloc(1, sizeof(*opened));
	int status = opened ? alert_store_open(&opened->store, options->target, err)
			    : err_set(err, ENOMEM, "%s: out of memory", options->target);

	if (status < 0) {
		free(opened);
		return status;
	}
	opened->policy = options->policy;
	*output = opened;
	return 0;
}

/* The policy's file, or its version of that hash in a folder of versions (policy_history.h). */
static int read_policy(const char *policy, const char *hash, char **text, size_t *length)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s.yaml", policy, hash) < PATH_MAX &&
			       access(path, R_OK) == 0
		       ? file_read(path, text, length, NULL)
		       : file_read(policy, text, length, NULL);
}

/* A file that was changed since is not what was in force: then nothing is kept. */
static int keep_policy(struct alert_output *output, const char *hash, struct err *err)
{
	char found[2 * DIGEST_SHA256_BYTES + 1], *text;
	uint8_t digest[DIGEST_SHA256_BYTES];
	size_t length;
	int status = 0;

	if (!output->policy || hash[0] == '\0' || strcmp(hash, output->kept_hash) == 0 ||
		read_policy(output->policy, hash, &text, &length) < 0) {
		return 0;
	}
	digest_sha256(text, length, digest);
	digest_hex(digest, sizeof(digest), found);
	if (strcmp(found, hash) == 0) {
		status = alert_desk_keep_policy(output->store, hash, text, err);
	}
	if (status == 0) {
		snprintf(output->kept_hash, sizeof(output->kept_hash), "%s", hash);
	}
	free(text);
	return status;
}

static int desk_write(struct alert_output *output, const struct alert_post *post, struct err *err)
{
	int status = keep_policy(output, post->policy_hash, err);

	return status < 0 ? status : alert_desk_post(output->store, post, err);
}

static int desk_close(struct alert_output *output, struct err *err)
{
	(void)err;
	alert_store_close(output->store);
	free(output);
	return 0;
}

static int desk_tidy(struct alert_output *output, uint64_t now_ns, struct err *err)
{
	unsigned erased;

	return alert_desk_expire(
		output->store, now_ns, ALERT_KEPT_DAYS * (24 * 3600 * NS_PER_S), &erased, err);
}

const struct alert_output_ops alert_output_folder = {
	.name = "alerts to the desk",
	.open = desk_open,
	.write = desk_write,
	.tidy = desk_tidy,
	.close = desk_close,
};
