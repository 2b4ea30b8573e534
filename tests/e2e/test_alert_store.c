/* One contract for alerts in a folder and in a real redis-server: every test runs over both. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/alert/alert_store.h"
#include "base/file.h"
#include "tests/e2e/redis_server.h"
#include "tests/tap.h"

static char folder[] = "/tmp/borderflow-desk-XXXXXX";
static char url[REDIS_SERVER_URL_BYTES];
static pid_t server;

static struct alert_store *open_store(const char *target)
{
	struct alert_store *store = NULL;
	struct err err = { "" };

	if (!ok(alert_store_open(&store, target, &err) == 0, "a store at %s", target)) {
		printf("# %s\n", err.text);
		exit(1);
	}
	return store;
}

static int write_one(struct alert_store *store, const char *id, uint64_t revision, const char *name,
	const char *value, uint64_t *now)
{
	struct alert_record fields = { 0 };
	struct alert_change change = {
		.id = id, .revision = revision, .time_ns = 1, .fields = &fields
	};
	struct err err;

	alert_record_set(&fields, name, value, &err);
	int status = alert_store_write(store, &change, now, &err);
	alert_record_clear(&fields);
	return status;
}

static char *read_one(
	struct alert_store *store, const char *id, const char *name, uint64_t *revision)
{
	struct alert_record record = { 0 };
	struct err err;
	int status = alert_store_read(store, id, &record, &err);
	char *value = strdup(status == 0 ? alert_record_get(&record, name) : strerror(-status));

	if (revision) {
		*revision = alert_record_number(&record, "rev");
	}
	alert_record_clear(&record);
	return value;
}

static void is_kept(struct alert_store *store, const char *id, const char *name, const char *wanted,
	const char *title)
{
	char *value = read_one(store, id, name, NULL);

	is_text(value, wanted, "%s", title);
	free(value);
}

static void test_revisions(struct alert_store *store)
{
	uint64_t now = 0;

	is_kept(store, "a01", "state", strerror(ENOENT), "what nobody wrote is not there");
	is_int(write_one(store, "a01", ALERT_REVISION_NEW, "state", "new", &now), 0, "a new one");
	is_int((int64_t)now, 1, "… is the first revision");
	is_int(write_one(store, "a01", ALERT_REVISION_NEW, "state", "again", &now), -ESTALE,
		"it is new once");
	is_int(write_one(store, "a01", 1, "owner", "anna", &now), 0, "made from the one there is");
	is_int((int64_t)now, 2, "… counts on");
	is_int(write_one(store, "a01", 1, "owner", "bo", &now), -ESTALE,
		"made from an older one: refused");
	is_kept(store, "a01", "owner", "anna", "… and nothing of it is there");
	is_kept(store, "a01", "state", "new", "what a change does not name stays");
	is_int(write_one(store, "a01", ALERT_REVISION_ANY, "note", "x", &now), 0, "from any");
	is_int((int64_t)now, 3, "… counts as well");
}

static void test_replacing(struct alert_store *store)
{
	struct alert_record fields = { 0 };
	struct alert_change change = {
		.id = "a01", .revision = 3, .fields = &fields, .replaces = true
	};
	struct err err;

	alert_record_set(&fields, "state", "erased", &err);
	is_int(alert_store_write(store, &change, NULL, &err), 0, "a tombstone in its place");
	alert_record_clear(&fields);
	is_kept(store, "a01", "owner", "", "what it does not name is gone");
	is_kept(store, "a01", "rev", "4", "the revision counts on");
	is_kept(store, "a01", "time", "1", "its place in time stays");
}

static const char *const hostile[] = { "", " ", "\n", "\r\nrev 1\n9\n", "rev 3\n999\n",
	"\"},{\"a\":1", "\xff\xfe\xc0\x80", "\x1b[2J\x1b]0;x\x07", "$(reboot)`id`;rm -rf /",
	"'; DROP TABLE alerts;--",
	"\xe2\x80\xae"
	"evil",
	"%s%n%x", "=cmd|'/c calc'!A1", "<script>alert(1)</script>", "*3\r\n$3\r\nSET\r\n" };

/* Whatever a name or a note holds comes back as it was, and changes nothing beside it. */
static void test_hostile_values(struct alert_store *store)
{
	char *large = malloc(300001);

	write_one(store, "a02", ALERT_REVISION_NEW, "kind", "policy.violation", NULL);
	for (unsigned i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		is_int(write_one(store, "a02", i + 1, "notes", hostile[i], NULL), 0,
			"hostile text %u", i);
		is_kept(store, "a02", "notes", hostile[i], "… comes back as it was");
		is_kept(store, "a02", "kind", "policy.violation",
			"… and nothing beside it changed");
	}
	memset(large, 'x', 300000);
	large[300000] = '\0';
	is_int(write_one(store, "a02", ALERT_REVISION_ANY, "notes", large, NULL), 0, "300 kB");
	is_kept(store, "a02", "notes", large, "… come back");
	free(large);
}

