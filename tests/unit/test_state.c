/* State: what was saved comes back, whole or not at all. */
#include "analyzer/record/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

int main(void)
{
	struct state *state;
	struct err err;

	if (!mkdtemp(folder) || state_open(&state, folder, &err) < 0) {
		ok(false, "a folder in /tmp");
		return done_testing();
	}
	test_round_trip(state);
	test_damage(state);
	ok(state_save(state, "../x", 1, "", 0, &err) == -EINVAL, "a name is no path: %s", err.text);
	state_close(state);
	ok(state_open(&state, "/dev/null", &err) < 0, "a folder is needed: %s", err.text);
	char path[128];
	snprintf(path, sizeof(path), "%s/volume.state", folder);
	unlink(path);
	ok(rmdir(folder) == 0, "nothing else is left");
	return done_testing();
}
