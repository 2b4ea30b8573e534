/* Memory for secrets: pages of their own that no core file takes in (MADV_DONTDUMP), wiped when
 * they are given back. For what is kept as long as the program runs; what is needed for a moment
 * lies on the stack, and whoever put it there wipes it.
 *
 * Threads  any. */
#pragma once

#include <stddef.h>

/* Zeros; NULL: out of memory, or the system does not keep pages out of core files. */
void *secret_create(size_t size);
/* secret may be NULL. */
void secret_destroy(void *secret, size_t size);
