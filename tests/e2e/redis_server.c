#include "tests/e2e/redis_server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A look through all keys takes long on a machine that is busy with other things. */
enum { TRIES = 500, TRY_EVERY_US = 20000, DEADLINE_MS = 30000 };

bool redis_server_is_installed(void)
{
	return system("command -v redis-server >/dev/null 2>&1") == 0;
}

static bool answers(struct redis *reader)
{
	static const char *const ping[] = { "PING" };

	for (unsigned i = 0; i < TRIES; i++) {
		struct redis_answer answer;
		struct err err;
		if (redis_command(reader, 1, ping, NULL, &answer, &err) == 0) {
			return true;
		}
		usleep(TRY_EVERY_US);
	}
	return false;
}

pid_t redis_server_start(
	const char *folder, char url[static REDIS_SERVER_URL_BYTES], struct redis **reader)
{
	char socket[REDIS_SERVER_URL_BYTES - 8];
	struct err err;

	snprintf(socket, sizeof(socket), "%s/redis.sock", folder);
	snprintf(url, REDIS_SERVER_URL_BYTES, "unix://%s", socket);
	pid_t server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket,
			"--logfile", "/dev/null", "--save", "", "--dir", folder, NULL);
		_exit(127);
	}
	redis_close(*reader);
	*reader = NULL;
	if (redis_open(reader, url, DEADLINE_MS, &err) == 0 && answers(*reader)) {
		return server;
	}
	redis_server_stop(server, SIGKILL);
	return 0;
}

void redis_server_stop(pid_t server, int with)
{
	if (server > 0) {
		kill(server, with);
		waitpid(server, NULL, 0);
	}
}
