#include "dashboards/web/own_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { BLOCK_BYTES = 16384, SAID_BYTES = 400, ENVIRONMENT_MAX = 254, LOOK_MS = 200 };

/* How commands end that have answered: cli.h. */
enum { STATUS_FOUND = 1, STATUS_DAMAGED = 3 };

#define MARK "BORDERFLOW_STARTED_BY_SERVER"

void own_program_add(struct own_program *program, const char *argument)
{
	if (program->count < OWN_PROGRAM_ARGUMENTS_MAX - 1) {
		program->arguments[program->count++] = argument;
	}
}

void own_program_option(struct own_program *program, const char *name, const char *value)
{
	if (value && *value) {
		own_program_add(program, name);
		own_program_add(program, value);
	}
}

/* Whoever is started so is told, and starts nobody. */
static void mark_environment(char *environment[ENVIRONMENT_MAX + 2])
{
	extern char **environ;
	unsigned count = 0;

	while (environ[count] && count < ENVIRONMENT_MAX) {
		environment[count] = environ[count];
		count++;
	}
	environment[count] = (char *)MARK "=1";
	environment[count + 1] = NULL;
}

/* A child with signals as at a terminal, whose two outputs are ours to read. */
static int start(
	const struct own_program *program, const int out[2], const int said[2], pid_t *child)
{
	char *arguments[OWN_PROGRAM_ARGUMENTS_MAX + 1] = { (char *)"borderflow" };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *environment[ENVIRONMENT_MAX + 2];
	sigset_t none, defaults;

	for (unsigned i = 0; i < program->count; i++) {
		arguments[i + 1] = (char *)program->arguments[i];
	}
	mark_environment(environment);
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, said[1], STDERR_FILENO);
	int code = posix_spawn(child, program->path, &actions, &attributes, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return code;
}

/* False at its end. What finds no room is read and left out. */
static bool drain(int fd, struct text *text, size_t most)
{
	char block[BLOCK_BYTES];
	ssize_t count = read(fd, block, sizeof(block));

	if (count > 0 && text->length + (size_t)count <= most) {
		text_put_bytes(text, block, (size_t)count);
	}
	return count > 0 || (count < 0 && errno == EINTR);
}

/* How long nothing may come before somebody looks whether it is to end; 0: now. */
static int patience_of(uint64_t until_ns, const atomic_bool *stop)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (now_ns >= until_ns || (stop && *stop)) {
		return 0;
	}
	uint64_t left_ms = (until_ns - now_ns) / NS_PER_MS + 1;
	return (int)(stop && left_ms > LOOK_MS ? LOOK_MS : left_ms);
}

/* Both outputs to their ends, or until the time is over. */
static bool read_all(int out, int said, uint64_t until_ns, const atomic_bool *stop,
	struct text *output, struct text *sentence)
{
	struct pollfd ends[] = { { .fd = out, .events = POLLIN },
		{ .fd = said, .events = POLLIN } };

	while (ends[0].fd >= 0 || ends[1].fd >= 0) {
		int patience_ms = patience_of(until_ns, stop);
		if (patience_ms == 0 || (poll(ends, 2, patience_ms) < 0 && errno != EINTR)) {
			return false;
		}
		if (ends[0].revents && !drain(out, output, OWN_PROGRAM_OUTPUT_MAX)) {
			ends[0].fd = -1;
		}
		if (ends[1].revents && !drain(said, sentence, SAID_BYTES)) {
			ends[1].fd = -1;
		}
	}
	return true;
}

/* "borderflow policy: FILE:3: …" without what is before the sentence, on one line. */
static void read_sentence(struct text *said, char sentence[SAID_BYTES + 1])
{
	const char *text = said->at ? said->at : "";
	const char *colon = strncmp(text, "borderflow ", 11) == 0 ? strstr(text, ": ") : NULL;

	snprintf(sentence, SAID_BYTES + 1, "%s", colon ? colon + 2 : text);
	sentence[strcspn(sentence, "\n")] = '\0';
}

static int judge(pid_t child, bool is_whole, bool bears, struct text *said, struct err *err)
{
	char sentence[SAID_BYTES + 1];
	int ended = 0;

	if (!is_whole) {
		kill(child, SIGKILL);
	}
	while (waitpid(child, &ended, 0) < 0 && errno == EINTR) {
	}
	if (!is_whole) {
		return err_set(err, ETIMEDOUT, "it took too long: ask for a shorter period");
	}
	read_sentence(said, sentence);
	int said_status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
	return said_status == 0 || said_status == STATUS_FOUND ||
			       (bears && said_status == STATUS_DAMAGED)
		       ? 0
		       : err_set(err, EINVAL, "%s", *sentence ? sentence : "it could not be done");
}

static int run(
	const struct own_program *program, unsigned seconds, struct text *output, struct err *err)
{
	int out[2] = { -1, -1 }, said[2] = { -1, -1 };
	struct text sentence;
	pid_t child;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(said, O_CLOEXEC) < 0) {
		int code = errno;
		if (out[0] >= 0) {
			close(out[0]);
			close(out[1]);
		}
		return err_set(err, code, "cannot run it: %s", strerror(code));
	}
	text_init_heap(&sentence);
	int code = start(program, out, said, &child);
	close(out[1]);
	close(said[1]);
	int status = code ? err_set(err, code, "cannot run it: %s", strerror(code)) : 0;
	if (status == 0) {
		uint64_t until_ns = clock_monotonic_ns() + seconds * NS_PER_S;
		bool is_whole =
			read_all(out[0], said[0], until_ns, program->stop, output, &sentence);
		bool bears = program->bears_damage && output->length > 0;
		status = judge(child, is_whole, bears, &sentence, err);
	}
	close(out[0]);
	close(said[0]);
	text_deinit(&sentence);
	return status;
}

int own_program_run(
	const struct own_program *program, unsigned seconds, struct text *output, struct err *err)
{
	if (!program->path || getenv(MARK)) {
		return err_set(err, ENOTSUP, "this server runs no commands");
	}
	int status = atomic_fetch_add(program->running, 1) < OWN_PROGRAM_MOST
			     ? run(program, seconds, output, err)
			     : err_set(err, EALREADY, "others are being answered: try again soon");
	atomic_fetch_sub(program->running, 1);
	return status;
}
