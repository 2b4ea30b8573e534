/* The log of look-ups: who asked what of people's data, when and why. A line each, only ever
 * appended to.
 *
 * Failure  0 or -errno: what cannot be logged is not to be answered. */
#pragma once

#include "base/err.h"

/* In the folder (of an archive). question: what was asked; reason: as it was given. */
int lookup_log_append(
	const char *folder, const char *question, const char *reason, struct err *err);
