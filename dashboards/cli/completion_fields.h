/* Completion of filters and of lists of fields, from the field table: the names of fields, the
 * signs behind them, and the words that a field can have. Functions for the shell, which the
 * completion of the commands calls (help.h). */
#pragma once

#include <stdio.h>

#include "dashboards/cli/cli.h"

/* _borderflow_fields, _borderflow_words FIELD, _borderflow_filter for bash; the last for zsh. */
void completion_fields_bash(FILE *out);
void completion_fields_zsh(FILE *out);

/* Do the arguments of the command make a filter? Does the option take a list of fields? */
bool completion_takes_filter(const struct command *command);
bool completion_takes_fields(const struct option *option);
