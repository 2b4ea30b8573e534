#include "dashboards/top/reader.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

enum { HOUR_SLOTS = 12 };

struct top_reader {
	struct view *view;
	bool is_redis;
	unsigned k;
};

int top_reader_open(struct top_reader **reader, const char *redis, const char *socket, unsigned k,
	struct err *err)
{
	struct top_reader *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	*opened = (struct top_reader){ .is_redis = redis != NULL, .k = k };
	int status = redis ? view_open_redis(&opened->view, redis, NULL, err)
			   : view_open_socket(&opened->view, socket, err);
	if (status < 0) {
		free(opened);
		return status;
	}
	*reader = opened;
	return 0;
}

void top_reader_close(struct top_reader *reader)
{
	if (reader) {
		view_close(reader->view);
		free(reader);
	}
}

const char *top_reader_name(const struct top_reader *reader)
{
	return view_name(reader->view);
}

/* Slots come to Redis when they are over: one more of them is asked for there. */
static uint64_t window_start(
	const struct top_reader *reader, enum top_window window, uint64_t now_ns)
{
	uint64_t slot_ns = now_ns / SLOT_NS * SLOT_NS, more_ns = reader->is_redis ? SLOT_NS : 0;

	switch (window) {
	case TOP_RECENT:
		return slot_ns - SLOT_NS - more_ns;
	case TOP_HOUR:
		return slot_ns - HOUR_SLOTS * SLOT_NS - more_ns;
	default:
		return now_ns / VIEW_DAY_NS * VIEW_DAY_NS;
	}
}

static int ask(struct top_reader *reader, const struct view_question *question, uint64_t now_ns,
	struct view_answer **answer, struct err *err)
{
	const struct view_access access = {
		.role = VIEW_GROUPED, .k = reader->k, .now_ns = now_ns
	};

	return view_ask(reader->view, &access, question, answer, err);
}

static int read_tables(struct top_reader *reader, const struct top_view *view,
	struct top_data *data, struct err *err)
{
	enum view_dimension by = top_dimension(view->kind);
	struct view_question question = { .from_ns =
						  window_start(reader, view->window, data->now_ns),
		.to_ns = data->now_ns / SLOT_NS * SLOT_NS + SLOT_NS,
		.by = { VIEW_BY_ZONE },
		.by_count = 1 };
	int status = ask(reader, &question, data->now_ns, &data->zones, err);

	if (status == 0 && by != VIEW_DIMENSION_COUNT) {
		question.by[0] = by;
		question.by[1] = VIEW_BY_PARENT;
		question.by_count = view->kind == TOP_MATRIX ? 2 : 1;
		status = ask(reader, &question, data->now_ns, &data->table, err);
	}
	if (status == 0) {
		uint64_t as_of_ns = data->zones->notes.as_of_ns;
		bool is_behind = reader->is_redis && as_of_ns > question.from_ns;
		data->window_ns = (is_behind ? as_of_ns : data->now_ns) - question.from_ns;
	}
	return status;
}

int top_reader_read(struct top_reader *reader, const struct top_view *view, struct top_data *data,
	struct err *err)
{
	data->now_ns = clock_now_ns();
	int status = view_ask_sensors(reader->view, &data->sensors, err);

	if (status == 0) {
		status = read_tables(reader, view, data, err);
	}
	return status < 0 ? status : view_ask_notices(reader->view, &data->notices, err);
}

void top_data_deinit(struct top_data *data)
{
	view_answer_free(data->zones);
	view_answer_free(data->table);
	view_sensors_free(&data->sensors);
	view_notices_free(&data->notices);
	*data = (struct top_data){ 0 };
}
