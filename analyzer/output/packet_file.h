/* A capture that is written: pcapng (draft-ietf-opsawg-pcapng), one section, times in nanoseconds,
 * each packet with its own comment. Only frames that were read from a file get here: a sensor
 * stores no content. It has its name when it is whole, and what had that name stays until then;
 * pipes and links are written straight.
 *
 * Memory   a buffer of OUT_FILE_BUFFER_BYTES and a frame.
 * Threads  one.
 * Failure  0, or -errno and a sentence that names the file. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "collector/packet.h"

struct packet_file;

/* Can there be a file of that name? For whoever reads for an hour before it is opened. */
int packet_file_check(const char *path, struct err *err);

/* path "-" is standard output. description: of where the frames come from. */
int packet_file_open(
	struct packet_file **file, const char *path, const char *description, struct err *err);

/* Interfaces of the source and link types are kept apart, each described by a block of its own. */
int packet_file_put(
	struct packet_file *file, const struct frame *frame, const char *comment, struct err *err);

/* Writes what is gathered, and gives it its name; frees it, also after an error. */
int packet_file_close(struct packet_file *file, struct err *err);
/* It will not be whole: nothing of it stays. */
void packet_file_discard(struct packet_file *file);
