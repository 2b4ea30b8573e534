/* A field that there is not: which one was meant. Pure; any thread. */
#pragma once

#include <stddef.h>

enum { FIELD_GUESS_BYTES = 224 };

/* "there is no field \"strat\" (did you mean \"start\"?); --fields lists them with their short
 * names" */
const char *field_guess(const char *name, size_t length, char sentence[FIELD_GUESS_BYTES]);
