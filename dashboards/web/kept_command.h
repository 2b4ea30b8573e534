/* What commands of this program said last, for those that take long: whoever asks is told what is
 * known, and of when; what is old, or not known yet, is asked anew in the background.
 *
 * Memory   KEPT_COMMANDS_MAX outputs; the one that was asked for longest ago gives way.
 * Threads  any; each command that runs has a thread of its own, which ends with its owner.
 * Failure  as own_program_run() says; a failure is told once, and then tried anew. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dashboards/web/own_program.h"

enum { KEPT_COMMANDS_MAX = 8 };

struct kept_commands;

struct kept_commands *kept_commands_create(void);           /* NULL: out of memory */
void kept_commands_destroy(struct kept_commands *commands); /* NULL is accepted */

struct kept_question {
	const struct own_program *program;
	uint64_t version; /* of what it reads: another one, and what is known is old */
	unsigned wait_ms; /* for what is not known yet */
};

struct kept_answer_state {
	uint64_t as_of_ns; /* 0: nothing is known yet */
	bool is_running;
};

/* Appends what is known. 0 or -errno. */
int kept_commands_ask(struct kept_commands *commands, const struct kept_question *question,
	struct text *output, struct kept_answer_state *state, struct err *err);
