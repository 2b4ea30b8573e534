/* A redis-server for a test in C: at a socket in a folder of the test's, nothing kept on disk.
 *
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "analyzer/redis/redis.h"

enum { REDIS_SERVER_URL_BYTES = 128 };

bool redis_server_is_installed(void);

/* Starts it and waits until it answers over *reader, which is opened anew; url becomes its address.
 * It ends with the test. The process, or 0 where it never answers. */
pid_t redis_server_start(
	const char *folder, char url[static REDIS_SERVER_URL_BYTES], struct redis **reader);

/* Ends it by a signal and waits until it is gone; 0 is accepted. */
void redis_server_stop(pid_t server, int with);
