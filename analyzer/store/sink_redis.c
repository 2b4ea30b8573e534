/* Metrics in Redis: what the meter gathers, applied batch by batch, each once.
 *
 * All keys of a sensor carry its hash tag: bf:1:{SENSOR}:… (share/redis/borderflow.lua says which).
 * The analysis of a file is a sensor of its own, named by the file's hash: the same records make
 * the same batches under the same numbers, so that a second run changes nothing. Its epoch is made
 * of the facts that the sums depend on; the same file under another policy or catalogue is refused,
 * since its batches would be others. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/catalogue/catalogue.h"
#include "analyzer/digest.h"
#include "analyzer/meter/meter.h"
#include "analyzer/policy/policy.h"
#include "analyzer/store/redis.h"
#include "analyzer/store/sinks.h"
#include "base/file.h"
#include "base/hash.h"

enum { SENSOR_LENGTH_MAX = 64, NUMBER_TEXT = 24, DIGEST_TEXT = 2 * DIGEST_SHA256_BYTES + 1 };

static const char sensor_letters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

struct sink {
	struct redis *redis;
	struct meter *meter;
	char *library;
	size_t library_length;
	char cursor[SENSOR_LENGTH_MAX + 16]; /* bf:1:{SENSOR}:seq */
	char epoch[NUMBER_TEXT];
	char chain[DIGEST_TEXT]; /* digest of all batches so far; "" before the first */
	bool is_loaded;          /* the library */
	bool failed;             /* said already: closing does not wait once more */
};

static void sink_free(struct sink *sink)
{
	redis_close(sink->redis);
	meter_destroy(sink->meter);
	free(sink->library);
	free(sink);
}

static void make_epoch(struct sink *sink, const struct lexicon *lexicon)
{
	struct hash_key key = hash_key_fixed("borderflow epoch");
	char facts[256];
	int length = snprintf(facts, sizeof(facts), "%s %s", catalogue_hash(lexicon->catalogue),
		policy_hash(lexicon->policy));

	snprintf(sink->epoch, sizeof(sink->epoch), "%016" PRIx64,
		hash_bytes(&key, facts, (size_t)length));
}

static int set_sensor(struct sink *sink, const char *sensor, struct err *err)
{
	if (!sensor || sensor[0] == '\0' || strlen(sensor) > SENSOR_LENGTH_MAX ||
		strspn(sensor, sensor_letters) != strlen(sensor)) {
		return err_set(err, EINVAL,
			"Redis: a sensor's name has 1 to %d letters, digits, dots, dashes and "
			"underscores; found \"%.80s\"",
			SENSOR_LENGTH_MAX, sensor ? sensor : "");
	}
	snprintf(sink->cursor, sizeof(sink->cursor), "bf:1:{%s}:seq", sensor);
	return 0;
}

static int redis_sink_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	struct sink *opened = calloc(1, sizeof(*opened));
	char path[PATH_MAX];
	int status;

	if (!opened) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	status = redis_open(&opened->redis, options->target, REDIS_DEADLINE_MS, err);
	if (status == 0) {
		status = set_sensor(opened, options->sensor, err);
	}
	if (status == 0) {
		status = file_find_data("analyzer/share/redis/borderflow.lua", path, err);
	}
	if (status == 0) {
		status = file_read(path, &opened->library, &opened->library_length, err);
	}
	if (status == 0) {
		make_epoch(opened, options->lexicon);
		opened->meter = meter_create(options->lexicon);
		status = opened->meter ? 0 : err_set(err, ENOMEM, "Redis: out of memory");
	}
	if (status < 0) {
		sink_free(opened);
		return status;
	}
	*sink = opened;
	return 0;
}

static int say_what_came(const struct sink *sink, int64_t answer, struct err *err)
{
	if (answer >= 2) {
		return err_set(err, EPROTO,
			"Redis at %s: %" PRId64 " keys of this sensor hold values of another kind "
			"and were left as they are; something else writes below %s",
			redis_name(sink->redis), answer - 1, sink->cursor);
	}
	if (answer < 0) {
		return err_set(err, EEXIST,
			"Redis at %s already holds other sums of this input (%s): it was analysed "
			"with another policy, catalogue or geo data, or not to its end. Remove the "
			"keys with that tag to write them anew",
			redis_name(sink->redis), sink->cursor);
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

static int load_library(struct sink *sink, struct err *err)
{
	int status = 0;

	if (!sink->is_loaded) {
		status = redis_load_library(
			sink->redis, "borderflow", sink->library, sink->library_length, err);
		sink->is_loaded = status == 0;
	}
	return status;
}

static int apply(struct sink *sink, const struct meter_batch *batch, struct err *err)
{
	char number[NUMBER_TEXT], now[NUMBER_TEXT], after[DIGEST_TEXT];
	const char *arguments[] = { "FCALL", "borderflow_apply", "1", sink->cursor, sink->epoch,
		number, sink->chain, after, now, "0", batch->bytes };
	enum { COUNT = sizeof(arguments) / sizeof(arguments[0]) };
	size_t lengths[COUNT];
	struct redis_answer answer;
	int status = load_library(sink, err);

	if (status < 0) {
		return status;
	}
	extend_chain(sink->chain, batch, after);
	snprintf(number, sizeof(number), "%" PRIu64, batch->number);
	snprintf(now, sizeof(now), "%" PRIu64, batch->latest_ns);
	for (size_t i = 0; i < COUNT; i++) {
		lengths[i] = strlen(arguments[i]);
	}
	lengths[COUNT - 1] = batch->length;
	status = redis_command(sink->redis, COUNT, arguments, lengths, &answer, err);
	if (status == 0) {
		memcpy(sink->chain, after, sizeof(sink->chain));
		status = say_what_came(sink, answer.number, err);
	}
	return status;
}

static int cut_and_apply(struct sink *sink, struct err *err)
{
	struct meter_batch batch;
	int status = 0;

	if (meter_cut(sink->meter, &batch)) {
		status = apply(sink, &batch, err);
	} else if (errno == ENOMEM) {
		status = err_set(err, ENOMEM, "Redis: out of memory");
	}
	sink->failed = sink->failed || status < 0;
	return status;
}

static int redis_sink_write(
	struct sink *sink, const struct record *records, size_t count, struct err *err)
{
	int status = 0;

	while (count > 0 && status == 0) {
		size_t taken = meter_add(sink->meter, records, count);
		records += taken;
		count -= taken;
		if (count > 0) {
			status = cut_and_apply(sink, err);
		}
	}
	return status;
}

static int redis_sink_flush(struct sink *sink, uint64_t now_ns, struct err *err)
{
	(void)now_ns;
	return cut_and_apply(sink, err);
}

static int redis_sink_close(struct sink *sink, struct err *err)
{
	int status = sink->failed ? 0 : cut_and_apply(sink, err);

	sink_free(sink);
	return status;
}

const struct sink_ops sink_redis = {
	.name = "redis",
	.open = redis_sink_open,
	.write = redis_sink_write,
	.flush = redis_sink_flush,
	.close = redis_sink_close,
};
