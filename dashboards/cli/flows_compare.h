/* `flows --compare A B`: what is new in B, gone, grown or shrunk since A, by groups; and what of
 * each was seen at all, since nothing can be missing where nobody looked.
 *
 * A and B are archives (folders), captures (files), or times in the archive of --archive: a day, or
 * FROM..TO. */
#pragma once

struct flows_answer;

/* arguments: A, B, and the filter. enum exit_status. */
int flows_compare(struct flows_answer *answer, const char *const *arguments, unsigned count);
