#include "dashboards/cli/capture_socket.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 200, WRITE_WAIT_S = 2, WAITING_MAX = 8 };

struct capture_socket {
	int fd;
	struct sockaddr_un address;
	void (*put)(void *context, struct text *text);
	void *context;
	pthread_t thread;
	bool is_started;
	atomic_bool stop;
};

static void give_to(const char *path, const struct passwd *user)
{
	if (user && chown(path, user->pw_uid, user->pw_gid) < 0) {
		return; /* it stays root's: only root can look then */
	}
}

static void make_folder(const char *path, const struct passwd *user)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash && slash > path) {
		memcpy(folder, path, (size_t)(slash - path));
		folder[slash - path] = '\0';
		if (mkdir(folder, 0755) == 0) {
			give_to(folder, user);
		}
	}
}

/* A socket that a sensor left behind is in the way, and nobody answers there. */
static int clear_away(const struct sockaddr_un *address, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int status = fd < 0 ? -1 : connect(fd, (const struct sockaddr *)address, sizeof(*address));
	bool is_left_behind = status < 0 && errno == ECONNREFUSED;

	if (fd >= 0) {
		close(fd);
	}
	if (status == 0) {
		return err_set(err, EADDRINUSE,
			"another sensor shows itself at %s; name another path with --socket",
			address->sun_path);
	}
	if (is_left_behind) {
		unlink(address->sun_path);
	}
	return 0;
}

static int bind_to(struct capture_socket *opened, const struct passwd *user, struct err *err)
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
	give_to(path, user);
	return 0;
}

int capture_socket_open(
	struct capture_socket **socket, const char *path, const char *user, struct err *err)
{
	struct capture_socket *opened = calloc(1, sizeof(*opened));
	const struct passwd *entry = user && geteuid() == 0 ? getpwnam(user) : NULL;

	if (!opened || strlen(path) >= sizeof(opened->address.sun_path)) {
		free(opened);
		return err_set(err, opened ? ENAMETOOLONG : ENOMEM, "%s: %s", path,
			opened ? "too long for a socket" : "out of memory");
	}
	opened->fd = -1;
	opened->address.sun_family = AF_UNIX;
	strcpy(opened->address.sun_path, path);
	make_folder(path, entry);
	int status = clear_away(&opened->address, err);
	if (status == 0) {
		status = bind_to(opened, entry, err);
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

/* A reader that does not read holds up others for a moment, and nobody else. */
static void answer(struct capture_socket *socket, int fd)
{
	const struct timeval wait = { .tv_sec = WRITE_WAIT_S };
	struct text text;
	size_t done = 0;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	text_init_heap(&text);
	socket->put(socket->context, &text);
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
	void (*put)(void *context, struct text *text), void *context, struct err *err)
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
	unlink(socket->address.sun_path);
	free(socket);
}
