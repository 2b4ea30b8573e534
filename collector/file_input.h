/* The bytes of an open file as they lie there, read one after the other.
 *
 * Threads  one an input.
 * Failure  kept, with its reason and place; a signal that interrupts waiting is one, -EINTR. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct file_input {
	int fd;        /* the caller's */
	uint64_t done; /* bytes read */
	bool is_over;  /* no more will come */
	int failure;   /* 0, or -errno */
	struct err reason;
};

/* 1..most bytes; 0 where it is over. */
size_t file_input_read(struct file_input *input, uint8_t *into, size_t most);
