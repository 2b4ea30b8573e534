/* Any text as lines of a snapshot, then shown in every view. */
#include "analyzer/view/live_protect.h"
#include "dashboards/top/top.h"

#include <stdlib.h>
#include <string.h>

/* One run is dear (replay_main.c). */
const unsigned replay_runs = 2000;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const struct reference nothing;
	char *text = malloc(count + 1);
	struct live_snapshot snapshot;
	struct page page;

	if (!text) {
		return 0;
	}
	memcpy(text, bytes, count);
	text[count] = '\0';
	live_snapshot_init(&snapshot);
	page_init(&page);
	live_snapshot_take(&snapshot, text);
	live_snapshot_protect(&snapshot, 5);
	for (unsigned kind = 0; kind < TOP_COUNT; kind++) {
		struct top_view view = { .kind = kind,
			.width = 40 + kind * 20,
			.height = 24,
			.has_utf8 = kind % 2,
			.source = "here" };
		top_put(&view, &snapshot, &nothing, &page);
	}
	page_deinit(&page);
	live_snapshot_deinit(&snapshot);
	free(text);
	return 0;
}
