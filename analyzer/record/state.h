/* State: what a run leaves for the next one (detectors, devices, alerts), where there is no Redis
 * to keep it: named blobs in a folder of the sensor's own.
 *
 * A blob is written whole beside the old one and renamed, so that it is the old or the new one
 * whatever happens. It carries the version that its owner gave it and a checksum over name, version
 * and content. The owner reads older versions or begins anew; a damaged blob is never half of one.
 * What a process that was killed left half written is removed when the folder is next opened.
 *
 * Memory   what state_load() gives is the caller's.
 * Threads  one name from one thread at a time.
 * Failure  0 or -errno with file and reason: -ENOENT nothing was saved, -EBADMSG it is damaged. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct state;

/* The folder is made (mode 0700) where it is not there. */
int state_open(struct state **state, const char *folder, struct err *err);

/* For those who only read what a sensor left: where there is no folder that is said (-ENOENT). */
int state_open_to_read(struct state **state, const char *folder, struct err *err);
void state_close(struct state *state);

/* name: letters, digits, dashes. */
int state_save(struct state *state, const char *name, uint32_t version, const void *content,
	size_t count, struct err *err);
int state_load(struct state *state, const char *name, uint32_t *version, char **content,
	size_t *count, struct err *err);

/* What one owner keeps in a blob of its own, and what it means where that cannot be read: a
 * sentence without its end. */
struct state_part {
	const char *name;
	uint32_t version;
	const char *lost;
};

/* Of this version alone; *content is NULL where nothing was saved. The sentence of a failure says
 * file, reason and what is lost. */
int state_load_part(struct state *state, const struct state_part *part, char **content,
	size_t *count, struct err *err);

/* The content of a part is none that its owner can read: -EBADMSG and such a sentence. */
int state_refuse_part(const struct state *state, const struct state_part *part, struct err *err);
