#include "analyzer/view/view_live.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/policy/policy.h"
#include "analyzer/view/view_text.h"
#include "base/clock.h"

enum { NOTICES = 30 };

struct sink {
	struct view_live *live;
};

struct view_live {
	struct sink sink;
	const struct alerts *alerts;
	struct view *view;
	atomic_uint k; /* of the policy in force */
	struct text back;

	pthread_mutex_t said; /* guards what follows */
	struct text front;    /* notices */
};

struct view_live *view_live_create(const struct alerts *alerts)
{
	struct view_live *live = calloc(1, sizeof(*live));

	if (!live) {
		return NULL;
	}
	live->sink.live = live;
	live->alerts = alerts;
	text_init_heap(&live->back);
	text_init_heap(&live->front);
	pthread_mutex_init(&live->said, NULL);
	atomic_init(&live->k, UINT32_MAX); /* nothing is said before a policy is known */
	if (view_open_analysis(&live->view, true, NULL) < 0) {
		view_live_destroy(live);
		return NULL;
	}
	return live;
}

void view_live_destroy(struct view_live *live)
{
	if (live) {
		view_close(live->view);
		text_deinit(&live->back);
		text_deinit(&live->front);
		pthread_mutex_destroy(&live->said);
		free(live);
	}
}

struct sink *view_live_sink(struct view_live *live)
{
	return &live->sink;
}

static int live_write_cells(struct sink *sink, const struct reference *reference,
	const struct cell *cells, size_t count, struct err *err)
{
	(void)reference, (void)err;
	view_take(sink->live->view, cells, count);
	return 0;
}

static void put_notice(
	struct text *text, const struct reference *reference, const struct alert *alert)
{
	struct view_notice notice = { .time_ns = alert->last_ns };
	struct text sentence;

	alert_format_id(alert, notice.id);
	snprintf(notice.kind, sizeof(notice.kind), "%s", alert_kind_name(alert->kind));
	text_init(&sentence, notice.sentence, sizeof(notice.sentence));
	if (alert_is_of_policy(alert)) {
		/* Never the device: that is for those who may see it, with a reason. */
		alert_put_short(&sentence, alert, reference);
	} else {
		alert_put_sentence(&sentence, alert, reference);
	}
	view_put_notice(text, &notice);
}

static int live_flush(
	struct sink *sink, const struct reference *reference, uint64_t now_ns, struct err *err)
{
	struct view_live *live = sink->live;
	const struct alert *latest[NOTICES];
	size_t count = live->alerts ? alerts_latest(live->alerts, latest, NOTICES) : 0;

	(void)now_ns, (void)err;
	atomic_store(&live->k, policy_header(reference->policy)->group_minimum);
	text_clear(&live->back);
	for (size_t i = 0; i < count; i++) {
		put_notice(&live->back, reference, latest[i]);
	}
	pthread_mutex_lock(&live->said);
	struct text front = live->front;
	live->front = live->back;
	live->back = front;
	pthread_mutex_unlock(&live->said);
	return 0;
}

static int live_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	(void)sink, (void)options;
	return err_set(err, ENOTSUP, "a live view is made by view_live_create()");
}

static int live_close(struct sink *sink, struct err *err)
{
	(void)sink, (void)err;
	return 0;
}

const struct sink_ops view_live_sink_ops = {
	.name = "top",
	.open = live_open,
	.write_cells = live_write_cells,
	.flush = live_flush,
	.close = live_close,
};

static void answer_table(
	struct view_live *live, const struct view_question *question, struct text *text)
{
	const struct view_access access = {
		.role = VIEW_GROUPED, .k = atomic_load(&live->k), .now_ns = clock_now_ns()
	};
	struct view_answer *answer;
	struct err err;
	int status = view_ask(live->view, &access, question, &answer, &err);

	if (status < 0) {
		view_put_error(text, status, &err);
		return;
	}
	view_put_answer(text, answer, question->by_count);
	view_answer_free(answer);
}

void view_live_answer(
	struct view_live *live, char *question, const struct view_sensor *sensor, struct text *text)
{
	enum view_request request;
	struct view_question table;
	struct err err;
	int status = view_read_question(question, &request, &table, &err);

	if (status < 0) {
		view_put_error(text, status, &err);
	} else if (request == VIEW_REQUEST_SENSORS) {
		view_put_sensor(text, sensor);
	} else if (request == VIEW_REQUEST_NOTICES) {
		pthread_mutex_lock(&live->said);
		text_put_bytes(text, live->front.at ? live->front.at : "", live->front.length);
		pthread_mutex_unlock(&live->said);
	} else {
		answer_table(live, &table, text);
	}
}
