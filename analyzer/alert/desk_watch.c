#include "analyzer/alert/desk_watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/alert/alert_entry.h"
#include "base/clock.h"
#include "base/log.h"

enum { VERDICTS_EVERY = 60 /* looks */ };

#define LOOK_EVERY_NS (10 * NS_PER_S)

/* What was closed, under the budget. */
struct closed {
	struct closed_alert {
		uint64_t closed_ns;
		bool is_true;
	} * items;
	size_t count;
};

struct desk_watch {
	struct alert_store *store;
	char observer[ALERT_NAME_BYTES]; /* "" everybody's */
	unsigned looks;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	bool is_closing, is_failing;
	struct suppressions latest;
	struct closed closed;
};

struct look {
	const char *observer;
	struct closed closed;
};

static bool is_of(const char *observer, const char *id, const struct alert_record *record)
{
	struct alert_entry entry;

	if (observer[0] == '\0') {
		return true;
	}
	if (alert_entry_read(&entry, id, record, NULL) < 0) {
		return false;
	}
	bool is_its = strcmp(entry.observer, observer) == 0;
	alert_entry_clear(&entry);
	return is_its;
}

static int take_closed(
	void *context, const char *id, const struct alert_record *record, struct err *err)
{
	struct look *look = context;
	struct closed *closed = &look->closed;

	if (strcmp(alert_record_get(record, "state"), "closed") != 0 ||
		!alert_kind_has_budget(alert_record_get(record, "kind")) ||
		!is_of(look->observer, id, record)) {
		return 0;
	}
	struct closed_alert *grown =
		realloc(closed->items, (closed->count + 1) * sizeof(*closed->items));
	if (!grown) {
		return err_set(err, ENOMEM, "out of memory");
	}
	closed->items = grown;
	closed->items[closed->count++] = (struct closed_alert){
		.closed_ns = alert_record_number(record, "closed"),
		.is_true = strcmp(alert_record_get(record, "verdict"), "true") == 0,
	};
	return 0;
}

/* What cannot be read now is read the next time. */
static void look_at_verdicts(struct desk_watch *watch)
{
	struct look look = { .observer = watch->observer };
	struct err err;
	int status = alert_store_list(watch->store, 'a', take_closed, &look, NULL, &err);

	if (status == 0) {
		pthread_mutex_lock(&watch->lock);
		struct closed old = watch->closed;
		watch->closed = look.closed;
		pthread_mutex_unlock(&watch->lock);
		look.closed = old;
	}
	free(look.closed.items);
}

static void look_at_suppressions(struct desk_watch *watch)
{
	struct suppressions read, old;
	struct err err;

	if (suppressions_read(watch->store, clock_now_ns(), &read, &err) < 0) {
		if (!watch->is_failing) {
			log_warning("suppressions of alerts stay as they were: %s", err.text);
		}
		watch->is_failing = true;
		return;
	}
	watch->is_failing = false;
	pthread_mutex_lock(&watch->lock);
	old = watch->latest;
	watch->latest = read;
	pthread_mutex_unlock(&watch->lock);
	suppressions_free(&old);
}

static void look(struct desk_watch *watch)
{
	look_at_suppressions(watch);
	if (watch->looks++ % VERDICTS_EVERY == 0) {
		look_at_verdicts(watch);
	}
}

/* False: it is time to end. */
static bool wait_a_while(struct desk_watch *watch)
{
	uint64_t until_ns = clock_monotonic_ns() + LOOK_EVERY_NS;
	struct timespec until = { (time_t)(until_ns / NS_PER_S), (long)(until_ns % NS_PER_S) };
	int status = 0;

	pthread_mutex_lock(&watch->lock);
	while (!watch->is_closing && status == 0) {
		status = pthread_cond_timedwait(&watch->wake, &watch->lock, &until);
	}
	bool goes_on = !watch->is_closing;
	pthread_mutex_unlock(&watch->lock);
	return goes_on;
}

static void *work(void *argument)
{
	struct desk_watch *watch = argument;

	while (wait_a_while(watch)) {
		look(watch);
	}
	return NULL;
}

int desk_watch_open(
	struct desk_watch **watch, const char *target, const char *observer, struct err *err)
{
	struct desk_watch *opened = calloc(1, sizeof(*opened));
	pthread_condattr_t attributes;

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	int status = alert_store_open(&opened->store, target, err);
	if (status < 0) {
		free(opened);
		return status;
	}
	snprintf(opened->observer, sizeof(opened->observer), "%s", observer ? observer : "");
	pthread_mutex_init(&opened->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&opened->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	look(opened);
	status = pthread_create(&opened->thread, NULL, work, opened);
	if (status != 0) {
		alert_store_close(opened->store);
		suppressions_free(&opened->latest);
		free(opened->closed.items);
		free(opened);
		return err_set(err, status, "no thread for suppressions: %s", strerror(status));
	}
	*watch = opened;
	return 0;
}

void desk_watch_close(struct desk_watch *watch)
{
	if (!watch) {
		return;
	}
	pthread_mutex_lock(&watch->lock);
	watch->is_closing = true;
	pthread_cond_signal(&watch->wake);
	pthread_mutex_unlock(&watch->lock);
	pthread_join(watch->thread, NULL);
	pthread_mutex_destroy(&watch->lock);
	pthread_cond_destroy(&watch->wake);
	alert_store_close(watch->store);
	suppressions_free(&watch->latest);
	free(watch->closed.items);
	free(watch);
}

bool desk_watch_find(struct desk_watch *watch, const struct suppression_subject *subject,
	uint64_t now_ns, char id[ALERT_STORE_ID_BYTES])
{
	pthread_mutex_lock(&watch->lock);
	const struct suppression *found = suppressions_find(&watch->latest, subject, now_ns);
	if (found) {
		strcpy(id, found->id);
	}
	pthread_mutex_unlock(&watch->lock);
	return found != NULL;
}

void desk_watch_verdicts(
	struct desk_watch *watch, uint64_t since_ns, struct desk_verdicts *verdicts)
{
	*verdicts = (struct desk_verdicts){ .latest_ns = since_ns };
	pthread_mutex_lock(&watch->lock);
	for (size_t i = 0; i < watch->closed.count; i++) {
		const struct closed_alert *closed = &watch->closed.items[i];
		if (closed->closed_ns > since_ns) {
			verdicts->confirmed += closed->is_true;
			verdicts->refuted += !closed->is_true;
			verdicts->latest_ns = closed->closed_ns > verdicts->latest_ns
						      ? closed->closed_ns
						      : verdicts->latest_ns;
		}
	}
	pthread_mutex_unlock(&watch->lock);
}
