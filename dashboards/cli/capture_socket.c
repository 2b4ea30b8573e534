#include "dashboards/cli/capture_socket.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "dashboards/cli/ownership.h"

enum { LOOK_EVERY_MS = 200, WAIT_S = 2, QUESTION_BYTES = 4096, WAITING_MAX = 8 };

struct capture_socket {
	int fd;
	struct sockaddr_un address;
	struct stat bound; /* the socket as it was made */
	bool is_ours;
	void (*put)(void *context, char *question, struct text *text);
	void *context;
	pthread_t thread;
	bool is_started;
	atomic_bool stop;
};

/* The folder stays root's where root makes it: nobody can put something else in the socket's place.
 */
static void make_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash && slash > path) {
		memcpy(folder, path, (size_t)(slash - path));
		folder[slash - path] = '\0';
		mkdir(folder, 0755);
	}
}

/* A socket that a sensor left behind is in the way, and nobody answers there. Whatever else stands
 * there is somebody's, and stays. */
static int clear_away(const struct sockaddr_un *address, struct err *err)
{
	const char *path = address->sun_path;
	struct stat there;

	if (lstat(path, &there) < 0) {
		return 0;
	}
	if (!S_ISSOCK(there.st_mode)) {
		return err_set(err, EEXIST,
			"%s: something is there that is no socket; it is left alone: name another "
			"path with --socket",
			path);
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int status = fd < 0 ? -1 : connect(fd, (const struct sockaddr *)address, sizeof(*address));
	bool is_left_behind = status < 0 && errno == ECONNREFUSED;
	if (fd >= 0) {
		close(fd);
	}
	if (status == 0) {
		return err_set(err, EADDRINUSE,
			"another sensor shows itself at %s; name another path with --socket", path);
	}
	if (is_left_behind) {
		unlink(path);
	}
	return 0;
}

static int bind_to(struct capture_socket *opened, const struct passwd *heir, struct err *err)
{
	const char *path = opened->address.sun_path;

	opened->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0117);
	int status = opened->fd < 0 ? -1
				    : bind(opened->fd, (struct sockaddr *)&opened->address,
					      sizeof(opened->address));
	int code = errno;
	umask(mask);
	if (status < 0 || listen(opened->fd, WAITING_MAX) < 0) {
		code = status < 0 ? code : errno;
		return err_set(err, code, "cannot show itself at %s: %s", path, strerror(code));
	}
	ownership_give_socket(path, heir);
	opened->is_ours = lstat(path, &opened->bound) == 0 && S_ISSOCK(opened->bound.st_mode);
	return 0;
}

int capture_socket_open(
	struct capture_socket **socket, const char *path, const char *user, struct err *err)
{
	struct capture_socket *opened = calloc(1, sizeof(*opened));

	if (!opened || strlen(path) >= sizeof(opened->address.sun_path)) {
		free(opened);
		return err_set(err, opened ? ENAMETOOLONG : ENOMEM, "%s: %s", path,
			opened ? "too long for a socket" : "out of memory");
	}
	opened->fd = -1;
	opened->address.sun_family = AF_UNIX;
	strcpy(opened->address.sun_path, path);
	make_folder(path);
	int status = clear_away(&opened->address, err);
	if (status == 0) {
		status = bind_to(opened, ownership_heir(user), err);
	}
	if (status < 0) {
		if (opened->fd >= 0) {
			close(opened->fd);
		}
		free(opened);
		return status;
	}
	*socket = opened;
	return 0;
}

/* A line, with a NUL in place of its end; false where none came. */
static bool read_line(int fd, char line[QUESTION_BYTES])
{
	size_t length = 0;

	while (length < QUESTION_BYTES - 1) {
		ssize_t count = recv(fd, line + length, QUESTION_BYTES - 1 - length, 0);
		if (count <= 0) {
			return false;
		}
		char *end = memchr(line + length, '\n', (size_t)count);
		length += (size_t)count;
		if (end) {
			*end = '\0';
			return true;
		}
	}
	return false;
}

/* Whoever does not ask, or does not read, holds up others for a moment, and nobody else. */
static void answer(struct capture_socket *socket, int fd)
{
	const struct timeval wait = { .tv_sec = WAIT_S };
	char question[QUESTION_BYTES];
	struct text text;
	size_t done = 0;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	text_init_heap(&text);
	if (read_line(fd, question)) {
		socket->put(socket->context, question, &text);
	}
	while (done < text.length) {
		ssize_t count = send(fd, text.at + done, text.length - done, MSG_NOSIGNAL);
		if (count <= 0) {
			break;
		}
		done += (size_t)count;
	}
	text_deinit(&text);
	close(fd);
}

static void *serve(void *argument)
{
	struct capture_socket *socket = argument;

	while (!atomic_load(&socket->stop)) {
		struct pollfd ready = { .fd = socket->fd, .events = POLLIN };
		if (poll(&ready, 1, LOOK_EVERY_MS) > 0) {
			int fd = accept4(socket->fd, NULL, NULL, SOCK_CLOEXEC);
			if (fd >= 0) {
				answer(socket, fd);
			}
		}
	}
	return NULL;
}

int capture_socket_start(struct capture_socket *socket,
	void (*put)(void *context, char *question, struct text *text), void *context,
	struct err *err)
{
	socket->put = put;
	socket->context = context;
	int code = pthread_create(&socket->thread, NULL, serve, socket);
	if (code != 0) {
		return err_set(err, code, "cannot start a thread: %s", strerror(code));
	}
	socket->is_started = true;
	pthread_setname_np(socket->thread, "socket");
	return 0;
}

/* Another sensor may have put its own in this place since. */
static bool is_still_there(const struct capture_socket *socket)
{
	struct stat there;

	return socket->is_ours && lstat(socket->address.sun_path, &there) == 0 &&
	       there.st_dev == socket->bound.st_dev && there.st_ino == socket->bound.st_ino;
}

void capture_socket_close(struct capture_socket *socket)
{
	if (!socket) {
		return;
	}
	atomic_store(&socket->stop, true);
	if (socket->is_started) {
		pthread_join(socket->thread, NULL);
	}
	close(socket->fd);
	if (is_still_there(socket)) {
		unlink(socket->address.sun_path);
	}
	free(socket);
}
