/* The outbox against a real redis-server: it starts without one, delivers once, finds its way after
 * Redis lost what it had, and does not fight over a name. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

#include "analyzer/redis/outbox.h"
#include "analyzer/redis/redis.h"
#include "base/clock.h"
#include "tests/e2e/redis_server.h"
#include "tests/tap.h"

static char folder[] = "/tmp/borderflow-outbox-XXXXXX";
static char url[REDIS_SERVER_URL_BYTES], spool_path[128], other_spool[128];
static pid_t server;
static struct redis *reader;

static void start_server(void)
{
	server = redis_server_start(folder, url, &reader);
	ok(server > 0, "a redis-server answers");
}

static void stop_server(void)
{
	redis_server_stop(server, SIGKILL);
}

static uint64_t field(const char *key, const char *name)
{
	const char *get[] = { "HGET", key, name };
	struct redis_answer answer = { .text = "" };
	struct err err;

	int status = redis_command(reader, 3, get, NULL, &answer, &err);
	return status == 0 && answer.kind == REDIS_TEXT ? strtoull(answer.text, NULL, 10) : 0;
}

static struct outbox *open_outbox(const char *spool)
{
	struct outbox_options options = { url, "north", spool, 1 << 20, OUTBOX_SYNC_NEVER,
		.merge_every_ns = NS_PER_S / 10 };
	struct outbox *outbox;
	struct err err = { "" };

	if (outbox_open(&outbox, &options, &err) < 0) {
		ok(false, "%s", err.text);
		exit(done_testing());
	}
	return outbox;
}

/* count batches of a byte up and two down each. */
static void put(struct outbox *outbox, unsigned count)
{
	static const char text[] = "c app 20260304 20260302 2\n+tiktok 7 1 2\n=tiktok 7 3\n";

	for (unsigned i = 0; i < count; i++) {
		outbox_put(outbox, SPOOL_METRICS, 1, text, strlen(text));
	}
}

static bool is_delivered(struct outbox *outbox, uint64_t all)
{
	struct outbox_stats stats = { .put = 0 };

	for (unsigned i = 0; i < 500; i++) {
		outbox_read_stats(outbox, &stats);
		if (stats.put == all && stats.waiting == 0 && stats.is_up) {
			return true;
		}
		usleep(20000);
	}
	printf("# %" PRIu64 " put, %" PRIu64 " waiting: %s\n", stats.put, stats.waiting,
		stats.reason);
	return false;
}

static bool holds(uint64_t batches)
{
	uint64_t up = field("bf:1:{north}:m:app.up:tiktok:20260304", "7");
	uint64_t down = field("bf:1:{north}:h:app.down:tiktok:20260302", "48");

	if (up != batches || down != 2 * batches) {
		printf("# %" PRIu64 " up, %" PRIu64 " down\n", up, down);
	}
	return up == batches && down == 2 * batches;
}

/* The sums of all sensors come a little later. */
static bool merged_holds(uint64_t batches)
{
	uint64_t up = 0, flows = 0;

	for (unsigned i = 0; i < 250 && (up != batches || flows != 3 * batches); i++) {
		up = field("bf:1:{all:default}:m:app.up:tiktok:20260304", "7");
		flows = field("bf:1:{all:default}:h:app.flows:tiktok:20260302", "48");
		usleep(20000);
	}
	if (up != batches || flows != 3 * batches) {
		printf("# %" PRIu64 " up, %" PRIu64 " flows\n", up, flows);
	}
	return up == batches && flows == 3 * batches;
}

static void test_without_server(void)
{
	struct outbox *outbox = open_outbox(spool_path);
	struct err err = { "" };
	uint64_t began = clock_monotonic_ns();

	put(outbox, 100);
	ok(clock_monotonic_ns() - began < NS_PER_S / 2, "putting does not wait");
	ok(outbox_finish(outbox, NS_PER_S, &err) == -EAGAIN && strstr(err.text, "next start"),
		"ending says what is left: %s", err.text);
	outbox_close(outbox);
}

