/* The URL of a Redis server, taken apart (redis.h says its forms). */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum { REDIS_HOST_MAX = 256, REDIS_PASSWORD_MAX = 512 };

struct redis_url {
	char host[REDIS_HOST_MAX]; /* or the path of the socket */
	char user[128], password[REDIS_PASSWORD_MAX];
	char name[REDIS_HOST_MAX + 16]; /* as it may be shown */
	char password_file[4096];       /* "" none */
	unsigned port, database;
	bool is_unix;
};

/* 0 or -errno. */
int redis_url_parse(struct redis_url *url, const char *text, struct err *err);

/* Reads the password file, where one is named. */
int redis_url_read_password(struct redis_url *url, struct err *err);
