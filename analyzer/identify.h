/* Identifying: what can be said of a record by itself, whatever other records there are.
 *
 *     locate -> geo -> attribute
 *
 * Whose ends they are (policy), where the other one is (geo), which app that is by which evidence
 * (attribute.h).
 *
 * Threads  any number, as long as the lexicon's contents stay.
 * Failure  none. */
#pragma once

#include <stddef.h>

#include "analyzer/lexicon.h"
#include "analyzer/record.h"

/* records have flow and clues; place, verdict, direction, own_side, unit and class are filled, in
 * place, of those that are not identified yet. */
void identify(const struct lexicon *lexicon, struct record *records, size_t count);
