/* Any text as a question, and as an answer that is then shown in every view of top. */
#include "analyzer/view/view_text.h"
#include "dashboards/top/top.h"

#include <stdlib.h>
#include <string.h>

/* One run is dear (replay_main.c). */
const unsigned replay_runs = 2000;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static char *copy_of(const uint8_t *bytes, size_t count)
{
	char *text = malloc(count + 1);

	if (text) {
		memcpy(text, bytes, count);
		text[count] = '\0';
	}
	return text;
}

static void show(struct top_data *data)
{
	static const struct reference nothing;
	struct page page;

	page_init(&page);
	for (unsigned kind = 0; kind < TOP_COUNT; kind++) {
		struct top_view view = { .kind = kind,
			.width = 40 + kind * 20,
			.height = 24,
			.has_utf8 = kind % 2,
			.source = "here" };
		top_put(&view, data, &nothing, &page);
	}
	page_deinit(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct view_question question;
	struct top_data data = { 0 };
	enum view_request request;
	char *texts[5];

	for (unsigned i = 0; i < 5; i++) {
		texts[i] = copy_of(bytes, count);
		if (!texts[i]) {
			return 0;
		}
	}
	view_read_question(texts[0], &request, &question, NULL);
	view_read_answer(texts[1], 1, &data.zones, NULL);
	view_read_answer(texts[2], 2, &data.table, NULL);
	view_read_sensors(texts[3], &data.sensors, NULL);
	view_read_notices(texts[4], &data.notices, NULL);
	show(&data);
	top_data_deinit(&data);
	for (unsigned i = 0; i < 5; i++) {
		free(texts[i]);
	}
	return 0;
}
