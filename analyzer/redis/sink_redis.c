/* Metrics in Redis: what the meter gathers, applied batch by batch, each once.
 *
 * All keys of a sensor carry its hash tag: bf:1:{SENSOR}:… (share/redis/borderflow.lua says which).
 *
 * A live sensor leaves its batches to the outbox (outbox.h). The analysis of a file waits for each.
 * It is a sensor of its own, named by the file's hash: the same records make the same batches under
 * the same numbers, so that a second run changes nothing. Its epoch is made of the facts that the
 * sums depend on; the same file under another policy or catalogue is refused, since its batches
 * would be others. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/digest.h"
#include "analyzer/rollup/meter.h"
#include "analyzer/policy/policy.h"
#include "analyzer/redis/outbox.h"
#include "analyzer/redis/redis.h"
#include "analyzer/redis/redis_function.h"
#include "analyzer/output/sinks.h"
#include "base/hash.h"

enum { DIGEST_TEXT = 2 * DIGEST_SHA256_BYTES + 1 };

struct sink {
	struct meter *meter;
	struct outbox *outbox; /* live; what follows is for files */
	uint64_t every_ns, flushed_ns;

	struct redis *redis;
	struct redis_function *function, *merged;
	char epoch[REDIS_EPOCH_BYTES];
	char chain[DIGEST_TEXT]; /* digest of all batches so far; "" before the first */
	bool failed;             /* said already: closing does not wait once more */
};

static void sink_free(struct sink *sink)
{
	redis_function_close(sink->function);
	redis_function_close(sink->merged);
	redis_close(sink->redis);
	meter_destroy(sink->meter);
	free(sink);
}

static void make_epoch(struct sink *sink, const struct reference *reference)
{
	struct hash_key key = hash_key_fixed("borderflow epoch");
	char facts[256];
	int length = snprintf(facts, sizeof(facts), "%s %s", catalogue_hash(reference->catalogue),
		policy_hash(reference->policy));

	snprintf(sink->epoch, sizeof(sink->epoch), "%016" PRIx64,
		hash_bytes(&key, facts, (size_t)length));
}

static int open_connection(struct sink *sink, const struct sink_options *options, struct err *err)
{
	int status = redis_open(&sink->redis, options->target, REDIS_DEADLINE_MS, err);

	if (status == 0) {
		status = redis_function_open(
			&sink->function, sink->redis, options->sensor, NULL, err);
	}
	if (status == 0) {
		status = redis_function_open(
			&sink->merged, sink->redis, options->sensor, REDIS_TENANT, err);
	}
	if (status == 0) {
		make_epoch(sink, options->reference);
	}
	return status;
}

static int redis_sink_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	struct sink *opened = calloc(1, sizeof(*opened));
	int status = 0;

	if (!opened) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	opened->outbox = options->outbox;
	opened->every_ns = options->every_ns;
	if (!opened->outbox) {
		status = open_connection(opened, options, err);
	}
	if (status == 0) {
		opened->meter = meter_create();
		status = opened->meter ? 0 : err_set(err, ENOMEM, "Redis: out of memory");
	}
	if (status < 0) {
		sink_free(opened);
		return status;
	}
	*sink = opened;
	return 0;
}

static int say_what_came(const struct sink *sink, const struct redis_function *function,
	enum redis_outcome outcome, uint64_t keys_refused, struct err *err)
{
	const char *cursor = redis_function_cursor_key(function);

	if (keys_refused > 0) {
		return err_set(err, EPROTO,
			"Redis at %s: %" PRIu64 " keys of this sensor hold values of another kind "
			"and were left as they are; something else writes below %s",
			redis_name(sink->redis), keys_refused, cursor);
	}
	if (outcome == REDIS_NOT_NEXT) {
		return err_set(err, EEXIST,
			"Redis at %s already holds other sums of this input (%s): it was analysed "
			"with another policy, catalogue or geo data, or not to its end. Remove the "
			"keys with that tag to write them anew",
			redis_name(sink->redis), cursor);
	}
	return 0;
}

/* The digest of the chain with one more batch: SHA-256 over the digest so far and the batch's own.
 */
static void extend_chain(
	const char *chain, const struct meter_batch *batch, char after[DIGEST_TEXT])
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	char both[2 * DIGEST_TEXT];
	int length;

	digest_sha256(batch->bytes, batch->length, digest);
	digest_hex(digest, sizeof(digest), after);
	length = snprintf(both, sizeof(both), "%s %s", chain, after);
	digest_sha256(both, (size_t)length, digest);
	digest_hex(digest, sizeof(digest), after);
}

static int apply_to(struct sink *sink, struct redis_function *function,
	const struct redis_batch *batch, struct err *err)
{
	enum redis_outcome outcome;
	uint64_t keys_refused;
	int status = redis_function_apply(function, batch, &outcome, &keys_refused, err);

	return status < 0 ? status : say_what_came(sink, function, outcome, keys_refused, err);
}

/* To the input's own sums, and to those of all sensors. */
static int apply(struct sink *sink, const struct meter_batch *batch, struct err *err)
{
	char after[DIGEST_TEXT];
	struct redis_batch sent = { sink->epoch, batch->number, sink->chain, after,
		batch->latest_ns, batch->bytes, batch->length };

	extend_chain(sink->chain, batch, after);
	int status = apply_to(sink, sink->function, &sent, err);
	if (status == 0) {
		status = apply_to(sink, sink->merged, &sent, err);
	}
	if (status == 0) {
		memcpy(sink->chain, after, sizeof(sink->chain));
	}
	return status;
}

/* The outbox counts what it cannot take; the sink goes on. */
static int hand_on(struct sink *sink, const struct meter_batch *batch, struct err *err)
{
	if (sink->outbox) {
		struct meter_stats stats;
		meter_read_stats(sink->meter, &stats);
		outbox_note_others(sink->outbox, stats.series_overflow);
		outbox_put(
			sink->outbox, SPOOL_METRICS, batch->latest_ns, batch->bytes, batch->length);
		return 0;
	}
	return apply(sink, batch, err);
}

static int cut(struct sink *sink, struct err *err)
{
	struct meter_batch batch;
	int status = 0;

	if (meter_cut(sink->meter, &batch)) {
		status = hand_on(sink, &batch, err);
	} else if (errno == ENOMEM) {
		status = err_set(err, ENOMEM, "Redis: out of memory");
	}
	sink->failed = sink->failed || status < 0;
	return status;
}

static int redis_sink_write(struct sink *sink, const struct reference *reference,
	const struct cell *cells, size_t count, struct err *err)
{
	int status = 0;

	(void)reference;
	while (count > 0 && status == 0) {
		size_t taken = meter_add(sink->meter, cells, count);
		cells += taken;
		count -= taken;
		if (count > 0) {
			status = cut(sink, err);
		}
	}
	return status;
}

/* A clock that was set back does not keep anything waiting. */
static int redis_sink_flush(
	struct sink *sink, const struct reference *reference, uint64_t now_ns, struct err *err)
{
	(void)reference;
	if (now_ns >= sink->flushed_ns && now_ns < sink->flushed_ns + sink->every_ns) {
		return 0;
	}
	sink->flushed_ns = now_ns;
	return cut(sink, err);
}

static int redis_sink_close(struct sink *sink, struct err *err)
{
	int status = sink->failed ? 0 : cut(sink, err);

	sink_free(sink);
	return status;
}

const struct sink_ops sink_redis = {
	.name = "redis",
	.open = redis_sink_open,
	.write_cells = redis_sink_write,
	.joins_sensors = true,
	.flush = redis_sink_flush,
	.close = redis_sink_close,
};
