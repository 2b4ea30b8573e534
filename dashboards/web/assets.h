/* The page's files as the program carries them: a table that the build writes into its own folder
 * (dashboards/web/assets_table.c) from what the bundler made, each already compressed. Where node
 * was missing the table is empty, and the server says so.
 *
 * For whoever works on the page, a folder can stand in its place; it is read at every request.
 *
 * Memory   the table is constant; what a folder gives is the response's.
 * Threads  any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "dashboards/web/router.h"

struct web_asset {
	const char *path;          /* "/index.html", "/assets/4f1c….js" */
	const char *type;          /* "text/javascript; charset=utf-8" */
	const char *etag;          /* with its quotes */
	const unsigned char *gzip; /* RFC 1952 */
	size_t gzip_bytes;
	bool is_immutable; /* its name changes with its content */
};

extern const struct web_asset web_assets[]; /* ended by a NULL path */

/* Answers a GET that is for no route: a file of the page, or, for every path that has no file and
 * looks like an address of the page, the document itself. folder: NULL for the table. */
void assets_answer(
	const char *folder, const struct http_request *request, struct http_response *response);
