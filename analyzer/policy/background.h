/* What devices open by themselves, at all hours, and nobody asked for: told by the app, and by what
 * a host is called.
 *
 * Threads  any; pure functions of their arguments. */
#pragma once

#include <stdbool.h>

#include "analyzer/catalogue/catalogue.h"

/* Connections with it are no page that somebody opened. NULL: not known, and so it may be one. */
bool background_is_app(const struct app *app);

/* Where apps call home, talk and upload. A player that stands in a page calls home as well, and
 * asks interfaces that are there for pages; nothing but the app itself speaks with the others. */
enum host_kind { HOST_ANY, HOST_OF_PLAYER, HOST_OF_APP };

/* By the first label of its name. */
enum host_kind background_host_kind(const char *name);