static void test_delivery(void)
{
	struct outbox *outbox = open_outbox(spool_path);
	struct err err = { "" };

	put(outbox, 50);
	ok(is_delivered(outbox, 50) && holds(150), "what the last run left arrives too, once");
	ok(merged_holds(150), "… and in the sums of all sensors");
	stop_server();
	put(outbox, 50);
	start_server();
	struct outbox_stats stats;
	ok(is_delivered(outbox, 100) && holds(200), "a server that lost all is given it again");
	ok(merged_holds(200), "… and so are the sums of all sensors");
	outbox_read_stats(outbox, &stats);
	ok(stats.replayed >= 50 && stats.lost == 0, "… which is counted");
	outbox_put(outbox, SPOOL_ALERT, 1, "not one", 7);
	usleep(1300000); /* it is merged by itself */
	put(outbox, 50);
	ok(outbox_finish(outbox, 10 * NS_PER_S, &err) == 0 && holds(250), "it ends %s", err.text);
	ok(field("bf:1:{all:default}:m:app.up:tiktok:20260304", "7") == 250,
		"… with everything in the sums of all sensors");
	outbox_read_stats(outbox, &stats);
	ok(stats.waiting == 0 && stats.applied >= 250, "… and counts to the end");
	outbox_close(outbox);
	outbox = open_outbox(spool_path);
	ok(is_delivered(outbox, 0) && holds(250), "the next run repeats nothing");
	ok(merged_holds(250), "… nor does it there");
	outbox_close(outbox);
}

/* Two of one name: the later one feeds, the earlier one says so and changes nothing. */
static void test_two(void)
{
	struct outbox *first = open_outbox(spool_path), *second;
	struct outbox_stats stats = { .put = 0 };

	put(first, 10);
	ok(is_delivered(first, 10) && holds(260), "the first one feeds");
	ok(merged_holds(260), "… the sums of all sensors too");
	second = open_outbox(other_spool);
	put(second, 10);
	ok(is_delivered(second, 10) && holds(270), "the second one takes over");
	put(first, 10);
	for (unsigned i = 0; i < 250 && !strstr(stats.reason, "another sensor"); i++) {
		outbox_read_stats(first, &stats);
		usleep(20000);
	}
	ok(strstr(stats.reason, "another sensor"), "the first one says: %s", stats.reason);
	put(second, 10);
	ok(is_delivered(second, 20) && holds(280), "… and nothing of it is mixed in");
	ok(merged_holds(280), "… nor into the sums of all sensors");
	outbox_close(first);
	outbox_close(second);
}

/* A server that is there, and no time left for it. */
static void test_no_time(void)
{
	struct outbox *outbox = open_outbox(other_spool);
	struct err err = { "" };

	put(outbox, 5000);
	ok(outbox_finish(outbox, 0, &err) == -EAGAIN && strstr(err.text, ": the time was up"),
		"without time it says so: %s", err.text);
	outbox_close(outbox);
}

static void test_memory(void)
{
	struct outbox *outbox = open_outbox(NULL);
	struct err err;
	static char large[1 << 20];

	memset(large, 'x', sizeof(large));
	stop_server();
	uint64_t began = clock_monotonic_ns();
	unsigned taken = 0;
	for (unsigned i = 0; i < 100; i++) {
		taken += outbox_put(outbox, SPOOL_ALERT, 1, large, sizeof(large));
	}
	ok(clock_monotonic_ns() - began < 2 * NS_PER_S, "100 MB are put without waiting");
	struct outbox_stats stats;
	outbox_read_stats(outbox, &stats);
	ok(stats.put == 100 && stats.dropped == 100 - taken, "what is dropped is counted (%u)",
		100 - taken);
	ok(outbox_finish(outbox, 0, &err) == -EAGAIN && strstr(err.text, "are lost"),
		"without a spool the rest is lost: %s", err.text);
	outbox_close(outbox);
}

int main(void)
{
	if (!redis_server_is_installed()) {
		skip_all("redis-server is not installed");
	}
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder)) {
		return 1;
	}
	snprintf(url, sizeof(url), "unix://%s/redis.sock", folder);
	snprintf(spool_path, sizeof(spool_path), "%s/spool", folder);
	snprintf(other_spool, sizeof(other_spool), "%s/other", folder);
	test_without_server();
	start_server();
	test_delivery();
	test_two();
	test_no_time();
	test_memory();
	redis_close(reader);
	char socket[128];
	snprintf(socket, sizeof(socket), "%s/redis.sock", folder);
	unlink(socket);
	unlink(spool_path);
	unlink(other_spool);
	rmdir(folder);
	return done_testing();
}
