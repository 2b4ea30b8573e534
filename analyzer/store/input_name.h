/* The name under which the analysis of files writes to a store: "file-" and the hash of what they
 * hold, so that the same input is the same sensor, wherever it lies and whatever it is called.
 *
 * Reads every file once (SHA-256). Standard input and other things that cannot be read twice have
 * no such name and are refused. */
#pragma once

#include "base/err.h"

enum { INPUT_NAME_BYTES = 40 };

/* 0 or -errno. */
int input_name(
	const char *const *paths, unsigned count, char name[INPUT_NAME_BYTES], struct err *err);
