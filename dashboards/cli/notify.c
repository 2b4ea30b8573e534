#include "dashboards/cli/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

static int connect_to(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(name);

	if (length == 0 || length >= sizeof(address.sun_path)) {
		return -1;
	}
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	memcpy(address.sun_path, name, length);
	if (name[0] == '@') {
		address.sun_path[0] = '\0'; /* an abstract name */
	}
	socklen_t address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, address_length) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void notify_open(struct notify *notify)
{
	const char *name = getenv("NOTIFY_SOCKET"), *watchdog = getenv("WATCHDOG_USEC");

	*notify = (struct notify){ .fd = name ? connect_to(name) : -1 };
	if (notify->fd >= 0 && watchdog) {
		notify->watchdog_ns = strtoull(watchdog, NULL, 10) * NS_PER_US;
	}
}

void notify_close(struct notify *notify)
{
	if (notify->fd >= 0) {
		close(notify->fd);
		notify->fd = -1;
	}
}

void notify_say(const struct notify *notify, const char *lines)
{
	if (notify->fd >= 0) {
		(void)!send(notify->fd, lines, strlen(lines), MSG_NOSIGNAL);
	}
}

void notify_watchdog(struct notify *notify, uint64_t now_ns)
{
	if (notify->watchdog_ns > 0 && now_ns >= notify->watchdog_due_ns) {
		notify_say(notify, "WATCHDOG=1");
		notify->watchdog_due_ns = now_ns + notify->watchdog_ns / 2;
	}
}
