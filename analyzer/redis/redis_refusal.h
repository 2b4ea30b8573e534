/* What a Redis server says when it refuses, as -errno and a sentence with what to do about it. */
#pragma once

#include "base/err.h"

/* name: the server as it may be shown; text: its answer. */
int redis_refusal(const char *name, const char *text, struct err *err);
