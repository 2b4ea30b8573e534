/* From the text of a query to a question: times, filters, groups, order.
 *
 *     by=server,parent  from=2026-03-01  to=  last=7d  step=300|3600|day  sort=bytes  first=0
 *     most=50  text=school  app=tiktok  unit=!School
 *
 * A dimension of the view by its name filters by a value; "!" before it excludes; several values of
 * one dimension are alternatives.
 *
 * Memory   texts of the question stand in the request.
 * Threads  any.
 * Failure  -EINVAL and what was expected, with the parameter's name. */
#pragma once

#include "analyzer/view/view.h"
#include "base/err.h"
#include "dashboards/web/router.h"

struct ask_clock {
	const struct local_zone *zone; /* whose times, where they say none; NULL: UTC */
	uint64_t now_ns;
};

/* Are its parameters those that the route knows (names, and those of its path)? One that is written
 * wrong would filter nothing, and the answer would look like that of the question. */
int ask_check(
	const struct http_request *request, const char *path, const char *names, struct err *err);

int ask_question(struct view_question *question, const struct http_request *request,
	const struct ask_clock *clock, struct err *err);

/* The parts of it that other questions have too. */
int ask_period(uint64_t *from_ns, uint64_t *to_ns, const struct http_request *request,
	const struct ask_clock *clock, struct err *err);
/* Figures are kept by five minutes, and read fastest by hours: "last" begins at a whole hour, and
 * other times widen to whole five minutes. */
int ask_figures_period(uint64_t *from_ns, uint64_t *to_ns, const struct http_request *request,
	const struct ask_clock *clock, struct err *err);
/* A number, or fallback where the parameter is not given. */
int ask_number(uint64_t *number, const struct http_request *request, const char *name,
	uint64_t fallback, uint64_t most, struct err *err);
