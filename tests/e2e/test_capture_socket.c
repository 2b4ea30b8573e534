/* The socket at which a sensor shows itself, from outside: what stands in its place, who asks
 * nothing, too much or in pieces, and who does not read. */
#include "dashboards/cli/capture_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/tap.h"

enum { LARGE = 4 << 20, WAIT_MS = 20000 };

static char folder[] = "/tmp/borderflow-socket-XXXXXX";
static struct sockaddr_un address = { .sun_family = AF_UNIX };

/* Says what was asked; "large" more than a socket holds. */
static void put(void *context, char *question, struct text *text)
{
	(void)context;
	text_printf(text, "asked: %s\n", question);
	for (unsigned i = 0; strcmp(question, "large") == 0 && i < LARGE; i++) {
		text_put_char(text, 'x');
	}
}

static int dial(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

/* How much comes until the other side closes; the beginning is kept. */
static size_t hear(int fd, char beginning[64])
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	static char bytes[1 << 16];
	size_t all = 0;

	beginning[0] = '\0';
	while (poll(&ready, 1, WAIT_MS) > 0) {
		ssize_t count = recv(fd, bytes, sizeof(bytes), 0);
		if (count <= 0) {
			break;
		}
		if (all == 0) {
			snprintf(beginning, 64, "%.*s", (int)(count < 63 ? count : 63), bytes);
		}
		all += (size_t)count;
	}
	close(fd);
	return all;
}

static void says(const char *question, const char *wanted, const char *title)
{
	char said[64];
	int fd = dial();

	send(fd, question, strlen(question), MSG_NOSIGNAL);
	hear(fd, said);
	is_text(said, wanted, "%s", title);
}

static void test_places(void)
{
	struct capture_socket *socket = NULL, *other = NULL;
	struct stat there;
	struct err err = { "" };
	FILE *file = fopen(address.sun_path, "w");

	fputs("unrelated\n", file);
	fclose(file);
	ok(capture_socket_open(&socket, address.sun_path, NULL, &err) == -EEXIST,
		"a file is no reason to delete it: %s", err.text);
	ok(stat(address.sun_path, &there) == 0 && there.st_size == 10, "… and is as it was");
	unlink(address.sun_path);
	is_int(capture_socket_open(&socket, address.sun_path, NULL, &err), 0, "it is opened");
	ok(stat(address.sun_path, &there) == 0 && (there.st_mode & 0777) == 0660,
		"… for its user and group alone");
	ok(capture_socket_open(&other, address.sun_path, NULL, &err) == -EADDRINUSE,
		"a second one is told: %s", err.text);
	unlink(address.sun_path);
	is_int(capture_socket_open(&other, address.sun_path, NULL, &err), 0, "where it is gone");
	capture_socket_close(socket);
	ok(stat(address.sun_path, &there) == 0, "… the first one leaves the other's alone");
	capture_socket_close(other);
	ok(stat(address.sun_path, &there) < 0, "which goes with it");
}

/* What a sensor that was killed has left is nobody's. */
static void test_left_behind(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct capture_socket *socket = NULL;
	struct err err = { "" };

	bind(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	is_int(capture_socket_open(&socket, address.sun_path, NULL, &err), 0,
		"what was left behind gives way");
	capture_socket_close(socket);
	capture_socket_close(NULL);
}

static void test_questions(void)
{
	static char long_line[8192];
	struct capture_socket *socket = NULL;
	struct err err = { "" };
	char said[64];

	ok(capture_socket_open(&socket, address.sun_path, NULL, &err) == 0 &&
			capture_socket_start(socket, put, NULL, &err) == 0,
		"it answers");
	says("top apps\n", "asked: top apps\n", "a line is a question");
	says("top\nand more\n", "asked: top\n", "what follows it is none");
	memset(long_line, 'x', sizeof(long_line) - 1);
	says(long_line, "", "a line without end is answered with nothing");
	int fd = dial();
	shutdown(fd, SHUT_WR);
	ok(hear(fd, said) == 0, "nor is nothing");
	fd = dial();
	for (const char *piece = "in pieces\n"; *piece; piece++) {
		send(fd, piece, 1, MSG_NOSIGNAL);
	}
	hear(fd, said);
	is_text(said, "asked: in pieces\n", "a question may come in pieces");
	fd = dial();
	send(fd, "large\n", 6, MSG_NOSIGNAL);
	ok(hear(fd, said) == LARGE + strlen("asked: large\n"), "an answer comes whole");
	int silent = dial(), deaf = dial();
	send(deaf, "large\n", 6, MSG_NOSIGNAL);
	says("others\n", "asked: others\n", "who does not ask or read holds nobody up for long");
	close(silent);
	close(deaf);
	capture_socket_close(socket);
	ok(dial() < 0, "it ends");
}

int main(void)
{
	if (!mkdtemp(folder)) {
		return 1;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sensor.sock", folder);
	test_places();
	test_left_behind();
	test_questions();
	rmdir(folder);
	return done_testing();
}
