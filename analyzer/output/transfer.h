/* Over the network to somebody else's server: HTTP requests, mail, a stream of bytes; each with
 * TLS. The only pair that knows libcurl.
 *
 * Servers are believed by their certificates (the machine's authorities, or those of a file); no
 * redirection is followed, no proxy of the environment taken, no cookie kept, and nothing is
 * written to a disk. A connection is kept for the next time.
 *
 * Memory   the texts of the options are copied.
 * Threads  one at a time for one of them. transfer_open() first by one thread alone.
 * Failure  0 or -errno and a sentence with the server in it, never a password: -ETIMEDOUT,
 *          -ECONNREFUSED, -EHOSTUNREACH, -EPROTO (it answers, but not as it should), -EPERM (its
 *          certificate is not to be trusted, or it wants another password). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct transfer;

enum { TRANSFER_DEADLINE_MS = 10000, TRANSFER_RECIPIENTS_MAX = 16 };

/* Which server, and how: http(s)://, smtp(s)://, and of a stream tcp:// and tls://. */
struct transfer_options {
	const char *url;
	const char *ca;              /* file of authorities; NULL: the machine's */
	const char *user, *password; /* NULL none */
	bool needs_tls;              /* of smtp://: refuse a server without STARTTLS */
	unsigned deadline_ms;        /* 0: TRANSFER_DEADLINE_MS */
};

/* Loads libcurl, which transfer_open() does otherwise: for whoever gives up files first. */
void transfer_load(void);

int transfer_open(
	struct transfer **transfer, const struct transfer_options *options, struct err *err);
void transfer_close(struct transfer *transfer); /* NULL is accepted */

/* POST; headers as "Name: value", ended by NULL. code: what the server answered, also where that is
 * no success; 0 where it did not. */
int transfer_post(struct transfer *transfer, const char *const *headers, const void *body,
	size_t length, unsigned *code, struct err *err);

/* A mail with its headers, lines ended by CR LF. */
int transfer_mail(struct transfer *transfer, const char *from, const char *const *recipients,
	const char *mail, size_t length, struct err *err);

/* All of the bytes into a stream, which is opened where it is not open; one that the server has
 * closed is opened anew. What a server that goes away had taken and not read is gone. */
int transfer_send(struct transfer *transfer, const void *bytes, size_t length, struct err *err);
