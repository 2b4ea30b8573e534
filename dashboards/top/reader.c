#include "dashboards/top/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "analyzer/view/live_snapshot_redis.h"
#include "base/clock.h"

enum { WAIT_S = 3, READ_BYTES = 65536, SAID_MAX = 16 << 20 };

struct top_reader {
	const char *socket;
	struct live_snapshot_redis *redis; /* NULL: the socket */
	unsigned k;
};

int top_reader_open(struct top_reader **reader, const char *redis, const char *socket, unsigned k,
	struct err *err)
{
	struct top_reader *opened = calloc(1, sizeof(*opened));
	int status = 0;

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	*opened = (struct top_reader){ .socket = socket, .k = k };
	if (redis) {
		status = live_snapshot_redis_open(&opened->redis, redis, err);
	}
	if (status < 0) {
		free(opened);
		return status;
	}
	*reader = opened;
	return 0;
}

void top_reader_close(struct top_reader *reader)
{
	if (reader) {
		live_snapshot_redis_close(reader->redis);
		free(reader);
	}
}

const char *top_reader_name(const struct top_reader *reader)
{
	return reader->redis ? live_snapshot_redis_name(reader->redis) : reader->socket;
}

static int connect_to(const char *path, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = WAIT_S };

	if (strlen(path) >= sizeof(address.sun_path)) {
		return err_set(err, ENAMETOOLONG, "%s: %s", path, strerror(ENAMETOOLONG));
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	strcpy(address.sun_path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int code = errno;
		close(fd);
		if (code == EACCES) {
			return err_set(err, code,
				"%s: not allowed; run as root, or as a member of the sensor's "
				"group",
				path);
		}
		return err_set(err, code,
			"no sensor answers at %s: start one with borderflow capture, name its "
			"socket with --socket, or use --redis",
			path);
	}
	return fd;
}

/* All that the other end says until it closes. */
static int read_all(int fd, struct text *said)
{
	char *memory = malloc(READ_BYTES);
	ssize_t count = memory ? 1 : -1;
	int code = ENOMEM;

	while (count > 0 && said->length < SAID_MAX) {
		count = read(fd, memory, READ_BYTES);
		code = errno;
		if (count > 0) {
			text_put_bytes(said, memory, (size_t)count);
		}
	}
	free(memory);
	return count < 0 ? -code : 0;
}

static int read_socket(struct top_reader *reader, struct live_snapshot *snapshot, struct err *err)
{
	int fd = connect_to(reader->socket, err);
	struct text said;

	if (fd < 0) {
		return fd;
	}
	text_init_heap(&said);
	int status = read_all(fd, &said);
	close(fd);
	live_snapshot_clear(snapshot);
	if (status < 0) {
		err_set(err, -status, "the sensor at %s does not answer: %s", reader->socket,
			strerror(-status));
	} else if (said.length == 0) {
		status = err_set(err, EPROTO, "the sensor at %s says nothing", reader->socket);
	} else {
		live_snapshot_take(snapshot, said.at);
	}
	if (status == 0 && snapshot->sensor_count == 0) {
		status = err_set(err, EPROTO, "what answers at %s is no sensor", reader->socket);
	}
	text_deinit(&said);
	return status;
}

int top_reader_read(struct top_reader *reader, struct live_snapshot *snapshot, unsigned dimensions,
	struct err *err)
{
	if (!reader->redis) {
		return read_socket(reader, snapshot, err);
	}
	return live_snapshot_redis_read(
		reader->redis, snapshot, clock_now_ns(), dimensions, reader->k, err);
}
