/* A host name in plain digits and letters: labels in punycode (RFC 3492) are decoded, and digits
 * and letters of other scripts (full width, Arabic, Devanagari, circled, mathematical, …) become
 * the ASCII ones that a reader takes them for. What has no such form becomes one '?'.
 *
 * For looking at a name, not for looking it up: it is what the name says, no longer the name.
 *
 * Threads  any. */
#pragma once

#include <stddef.h>

/* As much as fits, with a NUL behind it; returns the length. */
size_t name_fold(const char *name, char *folded, size_t size);