static void test_hostile_ids(struct alert_store *store)
{
	static const char *const ids[] = { "", "a", "../../etc/passwd", "a/b", "a b", "A1", "1a",
		"a*", "a\n", "a{x}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		is_int(write_one(store, ids[i], ALERT_REVISION_ANY, "state", "x", NULL), -EINVAL,
			"no id: %u", i);
	}
}

static int take_id(
	void *context, const char *id, const struct alert_record *record, struct err *err)
{
	char *ids = context;

	(void)record, (void)err;
	strcat(ids, id);
	strcat(ids, " ");
	return 0;
}

static void test_listing(struct alert_store *store)
{
	static const uint64_t hours[] = { 3, 1, 2 };
	struct alert_record fields = { 0 };
	char ids[256] = "", id[8];
	unsigned damaged;
	struct err err;

	alert_record_set(&fields, "state", "new", &err);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(id, sizeof(id), "l%u", i);
		struct alert_change change = {
			.id = id, .time_ns = hours[i] * UINT64_C(3600000000000), .fields = &fields
		};
		alert_store_write(store, &change, NULL, &err);
	}
	alert_record_clear(&fields);
	is_int(alert_store_list(store, 'l', take_id, ids, &damaged, &err), 0, "a list");
	is_text(ids, "l0 l2 l1 ", "… of that letter alone, the latest first");
	is_int(damaged, 0, "… none of it damaged");
	ids[0] = '\0';
	is_int(alert_store_list(store, 'z', take_id, ids, NULL, &err), 0, "a list of none");
	is_text(ids, "", "… is empty");
}

static uint64_t mark_of(struct alert_store *store, const char *id, size_t *count)
{
	struct alert_mark *marks;
	uint64_t mark = 0;
	struct err err;

	if (alert_store_marks(store, id[0], &marks, count, &err) < 0) {
		printf("# %s\n", err.text);
	}
	for (size_t i = 0; i < *count; i++) {
		mark = strcmp(marks[i].id, id) == 0 ? marks[i].mark : mark;
	}
	free(marks);
	return mark;
}

/* After test_listing. */
static void test_marks(struct alert_store *store)
{
	size_t count;
	uint64_t first = mark_of(store, "l1", &count), other = mark_of(store, "l2", &count);

	ok(first != 0 && count == 3, "every record of a letter has a mark");
	is_int(mark_of(store, "l1", &count) == first, 1, "… which stays while the record does");
	write_one(store, "l1", ALERT_REVISION_ANY, "state", "closed", NULL);
	ok(mark_of(store, "l1", &count) != first, "… and is another one after a change");
	ok(mark_of(store, "l2", &count) == other, "… of that record alone");
	mark_of(store, "zz", &count);
	is_int(count, 0, "of a letter without records there are none");
}

enum { WRITERS = 4, CHANGES = 50 };

/* A process of its own: adds one to a number so many times, each time from what it read. */
static void add_up(const char *target)
{
	struct alert_store *store = NULL;
	struct err err;
	char number[24];
	uint64_t revision;

	if (alert_store_open(&store, target, &err) < 0) {
		_exit(1);
	}
	for (unsigned done = 0; done < CHANGES;) {
		char *value = read_one(store, "c01", "sum", &revision);
		snprintf(number, sizeof(number), "%lu", strtoul(value, NULL, 10) + 1);
		free(value);
		int status = write_one(store, "c01", revision, "sum", number, NULL);
		if (status != 0 && status != -ESTALE) {
			_exit(2);
		}
		done += status == 0;
	}
	_exit(0);
}

