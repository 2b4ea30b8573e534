/* Names in the order of time: what resolver logs say, to be heard before the packets that come
 * after it.
 *
 *     files    the feed reads its sources itself, as far as the packets have come
 *     live     whoever reads the source puts its names in, each lane has a feed of its own
 *
 * Memory   of files a batch a source; live a ring of NAME_FEED_LIVE_NAMES.
 * Threads  name_feed_next() one; name_feed_put() one other.
 * Failure  a source that ends badly is left out, and name_feed_failure() tells; a full ring drops
 *          names and counts, and so is a name of a file whose time lies far after those that follow. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "collector/flow_source.h"

enum { NAME_FEED_SOURCES_MAX = 16, NAME_FEED_LIVE_NAMES = 1024 };

struct name_feed;

/* The sources stay the caller's, and live longer than the feed. NULL: out of memory. */
struct name_feed *name_feed_create(struct flow_source *const sources[], unsigned count);
struct name_feed *name_feed_create_live(void);
void name_feed_destroy(struct name_feed *feed); /* NULL is accepted */

/* The next name that was looked up until then, good until the next call; NULL: none. Live the time
 * does not matter: what is there has been looked up. */
const struct flow_name *name_feed_next(struct name_feed *feed, uint64_t until_ns);

void name_feed_put(struct name_feed *feed, const struct flow_name *name);

/* Live: would so many names find room? */
bool name_feed_has_room(const struct name_feed *feed, unsigned count);

/* Live: how many name_feed_next() gave, for its thread. */
uint64_t name_feed_taken(const struct name_feed *feed);

bool name_feed_is_live(const struct name_feed *feed);
uint64_t name_feed_lost(const struct name_feed *feed); /* any thread */

/* 0, or -errno and why the first source that ended badly did. */
int name_feed_failure(const struct name_feed *feed, struct err *err);
