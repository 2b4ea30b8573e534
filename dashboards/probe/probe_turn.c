#include "dashboards/probe/probe_turn.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define TURN_NS      NS_PER_S
#define WAIT_NS      (50 * NS_PER_MS)
#define WAIT_MOST_NS (600 * NS_PER_S)

static void wait_ns(uint64_t ns)
{
	struct timespec span = { (time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S) };

	while (nanosleep(&span, &span) < 0 && errno == EINTR) {
	}
}

/* 0, or why not: EADDRINUSE is another's turn. */
static int hold(int fd)
{
	static const char name[] = "\0borderflow-probe";
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, name, sizeof(name) - 1);
	socklen_t length = offsetof(struct sockaddr_un, sun_path) + sizeof(name) - 1;
	return bind(fd, (const struct sockaddr *)&address, length) < 0 ? errno : 0;
}

int probe_turn_take(struct probe_turn *turn, struct err *err)
{
	uint64_t from_ns = clock_monotonic_ns();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int code = fd < 0 ? errno : hold(fd);

	while (code == EADDRINUSE && clock_monotonic_ns() - from_ns < WAIT_MOST_NS) {
		wait_ns(WAIT_NS);
		code = hold(fd);
	}
	if (code != 0) {
		if (fd >= 0) {
			close(fd);
		}
		return err_set(err, code, "cannot take turns with other probes of this machine: %s",
			code == EADDRINUSE ? "another one goes on and on" : strerror(code));
	}
	*turn = (struct probe_turn){ fd, clock_monotonic_ns() };
	return 0;
}

void probe_turn_end(struct probe_turn *turn)
{
	uint64_t past_ns = clock_monotonic_ns() - turn->began_ns;

	if (past_ns < TURN_NS) {
		wait_ns(TURN_NS - past_ns);
	}
	close(turn->socket);
}
