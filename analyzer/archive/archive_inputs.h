/* Which captures are in an archive: so that the same one, given again, is not added twice.
 *
 * FOLDER/inputs holds a line for each: "begun NAME" before its records are written and "whole NAME"
 * once all are there, where NAME is made from what the file holds (input_name.h). Standard input
 * and other things that cannot be read twice have no name; they are added whenever they are given.
 *
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>

#include "analyzer/archive/input_name.h"
#include "base/err.h"

struct archive_inputs;

/* Names the captures and looks for them in the archive. 0; *known says that all of them are in it,
 * so that there is nothing to add. -EEXIST where only some are, or one was begun by a run that was
 * cut short: the error says what to do. */
int archive_inputs_open(struct archive_inputs **inputs, const char *folder,
	const char *const *paths, unsigned count, bool *known, struct err *err);

/* Before the first record is written; the folder is there by then. */
int archive_inputs_begin(const struct archive_inputs *inputs, struct err *err);
/* Once every record is in the archive. */
int archive_inputs_finish(const struct archive_inputs *inputs, struct err *err);

/* Inputs that were begun and never finished: how many, and the first of their names. A run that is
 * at work is among them. */
unsigned archive_inputs_unfinished(const char *folder, char name[INPUT_NAME_BYTES]);

void archive_inputs_close(struct archive_inputs *inputs);
