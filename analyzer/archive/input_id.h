/* The id of a capture: by it a record of an archive says where its packets are.
 *
 *     day.pcap:10737418240:5d41402abc4b2a76b9719d911017c592
 *
 * Its name without folders, its length (0 where it is compressed) and a hash of the first
 * INPUT_HEAD_BYTES of what it holds unpacked. So a capture is known again wherever it lies, under
 * another name, after it grew, and after it was compressed; and one that was changed is not taken
 * for it. Bytes of the name that are no letters for a screen are underscores.
 *
 * Standard input and other things that cannot be read twice have no id.
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum { INPUT_ID_BYTES = 320, INPUT_HEAD_BYTES = 64 << 10 };

/* 0 or -errno. */
int input_id(const char *path, char id[INPUT_ID_BYTES], struct err *err);

/* The name in an id: where it ends. */
int input_id_name_length(const char *id);

enum input_match {
	INPUT_IS_OTHER,   /* or cannot be read */
	INPUT_IS_CHANGED, /* it has the name, and not the content */
	INPUT_IS_SAME,
	INPUT_IS_SAME_PACKED /* and is compressed */
};

enum input_match input_id_match(const char *id, const char *path);
