/* `borderflow serve token`: makes, lists and ends tokens in the folder that the server reads, also
 * while it runs.
 *
 * Threads  one.
 * Failure  prints what is wrong and returns an exit status. */
#pragma once

#include <stdint.h>

#include "dashboards/cli/cli.h"

struct token_settings {
	const char *role, *unit;
	uint64_t days;
};

#define TOKEN_OPTIONS(offset)                                                                      \
	{ "role", 0, OPTION_CHOICE, (offset) + offsetof(struct token_settings, role),              \
		.argument = "ROLE", .choices = "viewer|analyst|compliance|auditor|admin",          \
		.default_text = "viewer", .group = "Tokens",                                       \
		.help = "Of token add: what its holder may do." },                                 \
		{ "unit", 0, OPTION_TEXT, (offset) + offsetof(struct token_settings, unit),        \
			.argument = "UNIT", .help = "Of token add: that unit alone." },            \
	{                                                                                          \
		"days", 0, OPTION_NUMBER, (offset) + offsetof(struct token_settings, days),        \
			.argument = "N", .default_text = "90", .least = 1, .most = 3660,           \
			.help = "Of token add: how long it is valid."                              \
	}

int serve_token(const struct command *command, const struct token_settings *settings,
	const char *folder, char *const *arguments, unsigned count);
