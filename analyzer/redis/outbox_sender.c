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
static int check_owner(const struct outbox_sender *sender, const struct outbox_way *way,
	const struct redis_cursor *cursor, struct err *err)
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
			redis_function_cursor_key(way->function), redis_name(sender->redis));
	}
	return 0;
}

int outbox_way_find(struct outbox_sender *sender, struct outbox_way *way, struct err *err)
{
	struct redis_cursor cursor;

	if (way->knows_cursor && way->connections == redis_connections(sender->redis)) {
		return 0;
	}
	int status = redis_function_read_cursor(way->function, &cursor, err);
	if (status == 0) {
		status = check_owner(sender, way, &cursor, err);
	}
	if (status < 0) {
		return status;
	}
	way->done = (struct spool_place){ strtoull(cursor.epoch, NULL, 16), cursor.number };
	strcpy(way->digest, cursor.digest);
	if (spool_place_compare(&way->done, &way->farthest) < 0) {
		log_warning("Redis at %s lost what it had of this sensor below %s; it is sent "
			    "again, as far as the spool holds it",
			redis_name(sender->redis), redis_function_cursor_key(way->function));
	}
	way->knows_cursor = true;
	way->connections = redis_connections(sender->redis);
	return 0;
}

void outbox_way_count_lost(struct outbox_way *way, uint64_t missing)
{
	if (missing > 0) {
		way->lost += missing;
		log_error("%" PRIu64 " batches for Redis are lost below %s: the spool does not "
			  "hold them",
			missing, redis_function_cursor_key(way->function));
	}
}

int outbox_way_apply(struct outbox_sender *sender, struct outbox_way *way,
	const struct spool_batch *batch, const char *bytes, size_t length, struct err *err)
{
	char epoch[REDIS_EPOCH_BYTES], after[REDIS_DIGEST_BYTES];
	struct redis_batch sent = { epoch, batch->place.number, way->digest, after, batch->time_ns,
		bytes, length };
	enum redis_outcome outcome;
	uint64_t refused;

	put_epoch(epoch, &batch->place);
	put_digest(after, &batch->place, batch->checksum);
	int status = redis_function_apply(way->function, &sent, &outcome, &refused, err);
	if (status < 0) {
		return status;
	}
	if (outcome != REDIS_APPLIED) {
		/* Somebody moved the cursor, perhaps an earlier try of ours that came late. */
		return err_set(err, EAGAIN, "Redis at %s: the cursor of this sensor moved",
			redis_name(sender->redis));
	}
	strcpy(way->digest, after);
	if (refused > 0 && way->keys_refused == 0) {
		log_error("Redis at %s: %" PRIu64
			  " keys of this sensor hold values of another kind and are left as they "
			  "are; something else writes below %s",
			redis_name(sender->redis), refused,
			redis_function_cursor_key(way->function));
	}
	way->keys_refused += refused;
	return 0;
}

/* "ID KIND DIGEST STATE TIME", the JSON, what is said; spools of 0.1.0 lack the last three and
 * what is said. One that cannot be
 * read cannot be sent: it is passed over. */
static int send_alert(
	struct outbox_sender *sender, const struct spool_batch *batch, struct err *err)
{
	char id[32], kind[64], digest[80], state[16] = "new", suppression[40] = "";
	char *bytes = strndup(batch->bytes, batch->length);
	char *json = bytes ? strchr(bytes, '\n') : NULL,
	     *said = json ? strchr(json + 1, '\n') : NULL;
	uint64_t time_ns = batch->time_ns;
	int status = 0;

	if (json) {
		*json = '\0'; /* the header ends here */
	}
	if (json && sscanf(bytes, "%31s %63s %79s %15[a-z] %" SCNu64 " %39s", id, kind, digest,
			    state, &time_ns, suppression) >= 3) {
		if (said) {
			*said++ = '\0';
		}
		struct redis_alert alert = { id, kind, digest, json + 1, said ? said : "", state,
			suppression, time_ns };
		status = redis_alert_post(sender->redis, &alert, err);
	}
	free(bytes);
	return bytes ? status : err_set(err, ENOMEM, "Redis: out of memory");
}

static void count_metrics(struct outbox_sender *sender, const struct spool_place *place)
{
	struct outbox_way *own = &sender->own;

	if (spool_place_compare(place, &own->farthest) <= 0) {
		sender->replayed++;
	} else {
		sender->applied++;
		own->farthest = *place;
	}
}

int outbox_sender_next(struct outbox_sender *sender, struct err *err)
{
	struct outbox_way *own = &sender->own;
	struct spool_batch batch;
	int status = outbox_way_find(sender, own, err);

	if (status < 0 || !spool_next(sender->spool, &own->reader, &own->done, &batch)) {
		return status;
	}
	bool is_alert = batch.kind == SPOOL_ALERT;
	status = is_alert ? send_alert(sender, &batch, err)
			  : outbox_way_apply(sender, own, &batch, batch.bytes, batch.length, err);
	own->knows_cursor = status == 0;
	if (status < 0) {
		return status;
	}
	outbox_way_count_lost(own, outbox_missing(&own->done, &batch.place));
	own->done = batch.place;
	if (!is_alert) {
		count_metrics(sender, &batch.place);
	}
	return 1;
}
