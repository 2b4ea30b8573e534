/* An output that takes its time (a server far away, a disk that syncs), behind a thread of its own:
 * whoever writes to it never waits.
 *
 * Alerts wait in a queue, in order, until the output took them. While it fails it is tried again
 * as output_state.h says. What it refuses for good (-EBADMSG) is counted as lost, and the next one
 * is tried: an output that answers works, whatever it says. When the queue is full the alert waits
 * with the episode (alerts.h), the latest state once. What is left at the end is lost and counted;
 * the desk has it all the same. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/alert/alert_output.h"
#include "analyzer/alert/alert_outputs.h"
#include "base/clock.h"
#include "base/log.h"

/* A desk gets everything there is, and time to write it down. */
enum { LETTERS_MAX = 4096, DESK_LETTERS_MAX = 20000, GRACE_S = 5, DESK_GRACE_S = 300 };

#define TIDY_EVERY_NS (24 * 3600 * NS_PER_S)

/* A post with texts of its own. */
struct letter {
	struct letter *next;
	struct alert_post post;
	char texts[];
};

struct alert_output {
	const struct alert_output_ops *ops;
	struct alert_output *inner;
	bool takes_quiet, is_joined;
	unsigned severity_least;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct letter *first, **end;
	unsigned count;
	bool is_closing;
	uint64_t close_by_ns; /* by the monotonic clock */
	struct output_state state;
	struct err refused; /* the latest that it would not take; "" none */
};

static const char *put_copy(char **at, const char *text, size_t length)
{
	char *copy = *at;

	memcpy(copy, text, length);
	copy[length] = '\0';
	*at += length + 1;
	return copy;
}

static struct letter *make_letter(const struct alert_post *post)
{
	const char *const *from[ALERT_POST_TEXTS];
	const char **to[ALERT_POST_TEXTS];
	struct alert_post copy = *post;
	size_t bytes = post->json_length + 1;

	alert_post_texts(&copy, to);
	for (unsigned i = 0; i < ALERT_POST_TEXTS; i++) {
		from[i] = (const char *const *)to[i];
		bytes += strlen(*from[i]) + 1;
	}
	struct letter *letter = malloc(sizeof(*letter) + bytes);
	if (letter) {
		char *at = letter->texts;
		copy.json = put_copy(&at, copy.json, copy.json_length);
		for (unsigned i = 0; i < ALERT_POST_TEXTS; i++) {
			*to[i] = put_copy(&at, *to[i], strlen(*to[i]));
		}
		letter->post = copy;
		letter->next = NULL;
	}
	return letter;
}

static struct timespec timespec_of(uint64_t time_ns)
{
	return (struct timespec){ (time_t)(time_ns / NS_PER_S), (long)(time_ns % NS_PER_S) };
}

/* Under the lock: until there is something to do; false when it is to end. */
static bool wait_for_work(struct alert_output *output)
{
	for (;;) {
		uint64_t now_ns = clock_monotonic_ns();
		bool is_due = output->first && output_is_due(&output->state, now_ns);
		if (output->is_closing && (!output->first || now_ns >= output->close_by_ns)) {
			return false;
		}
		if (is_due) {
			return true;
		}
		uint64_t wake_ns = !output->first ? now_ns + TIDY_EVERY_NS
						  : output->state.tried_ns + output->state.wait_ns;
		if (output->is_closing && output->close_by_ns < wake_ns) {
			wake_ns = output->close_by_ns;
		}
		struct timespec until = timespec_of(wake_ns);
		pthread_cond_timedwait(&output->wake, &output->lock, &until);
		if (!output->first && !output->is_closing) {
			return true; /* a day has passed, or a letter came and went */
		}
	}
}

/* Under the lock. */
static void drop_first(struct alert_output *output)
{
	struct letter *letter = output->first;

	output->first = letter->next;
	output->end = output->first ? output->end : &output->first;
	output->count--;
	free(letter);
}

/* Under the lock: what fails when it is to end is tried for a little while alone. */
static void hurry(struct alert_output *output)
{
	uint64_t by_ns = clock_monotonic_ns() + GRACE_S * NS_PER_S;

	if (output->is_closing && output->close_by_ns > by_ns) {
		output->close_by_ns = by_ns;
	}
}

/* Under the lock, which is let go while the output works. */
static void send_first(struct alert_output *output)
{
	const struct alert_post *post = &output->first->post;
	bool was_failing = output->state.is_failing;
	struct err err = { "" };

	pthread_mutex_unlock(&output->lock);
	int status = output->ops->write(output->inner, post, &err);
	pthread_mutex_lock(&output->lock);
	if (status == 0) {
		output_succeeded(&output->state);
		drop_first(output);
	} else if (status == -EBADMSG) {
		log_error("%s: %s", output->ops->name, err.text);
		output_succeeded(&output->state); /* who answers is up */
		output->state.lost++;
		output->state.status = status;
		output->state.reason = err;
		output->refused = err;
		drop_first(output);
	} else {
		output_failed(&output->state, status, &err, clock_monotonic_ns());
		if (!was_failing) {
			log_warning("%s: %s; it is tried again", output->ops->name, err.text);
			hurry(output);
		}
	}
	if (was_failing && !output->state.is_failing) {
		log_info("%s: works again", output->ops->name);
	}
}

