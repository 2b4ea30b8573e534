/* The door through which everything passes that a person reads: standard output and standard error.
 *
 * Names come from the wire, from catalogues, policies, file names and settings, and some would
 * steer the terminal: move its cursor, color or turn around what is said. After print_open()
 * whatever is written to stdout and stderr, by whomever, has its controls and marks of direction
 * made visible (text_put_terminal()); line ends and tabs stay. On a terminal the three words with
 * which we make text bold, dim and plain again stay as well.
 *
 * What is no text for people (records to a pipe as they are, a full-screen view, a line of
 * progress) goes to the streams that print_raw() gives, or to the descriptor; tests/style/doors.sh
 * has the list of files that may.
 *
 * Threads  as the streams of the C library. Call print_open() once, before any output. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* has_styles: standard output is a terminal that is to be styled. Without memory the streams stay
 * as they were. */
void print_open(bool has_styles);

/* The stream as it was: of stdout, or of stderr. */
FILE *print_raw(FILE *stream);
