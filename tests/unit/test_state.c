/* State: what was saved comes back, whole or not at all. */
#include "analyzer/record/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/tap.h"

static char folder[] = "/tmp/borderflow-state-XXXXXX";

static void test_round_trip(struct state *state)
{
	static const char content[] = "what a detector knows\0with a zero in it";
	uint32_t version = 0;
	size_t count = 0;
	char *back;
	struct err err;

	is_int(state_load(state, "volume", &version, &back, &count, &err), -ENOENT,
		"nothing was saved yet");
	is_int(state_save(state, "volume", 3, content, sizeof(content), &err), 0, "saved");
	is_int(state_load(state, "volume", &version, &back, &count, &err), 0, "loaded");
	ok(version == 3 && count == sizeof(content) && memcmp(back, content, count) == 0,
		"with version and content");
	free(back);
	is_int(state_save(state, "volume", 4, "", 0, &err), 0, "saved anew, empty");
	ok(state_load(state, "volume", &version, &back, &count, &err) == 0 && version == 4 &&
			count == 0 && back,
		"loaded anew");
	free(back);
}

static void test_damage(struct state *state)
{
	uint32_t version;
	size_t length, count;
	unsigned taken = 0;
	char path[128], *file, *back;
	struct stat status;
	struct err err;

	state_save(state, "devices", 1, "0123456789", 10, &err);
	snprintf(path, sizeof(path), "%s/devices.state", folder);
	ok(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600, "for its owner alone");
	if (file_read(path, &file, &length, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < length; i++) {
		file[i] ^= 1;
		file_write(path, file, length, &err);
		taken += state_load(state, "devices", &version, &back, &count, &err) != -EBADMSG;
		file[i] ^= 1;
		file_write(path, file, i, &err);
		taken += state_load(state, "devices", &version, &back, &count, &err) != -EBADMSG;
	}
	is_int(taken, 0, "a byte changed or cut is noticed: %s", err.text);
	char other[128];
	snprintf(other, sizeof(other), "%s/alerts.state", folder);
	file_write(other, file, length, &err);
	is_int(state_load(state, "alerts", &version, &back, &count, &err), -EBADMSG,
		"and so is the state of something else");
	free(file);
	unlink(path);
	unlink(other);
}

static void test_parts(struct state *state)
{
	static const struct state_part now = { "volume", 9, "what was heard is lost" };
	static const struct state_part other = { "volume", 8, "what was heard is lost" };
	char path[128], *content;
	size_t count;
	struct err err;

	ok(state_load_part(state, &now, &content, &count, &err) == 0 && !content,
		"of a part that was never saved there is nothing");
	state_save(state, "volume", 9, "loud", 4, &err);
	ok(state_load_part(state, &now, &content, &count, &err) == 0 && count == 4, "it is read");
	free(content);
	ok(state_load_part(state, &other, &content, &count, &err) == -EBADMSG && !content &&
			strstr(err.text, "/volume.state: written by another version") &&
			strstr(err.text, "what was heard is lost"),
		"another version's is not, and why: %s", err.text);
	snprintf(path, sizeof(path), "%s/volume.state", folder);
	file_write(path, "bfstate1", 8, &err);
	ok(state_load_part(state, &now, &content, &count, &err) == -EBADMSG && !content &&
			strstr(err.text, "/volume.state: the saved state is damaged: what was"),
		"nor a damaged one: %s", err.text);
	unlink(path);
}

/* A process was killed while it wrote. */
static void test_unfinished(void)
{
	const struct timespec long_ago[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	struct state *state;
	char path[128], fresh[128];
	struct err err;

	snprintf(path, sizeof(path), "%s/devices.state.0123456789abcdef.new", folder);
	snprintf(fresh, sizeof(fresh), "%s/devices.state.fedcba9876543210.new", folder);
	file_write(path, "half", 4, &err);
	file_write(fresh, "half", 4, &err);
	utimensat(AT_FDCWD, path, long_ago, 0);
	state_open(&state, folder, &err);
	ok(access(path, F_OK) < 0, "what was left half written is removed");
	ok(access(fresh, F_OK) == 0, "but nothing that may still be written");
	unlink(fresh);
	state_close(state);
}

/* Whatever the moment at which a process is killed: the old state, or the new one. */
static void test_killed(struct state *state)
{
	enum { TIMES = 8, BYTES = 100000 };
	static char content[BYTES], *back;
	unsigned whole = 0;
	uint32_t version;
	size_t count;
	struct err err;

	for (unsigned i = 0; i < TIMES; i++) {
		memset(content, 'a', BYTES);
		state_save(state, "killed", 1, content, BYTES, &err);
		pid_t writer = fork();
		for (char fill = 'b'; writer == 0; fill = fill == 'b' ? 'a' : 'b') {
			memset(content, fill, BYTES);
			state_save(state, "killed", 1, content, BYTES, &err);
		}
		usleep(1000 + i * 700);
		kill(writer, SIGKILL);
		waitpid(writer, NULL, 0);
		if (state_load(state, "killed", &version, &back, &count, &err) == 0) {
			whole += count == BYTES && memcmp(back, back + 1, BYTES - 1) == 0;
			free(back);
		}
	}
	is_int(whole, TIMES, "killed while it saves, a process leaves a state that is whole");
}

/* What the killed ones left. */
static void empty_folder(void)
{
	DIR *names = opendir(folder);
	const struct dirent *entry;

	while (names && (entry = readdir(names)) != NULL) {
		unlinkat(dirfd(names), entry->d_name, 0);
	}
	closedir(names);
}

int main(void)
{
	struct state *state;
	struct err err;

	if (!mkdtemp(folder) || state_open(&state, folder, &err) < 0) {
		ok(false, "a folder in /tmp");
		return done_testing();
	}
	test_parts(state);
	test_round_trip(state);
	test_damage(state);
	test_unfinished();
	test_killed(state);
	ok(state_save(state, "../x", 1, "", 0, &err) == -EINVAL, "a name is no path: %s", err.text);
	state_close(state);
	ok(state_open(&state, "/dev/null", &err) < 0, "a folder is needed: %s", err.text);
	empty_folder();
	ok(rmdir(folder) == 0, "nothing else is left");
	return done_testing();
}
