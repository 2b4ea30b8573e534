/* What systemd would hear, by a real socket. */
#include "dashboards/cli/notify.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/tap.h"

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

static const char *heard(int fd)
{
	static char text[256];
	ssize_t length = recv(fd, text, sizeof(text) - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	return text;
}

int main(void)
{
	char folder[] = "/tmp/borderflow-notify-XXXXXX", path[64];
	struct notify notify;

	unsetenv("NOTIFY_SOCKET");
	notify_open(&notify);
	ok(notify.fd < 0, "without systemd nobody listens");
	notify_say(&notify, "READY=1");
	notify_watchdog(&notify, NS_PER_S);
	notify_close(&notify);

	snprintf(path, sizeof(path), "%s/socket", mkdtemp(folder));
	int fd = listen_at(path);
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "10000000", 1);
	notify_open(&notify);
	notify_say(&notify, "READY=1\nSTATUS=x");
	is_text(heard(fd), "READY=1\nSTATUS=x", "it is told what is said");
	notify_watchdog(&notify, 100 * NS_PER_S);
	is_text(heard(fd), "WATCHDOG=1", "a sign of life");
	notify_watchdog(&notify, 104 * NS_PER_S);
	is_text(heard(fd), "", "not before it is due");
	notify_watchdog(&notify, 105 * NS_PER_S);
	is_text(heard(fd), "WATCHDOG=1", "after half of the time, the next");
	notify_close(&notify);
	close(fd);
	unlink(path);
	rmdir(folder);
	return done_testing();
}
