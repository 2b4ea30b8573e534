/* GnuTLS without chance: the same bytes in every run.
 *
 * GnuTLS takes its seed from getrandom() and mixes the time in. This module stands in for both, in
 * this program only, so that keys, signatures and hellos follow from the seed alone. Nothing made
 * here is secret. */
#pragma once

#include <stdint.h>

/* Before the first call into GnuTLS. */
void fixed_entropy_set(uint64_t seed);
