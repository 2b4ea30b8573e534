#include "analyzer/alert/suppression_watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

#define LOOK_EVERY_NS (10 * NS_PER_S)

struct suppression_watch {
	struct alert_store *store;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	bool is_closing, is_failing;
	struct suppressions latest;
};

static void look(struct suppression_watch *watch)
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

/* False: it is time to end. */
static bool wait_a_while(struct suppression_watch *watch)
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
	struct suppression_watch *watch = argument;

	while (wait_a_while(watch)) {
		look(watch);
	}
	return NULL;
}

int suppression_watch_open(struct suppression_watch **watch, const char *target, struct err *err)
{
	struct suppression_watch *opened = calloc(1, sizeof(*opened));
	pthread_condattr_t attributes;

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	int status = alert_store_open(&opened->store, target, err);
	if (status < 0) {
		free(opened);
		return status;
	}
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
		free(opened);
		return err_set(err, status, "no thread for suppressions: %s", strerror(status));
	}
	*watch = opened;
	return 0;
}

void suppression_watch_close(struct suppression_watch *watch)
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
	free(watch);
}

bool suppression_watch_find(struct suppression_watch *watch,
	const struct suppression_subject *subject, uint64_t now_ns, char id[ALERT_STORE_ID_BYTES])
{
	pthread_mutex_lock(&watch->lock);
	const struct suppression *found = suppressions_find(&watch->latest, subject, now_ns);
	if (found) {
		strcpy(id, found->id);
	}
	pthread_mutex_unlock(&watch->lock);
	return found != NULL;
}
