/* Alerts to a webhook: POST, the alert as ECS JSON.
 *
 * Signed where there is a secret: X-Borderflow-Signature is "sha256=" and HMAC-SHA-256 over the
 * time in X-Borderflow-Time, a dot, and the body, so that nobody sends another or an old one.
 * Idempotency-Key is the same whenever the same revision comes again: a receiver that knows it
 * answers 200 and does nothing. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert_outputs.h"
#include "analyzer/alert/alert_target.h"
#include "analyzer/output/transfer.h"
#include "analyzer/record/digest.h"
#include "base/clock.h"
#include "base/text.h"

struct alert_output {
	struct transfer *transfer;
	struct hmac_key *key; /* NULL: unsigned */
	struct text signed_text;
};

static int webhook_close(struct alert_output *output, struct err *err)
{
	(void)err;
	transfer_close(output->transfer);
	hmac_key_destroy(output->key);
	text_deinit(&output->signed_text);
	free(output);
	return 0;
}

static int open_parts(
	struct alert_output *output, const struct alert_target *target, struct err *err)
{
	const struct transfer_options options = { .url = target->url, .ca = target->ca };
	char secret[ALERT_SECRET_BYTES];
	int status = transfer_open(&output->transfer, &options, err);

	if (status == 0 && target->secret[0] != '\0') {
		status = alert_target_read_secret(target->secret, secret, err);
		if (status == 0) {
			output->key = hmac_key_create(secret, strlen(secret));
			explicit_bzero(secret, sizeof(secret));
			status = output->key ? 0 : err_set(err, ENOMEM, "out of memory");
		}
	}
	return status;
}

static int webhook_open(
	struct alert_output **output, const struct alert_output_options *options, struct err *err)
{
	struct alert_output *opened = calloc(1, sizeof(*opened));
	struct alert_target target;

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	text_init_heap(&opened->signed_text);
	int status = alert_target_parse(&target, options->target, err);
	if (status == 0) {
		status = open_parts(opened, &target, err);
	}
	if (status < 0) {
		webhook_close(opened, NULL);
		return status;
	}
	*output = opened;
	return 0;
}

static int sign(struct alert_output *output, const struct alert_post *post, uint64_t time_s,
	char signature[2 * DIGEST_SHA256_BYTES + 1], struct err *err)
{
	uint8_t digest[DIGEST_SHA256_BYTES];

	signature[0] = '\0';
	if (!output->key) {
		return 0;
	}
	text_clear(&output->signed_text);
	text_put_u64(&output->signed_text, time_s);
	text_put_char(&output->signed_text, '.');
	text_put_bytes(&output->signed_text, post->json, post->json_length);
	if (output->signed_text.truncated) {
		return err_set(err, ENOMEM, "out of memory");
	}
	hmac_sha256(output->key, output->signed_text.at, output->signed_text.length, digest);
	digest_hex(digest, sizeof(digest), signature);
	return 0;
}

/* What the receiver says will be the same however often it is asked. */
static bool is_refused_for_good(unsigned code)
{
	return code >= 400 && code < 500 && code != 401 && code != 403 && code != 404 &&
	       code != 408 && code != 425 && code != 429;
}

static int webhook_write(
	struct alert_output *output, const struct alert_post *post, struct err *err)
{
	uint64_t time_s = clock_now_ns() / NS_PER_S;
	char signature[2 * DIGEST_SHA256_BYTES + 1], time[48], key[96],
		signed_by[sizeof(signature) + 40];
	const char *headers[] = { "Content-Type: application/json", key, time,
		output->key ? signed_by : NULL, NULL };
	unsigned code;
	int status = sign(output, post, time_s, signature, err);

	if (status < 0) {
		return status;
	}
	snprintf(time, sizeof(time), "X-Borderflow-Time: %" PRIu64, time_s);
	snprintf(key, sizeof(key), "Idempotency-Key: %s-%" PRIu32 "-%.16s", post->id,
		post->revision, post->digest);
	snprintf(signed_by, sizeof(signed_by), "X-Borderflow-Signature: sha256=%s", signature);
	status =
		transfer_post(output->transfer, headers, post->json, post->json_length, &code, err);
	return status < 0 && is_refused_for_good(code) ? -EBADMSG : status;
}

const struct alert_output_ops alert_output_webhook = {
	.name = "alerts to a webhook",
	.open = webhook_open,
	.write = webhook_write,
	.close = webhook_close,
};
