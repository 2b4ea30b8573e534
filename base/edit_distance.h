/* How far a word is from another one: letters to change, add, take away, or swap with their
 * neighbour (Damerau's distance, with each place edited once), without regard to case. For "did you
 * mean".
 *
 * Threads  any. */
#pragma once

enum { EDIT_LENGTH_MAX = 48 };

/* More than limit where it is farther, or a word is longer than EDIT_LENGTH_MAX. */
unsigned edit_distance(const char *a, const char *b, unsigned limit);
