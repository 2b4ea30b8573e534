/* Any text as lines of a picture, then shown in every view. */
#include "dashboards/top/view.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const struct lexicon nothing;
	char *text = malloc(count + 1);
	struct picture picture;
	struct page page;

	if (!text) {
		return 0;
	}
	memcpy(text, bytes, count);
	text[count] = '\0';
	picture_init(&picture);
	page_init(&page);
	picture_take(&picture, text);
	picture_suppress(&picture, 5);
	for (unsigned kind = 0; kind < VIEW_COUNT; kind++) {
		struct view view = { .kind = kind,
			.width = 40 + kind * 20,
			.height = 24,
			.has_utf8 = kind % 2,
			.source = "here" };
		view_put(&view, &picture, &nothing, &page);
	}
	page_deinit(&page);
	picture_deinit(&picture);
	free(text);
	return 0;
}
