/* The command line: one table of commands, each with one table of options, from which the parser,
 * --help, the man pages and the shell completion all come (borderflow.c, help.c).
 *
 * A command is one file cmd_<name>.c that defines one struct command: options in, library calls,
 * exit status out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit status of every command. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_FOUND = 1,   /* done, and --fail-on found one (or a check found an error) */
	EXIT_USAGE = 2,   /* usage or configuration */
	EXIT_INPUT = 3,   /* an input was bad or cut short, or an output found no room; what could
			     be read was reported */
	EXIT_STOPPED = 4, /* by a signal, before the input was over; what was read was reported */
};

enum option_type {
	OPTION_FLAG,     /* bool */
	OPTION_SWITCH,   /* bool; "on" or "off" (also yes, no, true, false) */
	OPTION_TEXT,     /* const char * */
	OPTION_FILE,     /* const char *, completes to files */
	OPTION_FOLDER,   /* const char *, completes to folders */
	OPTION_NUMBER,   /* uint64_t; range in least, most */
	OPTION_DURATION, /* uint64_t ns; "90s", "5m", "2h", "1d" */
	OPTION_CHOICE,   /* const char *, one of choices */
	OPTION_LIST,     /* struct option_list: may be given several times */
};

struct option_list {
	const char *items[64];
	unsigned count;
};

struct option {
	const char *name; /* without the dashes */
	char letter;      /* 0: none */
	enum option_type type;
	size_t offset;            /* of the value in the command's settings */
	const char *argument;     /* "PATH", "MB": shown in help; NULL for flags */
	const char *default_text; /* parsed first when not NULL; shown in help */
	const char *choices;      /* "text|json|none" */
	uint64_t least, most;     /* OPTION_NUMBER; of OPTION_DURATION least alone, in ns */
	const char *help;         /* one or two plain sentences */
	const char *group; /* heading in help: "Output", "Input", …; NULL as the one before */
};

struct command {
	const char *name;
	const char *arguments;        /* "FILE…", "" none */
	const char *summary;          /* one line, for the list of commands */
	const char *description;      /* paragraphs for --help and the man page */
	const char *examples;         /* lines "$ command" and what it does */
	size_t settings_bytes;        /* zeroed, then filled from defaults and options */
	const struct option *options; /* ended by a NULL name */
	const char *config; /* where its file of settings is, unless --config says another; NULL:
			       none */
	int (*run)(void *settings, char *const *arguments, unsigned count); /* enum exit_status */
};

extern const struct command *const command_table[]; /* ended by NULL */

/* How a command ends that failed so (-errno): an output that found no room ends it like an input
 * that is cut short or a server that does not answer, whichever it is; whoever stopped it knows;
 * anything else is amiss with what was asked. */
int cli_exit_of(int status);

/* All of them escape what could steer a terminal: a sentence may name a file or quote what was
 * typed.
 *
 * Prints "borderflow COMMAND: sentence" and how to get help; returns EXIT_USAGE. */
int cli_usage_error(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Prints "borderflow COMMAND: sentence". */
void cli_error(const char *command, const char *sentence);
/* The same of what went wrong; returns cli_exit_of(status). */
struct err;
int cli_fail(const char *command, int status, const struct err *err);
/* The same, of what is no error. */
void cli_notice(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* At a pipe with a name whoever is at its other end is waited for, perhaps for ever: that it is.
 * path may be NULL. */
void cli_say_pipe(const char *command, const char *path, bool is_input);
/* The same of each line of the text, which it takes apart. */
struct text;
void cli_notice_lines(const char *command, struct text *text);
