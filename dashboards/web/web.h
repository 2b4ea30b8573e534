/* The server of `borderflow serve`: the page and its API (/api/1), over one source that a view
 * reads. It adds nothing up itself.
 *
 *     web_open()        everything that it answers from, and the socket: it answers from now on
 *     web_make_link()   the one-time link to print
 *     web_close()
 *
 * Memory   options and what they point to outlive the server.
 * Threads  it has its own (httpd.h); whoever opened it may do what it likes.
 * Failure  0 or -errno and a sentence. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/reference.h"
#include "base/err.h"
#include "dashboards/web/views.h"

/* How far an analysis has read. */
struct web_progress {
	uint64_t done, all; /* bytes; all 0: not known */
	uint64_t packets;
	bool is_running;
};

struct web_options {
	const char *listen;
	const char *host; /* as people reach it, for the link: "https://flows.example"; NULL */
	struct view_source source;
	const struct reference *reference;  /* catalogue and policy are needed */
	const char *policy;                 /* its file; NULL: there are no rules */
	const char *geo, *inventory, *keys; /* as commands take them; NULL */
	const char *const *catalogue;
	unsigned catalogue_count;
	const char *program;  /* the program whose commands are run beside the server; NULL: none */
	const char *language; /* unless a request says another */
	const char *access;   /* folder of tokens and sessions */
	const char *events;   /* folder where events are numbered; NULL: that of access */
	const char *lookups;  /* folder of the log of looks at personal data */
	const char *reports;  /* folder; NULL: none are made */
	const char *assets;   /* folder that stands for the embedded page; NULL */
	bool trusts_proxy;    /* on a unix socket: X-Remote-User says who it is */
	void (*read_progress)(void *context, struct web_progress *progress); /* of an analysis */
	void *progress_context;
};

struct web;

int web_open(struct web **web, const struct web_options *options, struct err *err);
const char *web_address(const struct web *web);
/* "http://127.0.0.1:8080/enter?link=…" */
int web_make_link(struct web *web, struct text *link, struct err *err);
void web_close(struct web *web); /* NULL is accepted */
