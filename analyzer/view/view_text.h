/* Questions and answers as text, a line a fact, fields separated by tabs: what goes over a sensor's
 * socket, and what a script reads.
 *
 *     table    FROM TO STEP SORT FIRST MOST TEXT DIMENSION,…  DIMENSION=VALUE or DIMENSION!VALUE …
 *     sensors
 *     notices
 *
 * and back, "error CODE SENTENCE", or
 *
 *     notes    FROM TO STEP STEPS KEPT-FROM PAST AS-OF ROLE K WITHHELD GAPS LEFT-OUT PROBLEMS FLOWS
 *     total    FIGURES
 *     row      REMAINDER HIDDEN-DAYS FIGURES VALUE…
 *     step     NUMBER FIGURES                        of the row before
 *     all      ROWS                                  before first and most
 *     sensor   NAME SILENT-S PULSE
 *     notice   ID KIND TIME-NS SENTENCE
 *
 * FIGURES are up, down, flows, packets, devices, first, last, count, hidden: nine numbers with
 * blanks between. Control characters in texts become blanks.
 *
 * Memory   texts of a question that was read stand in the line, which is changed.
 * Threads  one at a time.
 * Failure  a line that is none is passed over; a question that is none is -EINVAL. */
#pragma once

#include "analyzer/view/view.h"
#include "base/text.h"

enum view_request { VIEW_REQUEST_TABLE, VIEW_REQUEST_SENSORS, VIEW_REQUEST_NOTICES };

void view_put_question(struct text *text, const struct view_question *question);
int view_read_question(
	char *line, enum view_request *request, struct view_question *question, struct err *err);

void view_put_error(struct text *text, int status, const struct err *err);
void view_put_answer(struct text *text, const struct view_answer *answer, unsigned by_count);
void view_put_sensor(struct text *text, const struct view_sensor *sensor);
void view_put_notice(struct text *text, const struct view_notice *notice);

/* What was said; text is changed. by_count: of the question. -errno of an "error" line, -EPROTO
 * where nothing of this kind was said. */
int view_read_answer(char *text, unsigned by_count, struct view_answer **answer, struct err *err);
int view_read_sensors(char *text, struct view_sensors *sensors, struct err *err);
int view_read_notices(char *text, struct view_notices *notices, struct err *err);