static void test_many_writers(struct alert_store *store, const char *target)
{
	bool all_done = true;
	char sum[24];
	int status;

	write_one(store, "c01", ALERT_REVISION_NEW, "sum", "0", NULL);
	fflush(stdout);
	for (unsigned i = 0; i < WRITERS; i++) {
		if (fork() == 0) {
			add_up(target);
		}
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		wait(&status);
		all_done = all_done && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	ok(all_done, "%d processes change one record %d times each", WRITERS, CHANGES);
	snprintf(sum, sizeof(sum), "%d", WRITERS * CHANGES);
	is_kept(store, "c01", "sum", sum, "… and none of it is lost");
}

static void test_contract(const char *target)
{
	struct alert_store *store = open_store(target);

	test_revisions(store);
	test_replacing(store);
	test_hostile_values(store);
	test_hostile_ids(store);
	test_listing(store);
	test_marks(store);
	test_many_writers(store, target);
	alert_store_close(store);
}

/* A writer that is killed at any moment leaves the old record or the new one. */
static void test_killed_writers(const char *target)
{
	struct alert_store *store = open_store(target);
	unsigned whole = 0;
	char text[2][9000];

	for (unsigned i = 0; i < 2; i++) {
		memset(text[i], 'a' + (int)i, sizeof(text[i]) - 1);
		text[i][sizeof(text[i]) - 1] = '\0';
	}
	write_one(store, "k01", ALERT_REVISION_NEW, "notes", text[0], NULL);
	fflush(stdout);
	for (unsigned i = 0; i < 20; i++) {
		pid_t writer = fork();
		if (writer == 0) {
			for (unsigned at = 0;; at++) {
				write_one(store, "k01", ALERT_REVISION_ANY, "notes", text[at % 2],
					NULL);
			}
		}
		usleep(5000 + 1700 * i);
		kill(writer, SIGKILL);
		waitpid(writer, NULL, 0);
		char *value = read_one(store, "k01", "notes", NULL);
		whole += strcmp(value, text[0]) == 0 || strcmp(value, text[1]) == 0;
		free(value);
	}
	is_int(whole, 20, "killed while it writes: the old record or the new one, each time");
	is_int(write_one(store, "k01", ALERT_REVISION_ANY, "notes", "after", NULL), 0,
		"… and the lock is free");
	alert_store_close(store);
}

static int count_one(
	void *context, const char *id, const struct alert_record *record, struct err *err)
{
	(void)id, (void)record, (void)err;
	++*(unsigned *)context;
	return 0;
}

/* One damaged file is one alert that is lost, and is said. */
static void test_damage(const char *target)
{
	struct alert_store *store = open_store(target);
	unsigned before = 0, after = 0, damaged = 0;
	char path[256];
	struct err err;

	alert_store_list(store, 'a', count_one, &before, NULL, &err);
	snprintf(path, sizeof(path), "%s/alerts/a02.state", target);
	int fd = open(path, O_WRONLY);
	ok(pwrite(fd, "\xff", 1, 200) == 1, "a byte of a file goes bad");
	close(fd);
	is_int(alert_store_list(store, 'a', count_one, &after, &damaged, &err), 0,
		"a list all the same");
	is_int(after, before - 1, "… of the others");
	is_int(damaged, 1, "… which says that one could not be read");
	alert_store_close(store);
}

static void test_outage(void)
{
	struct alert_store *store = open_store(url);
	struct redis *reader = NULL;
	struct err err;

	redis_server_stop(server, SIGKILL);
	ok(write_one(store, "o01", ALERT_REVISION_ANY, "state", "new", NULL) < 0,
		"Redis is away: a change fails, and says so");
	server = redis_server_start(folder, url, &reader);
	is_int(write_one(store, "o01", ALERT_REVISION_NEW, "state", "new", NULL), 0,
		"Redis is back: the same store goes on");
	is_kept(store, "o01", "state", "new", "… with one record, whole");
	redis_close(reader);
	alert_store_close(store);
	(void)err;
}

int main(void)
{
	char state[64];
	struct redis *reader = NULL;

	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder)) {
		return 1;
	}
	snprintf(state, sizeof(state), "%s/state", folder);
	test_contract(state);
	test_killed_writers(state);
	test_damage(state);
	if (redis_server_is_installed()) {
		server = redis_server_start(folder, url, &reader);
		test_contract(url);
		test_outage();
		redis_close(reader);
		redis_server_stop(server, SIGTERM);
	} else {
		skip("redis-server is not installed");
	}
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ok(system(command) == 0, "the folder is gone");
	return done_testing();
}
