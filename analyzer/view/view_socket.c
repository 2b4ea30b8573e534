/* The sensor of this machine: each question goes to its socket, and it answers by its own analysis
 * (view_live.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "analyzer/view/view_parts.h"
#include "analyzer/view/view_text.h"

enum { WAIT_S = 3, READ_BYTES = 65536, SAID_MAX = 64 << 20 };

struct view_backend {
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static int say_refused(const char *path, int code, struct err *err)
{
	if (code == EACCES) {
		return err_set(err, code,
			"%s: not allowed; run as root, or as a member of the sensor's group", path);
	}
	return err_set(err, code,
		"no sensor answers at %s: start one with borderflow capture, name its socket with "
		"--socket, or use --redis",
		path);
}

static int connect_to(const char *path, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = WAIT_S };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	strcpy(address.sun_path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int code = errno;
		close(fd);
		return say_refused(path, code, err);
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

/* Sends a question; said is the caller's to free in any case. */
static int converse(
	const char *path, const struct text *question, struct text *said, struct err *err)
{
	int fd = connect_to(path, err);

	if (fd < 0) {
		return fd;
	}
	ssize_t sent = send(fd, question->at, question->length, MSG_NOSIGNAL);
	int status = sent == (ssize_t)question->length ? read_all(fd, said) : -errno;
	close(fd);
	if (status < 0) {
		return err_set(err, -status, "the sensor at %s does not answer: %s", path,
			strerror(-status));
	}
	return said->length ? 0 : err_set(err, EPROTO, "the sensor at %s says nothing", path);
}

static int socket_ask(struct view_backend *backend, const struct view_access *access,
	const struct view_question *question, struct view_answer *answer, struct err *err)
{
	struct view_answer *read = NULL;
	struct text asked, said;

	/* Of the time that runs two answers differ by what was done between them. */
	if (access->role == VIEW_PROTECTED) {
		return err_set(err, EPERM,
			"a sensor's socket is for roles that may see devices; protected tables "
			"come from the archive");
	}
	text_init_heap(&asked); /* the sensor's policy says what may be said */
	text_init_heap(&said);
	view_put_question(&asked, question);
	int status = converse(backend->path, &asked, &said, err);
	if (status == 0) {
		status = view_read_answer(said.at, question->by_count, &read, err);
	}
	if (status == 0) {
		*answer = *read;
		free(read);
		status = view_make_steps(answer, access, question, err);
	}
	text_deinit(&asked);
	text_deinit(&said);
	return status;
}

int view_socket_ask_text(const char *path, const char *question, struct text *said, struct err *err)
{
	struct text asked;

	text_init_heap(&asked);
	text_init_heap(said);
	text_put(&asked, question);
	int status = strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path)
			     ? converse(path, &asked, said, err)
			     : err_set(err, ENAMETOOLONG, "%s: too long for a socket", path);
	text_deinit(&asked);
	return status;
}

static int socket_ask_sensors(
	struct view_backend *backend, struct view_sensors *sensors, struct err *err)
{
	struct text said;
	int status = view_socket_ask_text(backend->path, "sensors\n", &said, err);

	if (status == 0) {
		status = view_read_sensors(said.at, sensors, err);
	}
	text_deinit(&said);
	return status;
}

static int socket_ask_notices(
	struct view_backend *backend, struct view_notices *notices, struct err *err)
{
	struct text said;
	int status = view_socket_ask_text(backend->path, "notices\n", &said, err);

	if (status == 0) {
		status = view_read_notices(said.at, notices, err);
	} else if (status == -EPROTO) {
		status = 0; /* there are none */
	}
	text_deinit(&said);
	return status;
}

static void socket_close(struct view_backend *backend)
{
	free(backend);
}

static const struct view_ops socket_ops = {
	.ask = socket_ask,
	.ask_sensors = socket_ask_sensors,
	.ask_notices = socket_ask_notices,
	.close = socket_close,
};

int view_open_socket(struct view **view, const char *path, struct err *err)
{
	struct view_backend *backend = calloc(1, sizeof(*backend));

	*view = NULL;
	if (!backend) {
		return err_set(err, ENOMEM, "out of memory");
	}
	if (strlen(path) >= sizeof(backend->path)) {
		free(backend);
		return err_set(err, ENAMETOOLONG, "%s: too long for a socket", path);
	}
	strcpy(backend->path, path);
	return view_create(view, &socket_ops, backend, path, err);
}
