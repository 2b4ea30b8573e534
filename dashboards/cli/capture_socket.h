/* The socket at which a sensor on this machine shows itself: whoever connects asks in one line
 * (analyzer/view/view_text.h) and is answered, then the connection ends.
 *
 * Opened before privileges are given up, so that it may stand in a folder of the system's; the
 * folder is made where it is missing. The unprivileged user owns it, and only that user, its group
 * and root may connect.
 *
 * Threads  one of its own from capture_socket_start() on, in which put() is called.
 * Failure  0 or -errno and a sentence; -EADDRINUSE where another sensor answers there. */
#pragma once

#include "base/err.h"
#include "base/text.h"

struct capture_socket;

/* user may be NULL: it stays ours. */
int capture_socket_open(
	struct capture_socket **socket, const char *path, const char *user, struct err *err);
int capture_socket_start(struct capture_socket *socket,
	void (*put)(void *context, char *question, struct text *text), void *context,
	struct err *err);
void capture_socket_close(struct capture_socket *socket); /* NULL is accepted */
