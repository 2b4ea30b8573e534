#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/print.h"
#include "base/text.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/help.h"
#include "dashboards/cli/options.h"
#include "dashboards/cli/settings.h"
#include "dashboards/cli/terminal.h"
#include "dashboards/cli/version.h"

extern const struct command command_alerts;
extern const struct command command_analyze;
extern const struct command command_apps;
extern const struct command command_archive;
extern const struct command command_capture;
extern const struct command command_detect;
extern const struct command command_devices;
extern const struct command command_doctor;
extern const struct command command_flows;
extern const struct command command_geo;
extern const struct command command_keys;
extern const struct command command_policy;
extern const struct command command_probe;
extern const struct command command_report;
extern const struct command command_reveal;
extern const struct command command_serve;
extern const struct command command_top;

const struct command *const command_table[] = {
	&command_alerts,
	&command_analyze,
	&command_apps,
	&command_archive,
	&command_capture,
	&command_detect,
	&command_devices,
	&command_doctor,
	&command_flows,
	&command_geo,
	&command_keys,
	&command_policy,
	&command_probe,
	&command_report,
	&command_reveal,
	&command_serve,
	&command_top,
	NULL,
};

enum { SENTENCE_BYTES = 2 * sizeof(((struct err *)NULL)->text) };

static void put_sentence(const char *who, const char *command, const char *sentence)
{
	struct text text;

	text_init_heap(&text);
	text_put_terminal_lines(&text, sentence, strlen(sentence));
	fprintf(stderr, "%s%s: %s\n", who, command, text.at ? text.at : "");
	text_deinit(&text);
}

int cli_exit_of(int status)
{
	switch (-status) {
	case 0:
		return EXIT_DONE;
	case EINTR:
		return EXIT_STOPPED;
	case ENOSPC: /* an output */
	case EDQUOT:
	case EFBIG:
	case EIO:
	case EPIPE:
	case EBADF:
	case EBADMSG: /* an input */
	case EPROTO:  /* a server */
	case ETIMEDOUT:
	case ECONNREFUSED:
	case ECONNRESET:
		return EXIT_INPUT;
	default:
		return EXIT_USAGE;
	}
}

void cli_error(const char *command, const char *sentence)
{
	put_sentence("borderflow ", command, sentence);
}

int cli_fail(const char *command, int status, const struct err *err)
{
	cli_error(command, err->text);
	return cli_exit_of(status);
}

void cli_notice(const char *command, const char *format, ...)
{
	char sentence[SENTENCE_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	cli_error(command, sentence);
}

void cli_say_pipe(const char *command, const char *path, bool is_input)
{
	struct stat status;

	if (path && lstat(path, &status) == 0 && S_ISFIFO(status.st_mode)) {
		cli_notice(command, "%s: a pipe: whoever %s is waited for (Ctrl-C ends that)", path,
			is_input ? "writes into it, to its end," : "reads it");
	}
}

void cli_notice_lines(const char *command, struct text *text)
{
	for (char *line = text->at, *end; line && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		cli_error(command, line);
	}
}

int cli_usage_error(const struct command *command, const char *format, ...)
{
	char sentence[SENTENCE_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	cli_error(command->name, sentence);
	fprintf(stderr, "Try: borderflow %s --help\n", command->name);
	return EXIT_USAGE;
}

static int no_command(const char *who, const char *name)
{
	char sentence[SENTENCE_BYTES];

	snprintf(sentence, sizeof(sentence),
		"there is no command \"%s\"; borderflow help lists them", name);
	put_sentence("borderflow", who, sentence);
	return EXIT_USAGE;
}

/* A file of settings with a mistake in it must not stand in the way of help. */
static bool wants_help(char *const *argv, unsigned count)
{
	for (unsigned i = 0; i < count && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			return true;
		}
	}
	return false;
}

/* Defaults, then the file of settings where the command has one, then what was typed. */
static int read_settings(const struct command *command, void *settings, char **argv, unsigned count,
	unsigned *argument_count, struct settings_file **file, struct err *err)
{
	const char *path = command->config ? options_peek(argv, count, "config") : NULL;
	int status = options_set_defaults(command, settings, err);

	if (status == 0 && command->config && !wants_help(argv, count)) {
		status = settings_read(
			file, path ? path : command->config, path != NULL, command, settings, err);
	}
	return status < 0 ? status
			  : options_take(command, settings, argv, count, argument_count, err);
}

static int run_command(const struct command *command, char **argv, unsigned count)
{
	struct settings_file *file = NULL;
	unsigned argument_count;
	struct err err;
	void *settings = calloc(1, command->settings_bytes ? command->settings_bytes : 1);

	if (!settings) {
		cli_error(command->name, "out of memory");
		return EXIT_USAGE;
	}
	int status = read_settings(command, settings, argv, count, &argument_count, &file, &err);
	if (status < 0) {
		status = cli_usage_error(command, "%s", err.text);
	} else if (status > 0) {
		help_command(stdout, command);
		status = EXIT_DONE;
	} else {
		status = command->run(settings, argv, argument_count);
	}
	settings_close(file);
	free(settings);
	return status;
}

/* borderflow help [COMMAND | --man NAME | --completion SHELL] */
static int run_help(char **argv, int argc)
{
	bool is_man = argc == 2 && strcmp(argv[0], "--man") == 0;
	bool is_completion = argc == 2 && strcmp(argv[0], "--completion") == 0;
	const struct command *command = argc > 0 ? help_find_command(argv[is_man]) : NULL;

	if (argc == 0) {
		help_overview(stdout);
	} else if (is_man && strcmp(argv[1], "borderflow") == 0) {
		help_man_program(stdout);
	} else if (is_man && command) {
		help_man_command(stdout, command);
	} else if (is_completion && strcmp(argv[1], "bash") == 0) {
		help_completion_bash(stdout);
	} else if (is_completion && strcmp(argv[1], "zsh") == 0) {
		help_completion_zsh(stdout);
	} else if (argc == 1 && command) {
		help_command(stdout, command);
	} else {
		return no_command(" help", argv[argc - 1]);
	}
	return EXIT_DONE;
}

/* What was printed must have arrived: a full disk behind stdout is not "done". */
static int finish(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		if (errno != EPIPE) {
			fprintf(stderr, "borderflow: cannot write the output: %s\n",
				strerror(errno));
		}
		return status == EXIT_DONE ? EXIT_INPUT : status;
	}
	return status;
}

/* Where stdio finds no memory for a buffer of its own, the first byte is lost and nobody told. */
static void give_stdout_a_buffer(void)
{
	static char buffer[BUFSIZ];

	setvbuf(stdout, buffer, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, sizeof(buffer));
}

/* Where one of the three is closed the next file that is opened would take its place, and what is
 * said of the run be written into it. Each is given something that refuses to be used for it. */
static void hold_standard_streams(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) < 0) {
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
		}
	}
}

int main(int argc, char **argv)
{
	hold_standard_streams();
	give_stdout_a_buffer();
	setlocale(LC_CTYPE, "");
	print_open(terminal_has_color());
	if (argc < 2) {
		help_overview(stderr);
		return EXIT_USAGE;
	}
	const char *name = argv[1];
	if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
		version_print(stdout);
		return finish(EXIT_DONE);
	}
	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		return finish(run_help(argv + 2, argc - 2));
	}
	const struct command *command = help_find_command(name);
	if (!command) {
		return no_command("", name);
	}
	return finish(run_command(command, argv + 2, (unsigned)argc - 2));
}
