/* What the command tables say, in the forms a person meets: --help, man page, shell completion. */
#pragma once

#include <stdio.h>

#include "dashboards/cli/cli.h"

void help_overview(FILE *out);                                   /* borderflow help */
void help_command(FILE *out, const struct command *command);     /* borderflow COMMAND --help */
void help_man_program(FILE *out);                                /* borderflow.1 */
void help_man_command(FILE *out, const struct command *command); /* borderflow-COMMAND.1 */
void help_completion_bash(FILE *out);
void help_completion_zsh(FILE *out);

/* NULL where there is no such command. */
const struct command *help_find_command(const char *name);
