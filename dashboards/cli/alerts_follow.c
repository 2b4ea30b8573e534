/* Waits for alerts and prints each as it comes: by looking again in a folder, by reading the stream
 * in Redis, there also as one of a consumer group. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/redis/redis.h"
#include "base/clock.h"
#include "dashboards/cli/alerts.h"

enum { LOOK_EVERY_US = 500000, WAIT_MS = 2000, GROUP_BYTES = 64 };

/* What was seen of each: how often it had changed. */
struct seen {
	struct seen_alert {
		char id[ALERT_STORE_ID_BYTES];
		uint64_t revision;
	} * items;
	size_t count;
};

static bool is_news(struct seen *seen, const struct alert_entry *entry, bool is_first_look)
{
	for (size_t i = 0; i < seen->count; i++) {
		if (strcmp(seen->items[i].id, entry->id) == 0) {
			bool has_changed = seen->items[i].revision != entry->revision;
			seen->items[i].revision = entry->revision;
			return has_changed;
		}
	}
	struct seen_alert *grown = realloc(seen->items, (seen->count + 1) * sizeof(*grown));
	if (grown) {
		seen->items = grown;
		strcpy(grown[seen->count].id, entry->id);
		grown[seen->count++].revision = entry->revision;
	}
	return !is_first_look;
}

static int follow_folder(struct desk *desk)
{
	struct seen seen = { 0 };
	struct alert_list list;
	struct err err;
	int status;

	for (bool is_first = true;; is_first = false) {
		status = alerts_read(desk, &list, &err);
		if (status < 0) {
			break;
		}
		for (size_t i = list.count; i-- > 0;) {
			if (is_news(&seen, &list.items[i], is_first)) {
				alerts_print_one(desk, &list.items[i]);
			}
		}
		alerts_free(&list);
		if (fflush(stdout) != 0) {
			break; /* whoever read it has gone */
		}
		usleep(LOOK_EVERY_US);
	}
	free(seen.items);
	return status < 0 ? alerts_fail(&err, status) : EXIT_DONE;
}

/* As it stands at the desk by now. */
static void print_id(struct desk *desk, const char *id)
{
	struct alert_record record = { 0 };
	struct alert_entry entry;

	if (alert_store_read(desk->store, id, &record, NULL) == 0 &&
		alert_entry_read(&entry, id, &record, NULL) == 0) {
		alert_entry_say_in(&entry, messages_language(desk->messages));
		if (alert_filter_takes(&desk->filter, &entry)) {
			alerts_print_one(desk, &entry);
		}
		alert_entry_clear(&entry);
	}
	alert_record_clear(&record);
}

/* The value of "id" in an entry of the stream: [place, [name, value, …]]. */
static const char *id_of(const struct redis_answer *entry)
{
	struct redis_answer fields = redis_answer_item(entry, 1);

	for (int64_t i = 0; i + 1 < fields.number; i += 2) {
		struct redis_answer name = redis_answer_item(&fields, (size_t)i);
		if (name.kind == REDIS_TEXT && strcmp(name.text, "id") == 0) {
			return redis_answer_item(&fields, (size_t)i + 1).text;
		}
	}
	return NULL;
}

struct reader {
	struct redis *redis;
	const char *group;
	char consumer[GROUP_BYTES], place[GROUP_BYTES];
};

static int make_group(struct reader *reader, struct err *err)
{
	const char *create[] = { "XGROUP", "CREATE", "bf:1:alerts", reader->group, "0",
		"MKSTREAM" };
	struct redis_answer answer;
	int status = redis_command(reader->redis, 6, create, NULL, &answer, err);

	return status < 0 && strstr(err->text, "BUSYGROUP") ? 0 : status; /* it is there */
}

static int read_stream(struct reader *reader, struct redis_answer *answer, struct err *err)
{
	char wait[16];
	const char *as_member[] = { "XREADGROUP", "GROUP", reader->group, reader->consumer, "COUNT",
		"1", "BLOCK", wait, "STREAMS", "bf:1:alerts", reader->place };
	const char *alone[] = { "XREAD", "COUNT", "1", "BLOCK", wait, "STREAMS", "bf:1:alerts",
		reader->place };

	snprintf(wait, sizeof(wait), "%d", WAIT_MS);
	return reader->group ? redis_command(reader->redis, 11, as_member, NULL, answer, err)
			     : redis_command(reader->redis, 8, alone, NULL, answer, err);
}

/* One entry: printed first, acknowledged then, so that one that is not printed comes again. */
static int take_next(struct desk *desk, struct reader *reader, struct err *err)
{
	struct redis_answer answer, stream, entries, entry;
	char id[ALERT_STORE_ID_BYTES] = "", place[GROUP_BYTES];
	int status = read_stream(reader, &answer, err);

	if (status < 0 || answer.kind != REDIS_LIST) {
		return status;
	}
	stream = redis_answer_item(&answer, 0);
	entries = redis_answer_item(&stream, 1);
	entry = redis_answer_item(&entries, 0);
	struct redis_answer at = redis_answer_item(&entry, 0);
	if (at.kind != REDIS_TEXT) {
		if (reader->group) {
			strcpy(reader->place, ">"); /* nothing is left from before */
		}
		return 0;
	}
	snprintf(place, sizeof(place), "%s", at.text);
	const char *found = id_of(&entry);
	snprintf(id, sizeof(id), "%s", found ? found : "");
	print_id(desk, id);
	if (fflush(stdout) != 0) {
		return -EPIPE;
	}
	if (!reader->group) {
		strcpy(reader->place, place);
		return 0;
	}
	const char *done[] = { "XACK", "bf:1:alerts", reader->group, place };
	return redis_ask(reader->redis, REDIS_NUMBER, 4, done, NULL, &answer, err);
}

static int follow_redis(struct desk *desk)
{
	struct reader reader = { .group = desk->settings->group };
	struct err err;

	if (desk->settings->consumer) {
		snprintf(reader.consumer, sizeof(reader.consumer), "%s", desk->settings->consumer);
	} else {
		gethostname(reader.consumer, sizeof(reader.consumer) - 1);
	}
	/* A member begins with what it was given and never acknowledged. */
	strcpy(reader.place, reader.group ? "0" : "$");
	int status = redis_open(&reader.redis, desk->settings->redis, 2 * WAIT_MS + 1000, &err);
	if (status == 0 && reader.group) {
		status = make_group(&reader, &err);
	}
	while (status == 0) {
		status = take_next(desk, &reader, &err);
	}
	redis_close(reader.redis);
	return status == -EPIPE ? EXIT_DONE : alerts_fail(&err, status);
}

int alerts_follow(struct desk *desk, char *const *arguments, unsigned count)
{
	(void)arguments, (void)count;
	if (desk->settings->group && !desk->settings->redis) {
		struct err err;
		int status = err_set(&err, EINVAL,
			"a consumer group (--group) needs --redis: a folder has none");
		return alerts_fail(&err, status);
	}
	return desk->settings->redis ? follow_redis(desk) : follow_folder(desk);
}
