#include "analyzer/redis/outbox_sender.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/redis/redis.h"
#include "analyzer/redis/redis_alert.h"
#include "base/log.h"

static void put_epoch(char epoch[REDIS_EPOCH_BYTES], const struct spool_place *place)
{
	snprintf(epoch, REDIS_EPOCH_BYTES, "%016" PRIx64, place->epoch);
}

/* What the cursor holds once a batch was applied: no other batch leaves the same. */
static void put_digest(
	char digest[REDIS_DIGEST_BYTES], const struct spool_place *place, uint64_t checksum)
{
	snprintf(digest, REDIS_DIGEST_BYTES, "%016" PRIx64 "-%" PRIu64 "-%016" PRIx64, place->epoch,
		place->number, checksum);
}

/* A cursor behind everything of ours, or at a place of ours with another content, was set by
 * somebody else: another sensor of this name, or a copy of this machine. */
static int check_owner(
	struct outbox_sender *sender, const struct redis_cursor *cursor, struct err *err)
{
	struct spool_place place = { strtoull(cursor->epoch, NULL, 16), cursor->number };
	struct spool_place last = spool_last(sender->spool);
	char digest[REDIS_DIGEST_BYTES];
	uint64_t checksum;
	bool is_ours = spool_place_compare(&place, &last) <= 0;

	if (is_ours && spool_find(sender->spool, &place, &checksum)) {
		put_digest(digest, &place, checksum);
		is_ours = strcmp(digest, cursor->digest) == 0;
	}
	if (!is_ours) {
		return err_set(err, EEXIST,
			"another sensor writes to %s at %s, or this machine's clock was set back; "
			"give each sensor its own name, or remove that key",
			redis_function_cursor_key(sender->function), redis_name(sender->redis));
	}
	return 0;
}

static int find_cursor(struct outbox_sender *sender, struct err *err)
{
	struct redis_cursor cursor;
	int status = redis_function_read_cursor(sender->function, &cursor, err);

	if (status == 0) {
		status = check_owner(sender, &cursor, err);
	}
	if (status < 0) {
		return status;
	}
	sender->done = (struct spool_place){ strtoull(cursor.epoch, NULL, 16), cursor.number };
	strcpy(sender->digest, cursor.digest);
	if (spool_place_compare(&sender->done, &sender->farthest) < 0) {
		log_warning("Redis at %s lost what it had of this sensor; it is sent again, as far "
			    "as the spool holds it",
			redis_name(sender->redis));
	}
	sender->knows_cursor = true;
	sender->connections = redis_connections(sender->redis);
	return 0;
}

/* Batches that are missing between the last one and this one. */
static void count_gap(struct outbox_sender *sender, const struct spool_batch *batch)
{
	uint64_t expected = batch->place.epoch == sender->done.epoch ? sender->done.number + 1 : 1;
	uint64_t missing = batch->place.number - expected;

	if (missing > 0) {
		sender->lost += missing;
		log_error("%" PRIu64 " batches for Redis are lost: the spool does not hold them",
			missing);
	}
}

static int send_metrics(
	struct outbox_sender *sender, const struct spool_batch *batch, struct err *err)
{
	char epoch[REDIS_EPOCH_BYTES], after[REDIS_DIGEST_BYTES];
	struct redis_batch sent = { epoch, batch->place.number, sender->digest, after,
		batch->time_ns, batch->bytes, batch->length };
	enum redis_outcome outcome;
	uint64_t refused;

	put_epoch(epoch, &batch->place);
	put_digest(after, &batch->place, batch->checksum);
	int status = redis_function_apply(sender->function, &sent, &outcome, &refused, err);
	if (status < 0) {
		return status;
	}
	if (outcome != REDIS_APPLIED) {
		/* Somebody moved the cursor, perhaps an earlier try of ours that came late. */
		return err_set(err, EAGAIN, "Redis at %s: the cursor of this sensor moved",
			redis_name(sender->redis));
	}
	strcpy(sender->digest, after);
	if (refused > 0 && sender->keys_refused == 0) {
		log_error("Redis at %s: %" PRIu64
			  " keys of this sensor hold values of another kind and are left as they "
			  "are; something else writes below %s",
			redis_name(sender->redis), refused,
			redis_function_cursor_key(sender->function));
	}
	sender->keys_refused += refused;
	return 0;
}

/* "ID KIND DIGEST STATE TIME", then the JSON; spools of 0.1.0 lack the last two. One that cannot be
 * read cannot be sent: it is passed over. */
static int send_alert(
	struct outbox_sender *sender, const struct spool_batch *batch, struct err *err)
{
	char id[32], kind[64], digest[80], state[16] = "new";
	const char *json = strchr(batch->bytes, '\n');
	uint64_t time_ns = batch->time_ns;

	if (!json || sscanf(batch->bytes, "%31s %63s %79s %15[a-z] %" SCNu64, id, kind, digest,
			     state, &time_ns) < 3) {
		return 0;
	}
	struct redis_alert alert = { id, kind, digest, json + 1, state, time_ns };
	return redis_alert_post(sender->redis, &alert, err);
}

static void count_metrics(struct outbox_sender *sender, const struct spool_place *place)
{
	if (spool_place_compare(place, &sender->farthest) <= 0) {
		sender->replayed++;
	} else {
		sender->applied++;
		sender->farthest = *place;
	}
}

int outbox_sender_next(struct outbox_sender *sender, struct err *err)
{
	struct spool_batch batch;
	int status = 0;

	if (!sender->knows_cursor || sender->connections != redis_connections(sender->redis)) {
		status = find_cursor(sender, err);
	}
	if (status < 0 || !spool_next(sender->spool, &sender->reader, &sender->done, &batch)) {
		return status;
	}
	bool is_alert = batch.kind == SPOOL_ALERT;
	status = is_alert ? send_alert(sender, &batch, err) : send_metrics(sender, &batch, err);
	sender->knows_cursor = status == 0;
	if (status < 0) {
		return status;
	}
	count_gap(sender, &batch);
	sender->done = batch.place;
	if (!is_alert) {
		count_metrics(sender, &batch.place);
	}
	return 1;
}
