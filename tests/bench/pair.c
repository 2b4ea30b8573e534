/* Runs commands in turns and compares what they cost.
 *
 *     pair ROUNDS COMMAND COMMAND...
 *
 * Each command is one argument, split at blanks, run without a shell and with its output thrown
 * away. A round runs every command once, so that a machine that slows down slows all of them; the
 * first round only warms the page cache. Prints one line a command, tab-separated: CPU seconds
 * (user and system), wall seconds, peak memory in MiB, each the median over the rounds, then CPU
 * and wall divided by the first command's of the same round, medians too, and the exit status. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 8, ROUNDS_MAX = 99, WORDS_MAX = 64 };

/* What is noted of each run, and in which order it is printed. */
enum measure { CPU_SECONDS, WALL_SECONDS, PEAK_MIB, CPU_RATIO, WALL_RATIO, MEASURE_COUNT };

struct command {
	char *words[WORDS_MAX + 1];
	double runs[MEASURE_COUNT][ROUNDS_MAX];
	int status;
};

static int split(char *text, char *words[WORDS_MAX + 1])
{
	unsigned count = 0;

	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		if (count == WORDS_MAX) {
			return -E2BIG;
		}
		words[count++] = word;
	}
	words[count] = NULL;
	return count > 0 ? 0 : -EINVAL;
}

static void run_child(char *const words[])
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(words[0], words);
	_exit(127);
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run(struct command *command, unsigned round)
{
	struct rusage usage = { 0 };
	double start = now_seconds();
	pid_t child = fork();

	if (child == 0) {
		run_child(command->words);
	}
	if (child < 0 || wait4(child, &command->status, 0, &usage) < 0) {
		perror("pair");
		exit(2);
	}
	command->runs[WALL_SECONDS][round] = now_seconds() - start;
	command->runs[CPU_SECONDS][round] = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	command->runs[PEAK_MIB][round] = (double)usage.ru_maxrss / 1024;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

static double median(double *numbers, unsigned count)
{
	qsort(numbers, count, sizeof(*numbers), compare);
	return (numbers[(count - 1) / 2] + numbers[count / 2]) / 2;
}

static void print(struct command *command, unsigned rounds)
{
	for (unsigned measure = 0; measure < MEASURE_COUNT; measure++) {
		printf("%.3f\t", median(command->runs[measure], rounds));
	}
	if (WIFEXITED(command->status)) {
		printf("exit %d\n", WEXITSTATUS(command->status));
	} else {
		printf("signal %d\n", WTERMSIG(command->status));
	}
}

int main(int argc, char **argv)
{
	static struct command commands[COMMANDS_MAX];
	int rounds = argc > 2 ? atoi(argv[1]) : 0, count = argc - 2;

	if (rounds < 1 || rounds > ROUNDS_MAX || count > COMMANDS_MAX) {
		fprintf(stderr, "usage: pair ROUNDS COMMAND...\n");
		return 2;
	}
	for (int i = 0; i < count; i++) {
		if (split(argv[i + 2], commands[i].words) < 0) {
			fprintf(stderr, "pair: a command has 1 to %d words\n", WORDS_MAX);
			return 2;
		}
		run(&commands[i], 0);
	}
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < count; i++) {
			struct command *command = &commands[i];
			run(command, (unsigned)round);
			command->runs[CPU_RATIO][round] = command->runs[CPU_SECONDS][round] /
							  commands[0].runs[CPU_SECONDS][round];
			command->runs[WALL_RATIO][round] = command->runs[WALL_SECONDS][round] /
							   commands[0].runs[WALL_SECONDS][round];
		}
	}
	for (int i = 0; i < count; i++) {
		print(&commands[i], (unsigned)rounds);
	}
	return 0;
}
