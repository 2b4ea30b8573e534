/* Makes an alert into what outputs are given (struct alert_post).
 *
 * Memory   the texts stand in the renderer until the next one, or its end.
 * Threads  one at a time.
 * Failure  -ENOMEM. */
#pragma once

#include "analyzer/alert/alert_output.h"
#include "analyzer/messages/messages.h"
#include "base/text.h"

struct alert_renderer {
	struct text json, sentence, said;
	struct messages *languages[GEO_LANGUAGE_COUNT]; /* NULL: not told in it */
	char id[ALERT_ID_BYTES], digest[65], page[512];
};

void alert_renderer_init(struct alert_renderer *renderer);
void alert_renderer_deinit(struct alert_renderer *renderer);

/* From now on the sentence in every language as well (post.said): for a desk, whose readers have
 * languages of their own. */
int alert_renderer_say_all(struct alert_renderer *renderer, struct err *err);

int alert_render(struct alert_renderer *renderer, const struct alert *alert,
	const struct reference *reference, const struct alert_origin *origin,
	struct alert_post *post, struct err *err);
