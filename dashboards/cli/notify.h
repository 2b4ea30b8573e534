/* What a service tells systemd (sd_notify(3)): a datagram to the socket named in $NOTIFY_SOCKET.
 *
 * Threads  one. Failure: none that matters; without systemd nothing is sent. */
#pragma once

#include <stdint.h>

struct notify {
	int fd;                   /* -1: nobody listens */
	uint64_t watchdog_ns;     /* how often a sign of life is due; 0: never */
	uint64_t watchdog_due_ns; /* monotonic */
};

/* Before privileges are dropped: the socket may be out of reach afterwards. */
void notify_open(struct notify *notify);
void notify_close(struct notify *notify);

/* "READY=1", "STOPPING=1", "STATUS=…", lines as systemd reads them. */
void notify_say(const struct notify *notify, const char *lines);

/* A sign of life, where one is due: twice as often as systemd wants it. */
void notify_watchdog(struct notify *notify, uint64_t now_ns);
