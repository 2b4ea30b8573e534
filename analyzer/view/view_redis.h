/* Inside the view: what the parts of its Redis backend share. */
#pragma once

#include "analyzer/view/view_parts.h"

enum { REDIS_NAMES_MAX = 4096 };

/* A name behind an id in a series. */
struct view_redis_name {
	char id[16], name[96];
};

struct redis;

struct view_backend {
	struct redis *redis;
	char prefix[96]; /* "bf:1:{all:default}:" */
	char *script, *alerts;
	struct view_redis_name names[REDIS_NAMES_MAX];
	unsigned name_count;
};

int view_redis_ask_notices(
	struct view_backend *backend, struct view_notices *notices, struct err *err);
int view_redis_ask_sensors(
	struct view_backend *backend, struct view_sensors *sensors, struct err *err);
