#include "dashboards/web/kept_command.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define YOUNG_NS (300 * NS_PER_S) /* so long an answer is not old, however much there is more */

enum { SECONDS_MOST = 600 };

struct kept_command {
	struct kept_commands *owner;
	char *line;                 /* its arguments, a line each; NULL: nothing is kept here */
	struct own_program program; /* whose arguments are in memory */
	char *memory, *output;
	size_t length;
	uint64_t version, as_of_ns, used;
	bool is_running, has_thread;
	int status;
	struct err err;
	pthread_t thread;
};

struct kept_commands {
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t has_ended;
	struct kept_command commands[KEPT_COMMANDS_MAX];
	uint64_t uses;
	atomic_bool stop;
};

struct kept_commands *kept_commands_create(void)
{
	struct kept_commands *commands = calloc(1, sizeof(*commands));

	if (commands) {
		pthread_mutex_init(&commands->lock, NULL);
		pthread_cond_init(&commands->has_ended, NULL);
	}
	return commands;
}

/* It does not run. */
static void forget(struct kept_command *command)
{
	if (command->has_thread) {
		pthread_join(command->thread, NULL);
	}
	free(command->line);
	free(command->memory);
	free(command->output);
	*command = (struct kept_command){ .owner = NULL };
}

void kept_commands_destroy(struct kept_commands *commands)
{
	if (!commands) {
		return;
	}
	commands->stop = true;
	for (unsigned i = 0; i < KEPT_COMMANDS_MAX; i++) {
		forget(&commands->commands[i]);
	}
	pthread_cond_destroy(&commands->has_ended);
	pthread_mutex_destroy(&commands->lock);
	free(commands);
}

static char *line_of(const struct own_program *program)
{
	struct text line;

	text_init_heap(&line);
	for (unsigned i = 0; i < program->count; i++) {
		text_printf(&line, "%s\n", program->arguments[i]);
	}
	if (line.truncated) {
		text_deinit(&line);
		return NULL;
	}
	return line.at;
}

static void *run(void *argument)
{
	struct kept_command *command = argument;
	struct kept_commands *commands = command->owner;
	struct text output;
	struct err err;
	uint64_t now_ns = clock_now_ns();

	text_init_heap(&output);
	int status = own_program_run(&command->program, SECONDS_MOST, &output, &err);
	pthread_mutex_lock(&commands->lock);
	command->status = status;
	command->is_running = false;
	if (status == 0) {
		free(command->output);
		command->output = output.at;
		command->length = output.length;
		command->as_of_ns = now_ns;
	} else {
		command->err = err;
		text_deinit(&output);
	}
	pthread_cond_broadcast(&commands->has_ended);
	pthread_mutex_unlock(&commands->lock);
	return NULL;
}

/* The arguments again, in memory that stays as long as it runs. */
static bool copy_program(struct kept_command *command, const struct own_program *program)
{
	char *rest = strdup(command->line);

	free(command->memory);
	command->memory = rest;
	command->program = (struct own_program){ .path = program->path,
		.running = program->running,
		.bears_damage = program->bears_damage,
		.stop = &command->owner->stop };
	while (rest && *rest) {
		own_program_add(&command->program, strsep(&rest, "\n"));
	}
	return command->memory != NULL;
}

static int start(struct kept_command *command, const struct kept_question *question)
{
	if (command->has_thread) {
		pthread_join(command->thread, NULL);
		command->has_thread = false;
	}
	command->version = question->version;
	command->status = 0;
	command->is_running = copy_program(command, question->program);
	if (command->is_running) {
		command->has_thread = pthread_create(&command->thread, NULL, run, command) == 0;
		command->is_running = command->has_thread;
	}
	return command->is_running ? 0 : -ENOMEM;
}

/* The one that is kept, or an empty one in the place of the oldest; NULL: all of them run. line is
 * the command's from then on. */
static struct kept_command *find(struct kept_commands *commands, char *line)
{
	struct kept_command *oldest = NULL;

	for (unsigned i = 0; i < KEPT_COMMANDS_MAX; i++) {
		struct kept_command *command = &commands->commands[i];
		if (command->line && strcmp(command->line, line) == 0) {
			free(line);
			return command;
		}
		if (!command->is_running && (!oldest || command->used < oldest->used)) {
			oldest = command;
		}
	}
	if (oldest) {
		forget(oldest);
		oldest->owner = commands;
		oldest->line = line;
	} else {
		free(line);
	}
	return oldest;
}

static bool is_old(const struct kept_command *command, uint64_t version)
{
	return command->as_of_ns == 0 ||
	       (command->version != version && clock_now_ns() - command->as_of_ns > YOUNG_NS);
}

/* While it is not known and runs, so long at most. */
static void wait_for(
	struct kept_commands *commands, const struct kept_command *command, unsigned wait_ms)
{
	uint64_t until_ns = clock_now_ns() + wait_ms * NS_PER_MS;
	const struct timespec until = { (time_t)(until_ns / NS_PER_S),
		(long)(until_ns % NS_PER_S) };

	while (command->is_running && command->as_of_ns == 0 &&
		pthread_cond_timedwait(&commands->has_ended, &commands->lock, &until) == 0) {
	}
}

static int tell(struct kept_command *command, struct text *output, struct kept_answer_state *state,
	struct err *err)
{
	int status = command->status;

	*state = (struct kept_answer_state){ command->as_of_ns, command->is_running };
	if (command->output) {
		text_put_bytes(output, command->output, command->length);
	}
	if (status < 0) {
		*err = command->err;
		command->status = 0;
	}
	return status;
}

int kept_commands_ask(struct kept_commands *commands, const struct kept_question *question,
	struct text *output, struct kept_answer_state *state, struct err *err)
{
	char *line = line_of(question->program);
	int status = 0;

	if (!line) {
		return err_set(err, ENOMEM, "out of memory");
	}
	pthread_mutex_lock(&commands->lock);
	struct kept_command *command = find(commands, line);
	if (!command) {
		status = err_set(err, EALREADY, "others are being answered: try again soon");
	} else if (!command->is_running && command->status == 0 &&
		   is_old(command, question->version)) {
		status = start(command, question);
		status = status < 0 ? err_set(err, -status, "out of memory") : 0;
	}
	if (status == 0) {
		command->used = ++commands->uses;
		wait_for(commands, command, question->wait_ms);
		status = tell(command, output, state, err);
	}
	pthread_mutex_unlock(&commands->lock);
	return status;
}
