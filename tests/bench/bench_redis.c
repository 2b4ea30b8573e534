/* What metrics cost in Redis: a day of 1,000 series, batch by batch, into a redis-server of our own
 * over a unix socket, as one sensor sends them. Increments a second, bytes a stored value. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/redis/redis.h"
#include "analyzer/redis/redis_function.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/bench/bench.h"

enum { SERIES = 1000, SLOTS = 288 };

static char folder[] = "/tmp/borderflow-bench-XXXXXX";
static char socket_path[64], url[96];
static pid_t server;

/* However the bench ends. */
static void stop_server(void)
{
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
	unlink(socket_path);
	rmdir(folder);
}

static void start_server(void)
{
	snprintf(socket_path, sizeof(socket_path), "%s/redis.sock", folder);
	snprintf(url, sizeof(url), "unix://%s", socket_path);
	server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		closefrom(3);
		execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_path,
			"--logfile", "/dev/null", "--save", "", "--dir", folder,
			"--hash-max-listpack-entries", "300", NULL);
		_exit(127);
	}
	atexit(stop_server);
}

static void must(int status, const struct err *err)
{
	if (status < 0) {
		printf("%s\n", err->text);
		exit(1);
	}
}

static double memory_used(struct redis *redis)
{
	const char *info[] = { "INFO", "memory" };
	struct redis_answer answer;
	struct err err;

	must(redis_command(redis, 2, info, NULL, &answer, &err), &err);
	const char *at = strstr(answer.text, "used_memory:");
	return at ? strtod(at + strlen("used_memory:"), NULL) : 0;
}

/* One slot of every series, some thousands to millions of bytes each way. */
static void make_batch(struct text *text, unsigned slot)
{
	uint64_t random = slot * UINT64_C(0x9e3779b97f4a7c15) + 1;

	text_clear(text);
	text_put(text, "c app 20260304 20260302 2\n");
	for (unsigned i = 0; i < SERIES; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		text_printf(text, "+app-%u %u %" PRIu64 " %" PRIu64 "\n", i, slot,
			1000 + random % 100000, 10000 + (random >> 32) % 10000000);
	}
}

/* A day, each slot in some batches; answers seconds. */
static double send_day(struct redis_function *function, unsigned batches_a_slot, uint64_t *number)
{
	char before[REDIS_DIGEST_BYTES] = "", after[REDIS_DIGEST_BYTES];
	struct redis_cursor cursor;
	struct text text;
	struct err err;
	uint64_t spent_ns = 0;

	must(redis_function_read_cursor(function, &cursor, &err), &err);
	strcpy(before, cursor.digest);
	text_init_heap(&text);
	for (unsigned i = 0; i < SLOTS * batches_a_slot; i++) {
		struct redis_batch batch = { "1", ++*number, before, after, 1, NULL, 0 };
		enum redis_outcome outcome;
		uint64_t refused;
		make_batch(&text, i / batches_a_slot);
		batch.bytes = text.at;
		batch.length = text.length;
		snprintf(after, sizeof(after), "%" PRIu64, *number);
		uint64_t began_ns = clock_monotonic_ns();
		must(redis_function_apply(function, &batch, &outcome, &refused, &err), &err);
		spent_ns += clock_monotonic_ns() - began_ns;
		if (outcome != REDIS_APPLIED || refused > 0) {
			printf("a batch was not applied\n");
			exit(1);
		}
		strcpy(before, after);
	}
	text_deinit(&text);
	return (double)spent_ns / 1e9;
}

int main(void)
{
	struct redis_function *function;
	struct redis *redis;
	struct err err;
	uint64_t number = 0;

	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder)) {
		return 1;
	}
	start_server();
	must(redis_open(&redis, url, REDIS_DEADLINE_MS, &err), &err);
	must(redis_function_open(&function, redis, "bench", NULL, &err), &err);
	int status = -1;
	for (unsigned i = 0; i < 100 && status < 0; i++) {
		usleep(50000);
		status = redis_function_load(function, &err);
	}
	must(status, &err);
	double empty = memory_used(redis);
	double first = send_day(function, 1, &number);
	double memory = memory_used(redis) - empty;
	double again = send_day(function, 2, &number);
	/* Up and down, the slot and the hour. */
	double increments = 4.0 * SERIES * SLOTS;
	double values = 2.0 * SERIES * (SLOTS + SLOTS / 12.0);
	printf("%-44s %9.0f increments/s\n", "Redis, slots and hours, new values",
		increments / first);
	printf("%-44s %9.0f increments/s\n", "Redis, slots and hours, known values",
		2 * increments / again);
	printf("%-44s %9.1f ms\n", "Redis, a batch of 1,000 series", again / (2 * SLOTS) * 1e3);
	printf("%-44s %9.1f bytes\n", "Redis, a stored value, all keys counted", memory / values);
	redis_function_close(function);
	redis_close(redis);
	return 0;
}
