/* Runs this program's own commands beside the server: what a terminal prints, the page shows, made
 * by the same code; and memory that a long job takes goes with it.
 *
 * Memory   what it prints is the caller's.
 * Threads  any; each call waits for its own child.
 * Failure  0 or -errno and a sentence: what the command itself said where it failed, -ETIMEDOUT
 *          where it took too long and was ended, -EALREADY where OWN_PROGRAM_MOST run, -ENOTSUP
 *          where there is no program, or this process was itself started so: commands that start
 *          each other would never end. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"

enum { OWN_PROGRAM_MOST = 2, OWN_PROGRAM_ARGUMENTS_MAX = 96, OWN_PROGRAM_OUTPUT_MAX = 32 << 20 };

/* A command line in the making: texts are the caller's. */
struct own_program {
	const char *path;        /* of the program; NULL: there is none, and nothing is run */
	atomic_uint *running;    /* of all callers; the caller's */
	const atomic_bool *stop; /* once true, it is ended; NULL: nobody will */
	/* What it prints of a damaged source is an answer, which names the damage itself. */
	bool bears_damage;
	const char *arguments[OWN_PROGRAM_ARGUMENTS_MAX];
	unsigned count;
};

void own_program_add(struct own_program *program, const char *argument);
/* "--name VALUE" where value is neither NULL nor "". */
void own_program_option(struct own_program *program, const char *name, const char *value);

int own_program_run(
	const struct own_program *program, unsigned seconds, struct text *output, struct err *err);
