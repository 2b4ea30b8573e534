/* The URL of a Redis server, taken apart (redis.h says its forms). */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum { REDIS_HOST_MAX = 256, REDIS_HOSTS_MAX = 8, REDIS_PASSWORD_MAX = 512, REDIS_PATH_MAX = 4096 };

struct redis_host {
	char name[REDIS_HOST_MAX]; /* or the path of the socket */
	unsigned port;
};

struct redis_url {
	struct redis_host hosts[REDIS_HOSTS_MAX]; /* servers, or sentinels */
	unsigned host_count;
	char primary[128]; /* what sentinels call it; "" the hosts are servers */
	char user[128], password[REDIS_PASSWORD_MAX];
	char name[REDIS_HOST_MAX + 144]; /* as it may be shown */
	char password_file[REDIS_PATH_MAX], ca[REDIS_PATH_MAX], certificate[REDIS_PATH_MAX],
		key[REDIS_PATH_MAX]; /* "" none */
	unsigned database;
	bool is_unix, has_tls;
};

/* 0 or -errno. */
int redis_url_parse(struct redis_url *url, const char *text, struct err *err);

/* Reads the password file, where one is named. */
int redis_url_read_password(struct redis_url *url, struct err *err);