static void tidy(struct alert_output *output, uint64_t *tidied_ns)
{
	uint64_t now_ns = clock_monotonic_ns();
	struct err err;

	if (!output->ops->tidy || (*tidied_ns && now_ns - *tidied_ns < TIDY_EVERY_NS)) {
		return;
	}
	*tidied_ns = now_ns;
	pthread_mutex_unlock(&output->lock);
	if (output->ops->tidy(output->inner, clock_now_ns(), &err) < 0) {
		log_warning("%s: %s", output->ops->name, err.text);
	}
	pthread_mutex_lock(&output->lock);
}

static void *work(void *argument)
{
	struct alert_output *output = argument;
	uint64_t tidied_ns = 0;

	pthread_mutex_lock(&output->lock);
	while (wait_for_work(output)) {
		if (output->first) {
			send_first(output);
		}
		tidy(output, &tidied_ns);
	}
	output->state.lost += output->count;
	while (output->first) {
		drop_first(output);
	}
	pthread_mutex_unlock(&output->lock);
	return NULL;
}

static int start(struct alert_output *output, struct err *err)
{
	pthread_condattr_t attributes;

	output->end = &output->first;
	output->state.name = output->ops->name;
	pthread_mutex_init(&output->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&output->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	int status = pthread_create(&output->thread, NULL, work, output);
	if (status != 0) {
		pthread_mutex_destroy(&output->lock);
		pthread_cond_destroy(&output->wake);
	}
	return status == 0 ? 0
			   : err_set(err, status, "no thread for outputs: %s", strerror(status));
}

static int sender_open(
	struct alert_output **output, const struct alert_output_options *options, struct err *err)
{
	struct alert_output *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", options->target);
	}
	int status =
		alert_output_choose(options->target, &opened->ops, &opened->severity_least, err);
	if (status == 0) {
		opened->takes_quiet = opened->ops == &alert_output_folder;
		status = opened->ops->open(&opened->inner, options, err);
	}
	if (status == 0) {
		status = start(opened, err);
		if (status < 0) {
			opened->ops->close(opened->inner, NULL);
		}
	}
	if (status < 0) {
		free(opened);
		return status;
	}
	*output = opened;
	return 0;
}

static int sender_write(struct alert_output *output, const struct alert_post *post, struct err *err)
{
	int status = 0;

	if (!output->takes_quiet &&
		(post->is_quiet || post->severity_number < output->severity_least)) {
		return 0;
	}
	struct letter *letter = make_letter(post);
	if (!letter) {
		return err_set(err, ENOMEM, "%s: out of memory", output->ops->name);
	}
	pthread_mutex_lock(&output->lock);
	if (output->count == (output->takes_quiet ? DESK_LETTERS_MAX : LETTERS_MAX)) {
		status = err_set(err, ENOBUFS, "%s: %u alerts wait already", output->ops->name,
			output->count);
		free(letter);
	} else {
		*output->end = letter;
		output->end = &letter->next;
		output->count++;
		pthread_cond_signal(&output->wake);
	}
	pthread_mutex_unlock(&output->lock);
	return status;
}

static void sender_read_state(struct alert_output *output, struct output_state *state)
{
	pthread_mutex_lock(&output->lock);
	*state = output->state;
	pthread_mutex_unlock(&output->lock);
}

static void begin_closing(struct alert_output *output, uint64_t grace_ns)
{
	pthread_mutex_lock(&output->lock);
	if (!output->is_closing) {
		output->is_closing = true;
		output->close_by_ns = clock_monotonic_ns() + grace_ns;
		output->state.wait_ns = 0; /* one more try at once */
		pthread_cond_signal(&output->wake);
	}
	pthread_mutex_unlock(&output->lock);
}

static bool is_failing(struct alert_output *output)
{
	pthread_mutex_lock(&output->lock);
	bool failing = output->state.is_failing;
	pthread_mutex_unlock(&output->lock);
	return failing;
}

static void sender_finish(struct alert_output *output, bool waits)
{
	bool is_at_work = output->takes_quiet && !is_failing(output);

	begin_closing(output, (is_at_work ? DESK_GRACE_S : GRACE_S) * NS_PER_S);
	if (waits && !output->is_joined) {
		pthread_join(output->thread, NULL);
		output->is_joined = true;
	}
}

static int sender_close(struct alert_output *output, struct err *err)
{
	int status = 0;

	begin_closing(output, 0);
	sender_finish(output, true);
	if (output->state.is_failing) {
		status = output->state.status;
		if (err) {
			*err = output->state.reason;
		}
	} else if (output->takes_quiet && output->refused.text[0] != '\0') {
		/* The desk keeps all of them, or says that it does not. */
		status = err_set(err, EBADMSG, "%.500s", output->refused.text);
	}
	output->ops->close(output->inner, NULL);
	pthread_mutex_destroy(&output->lock);
	pthread_cond_destroy(&output->wake);
	free(output);
	return status;
}

const struct alert_output_ops alert_output_sender = {
	.name = "alerts",
	.open = sender_open,
	.write = sender_write,
	.read_state = sender_read_state,
	.finish = sender_finish,
	.close = sender_close,
};
