/* A command's file of settings: YAML, one key an option, under the option's name with underscores
 * ("ring_size" is --ring-size). The command's table of options is the only table there is: what a
 * key takes, its range and its default stand there.
 *
 *     interface: [eth0, eth1]
 *     ring_size: 128
 *
 * Memory   texts in the command's settings belong to the file until settings_close().
 * Failure  the first mistake, as FILE:LINE:COLUMN and what was expected. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "dashboards/cli/cli.h"

struct settings_file;

/* A file that is not there is an error only where it must be there; *file is then NULL. */
int settings_read(struct settings_file **file, const char *path, bool must_be_there,
	const struct command *command, void *settings, struct err *err);
void settings_close(struct settings_file *file); /* NULL is accepted */
