/* Reads a command's options from its table into its settings. */
#pragma once

#include "base/err.h"
#include "dashboards/cli/cli.h"

/* Fills settings (zeroed, settings_bytes long) from defaults, then from argv[0..count), in any
 * order, until "--". Long options as --name VALUE or --name=VALUE, letters as -l VALUE or -lVALUE.
 * What is no option is moved to the front of argv and counted. 0; 1 where --help was asked for;
 * -EINVAL with a sentence. */
int options_parse(const struct command *command, void *settings, char **argv, unsigned count,
	unsigned *argument_count, struct err *err);

/* The two halves of it, so that a file of settings can come between them: a list that stands in
 * argv replaces the one that is there already. */
int options_set_defaults(const struct command *command, void *settings, struct err *err);
int options_take(const struct command *command, void *settings, char **argv, unsigned count,
	unsigned *argument_count, struct err *err);

/* One value by hand; label is how errors call it. value must live as long as settings. */
int options_set(const struct option *option, const char *label, void *settings, const char *value,
	struct err *err);

/* The value of a long option in argv, NULL where it is not there; for what must be known first. */
const char *options_peek(char *const *argv, unsigned count, const char *name);

/* "90s", "5m", "2h", "1d" or plain seconds; false where it is none of these. */
bool options_parse_duration(const char *text, uint64_t *duration_ns);
