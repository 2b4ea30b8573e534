/* HPACK (RFC 7541): the host that a header block asks for, whether a proxy is asked to carry
 * something there, and nothing else of it.
 *
 * Later blocks of a connection speak of what earlier ones said: who follows all of them gives the
 * hosts that were said so far.
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"

enum { HPACK_HOST_MAX = 255, HPACK_HOSTS = 4, HPACK_HOST_KEPT_MAX = 63 };

/* What a client's blocks have put into the table so far, as far as it is a host: the newest few.
 * Zero at first. */
struct hpack_hosts {
	uint32_t inserted; /* fields of all kinds */
	unsigned next;
	struct hpack_kept {
		uint32_t at; /* the number of its insertion, from 1 on; 0 none */
		uint8_t length;
		char text[HPACK_HOST_KEPT_MAX + 1];
	} kept[HPACK_HOSTS];
};

/* Whom a request asks for: the value of :authority, or of Host where there is none, or to whom a
 * proxy is to send what it carries (carried.h). */
struct hpack_request {
	size_t length; /* 0: nobody, or the block is malformed before it */
	char host[HPACK_HOST_MAX + 1];
	bool is_tunnel; /* CONNECT: what follows is for that host, and not for this server */
};

void hpack_read(struct reader block, struct hpack_request *request);

/* The same of the next block of a connection. *is_lost: it is malformed, and so is what would
 * follow. */
void hpack_read_next(struct hpack_hosts *hosts, struct reader block, struct hpack_request *request,
	bool *is_lost);
