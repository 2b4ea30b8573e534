/* Enriching: what can be said of a record by itself, whatever other records there are.
 *
 *     locate -> geo -> attribute
 *
 * Whose ends they are (policy), where the other one is (geo), which app that is by which evidence
 * (attribute.h).
 *
 * Threads  any number, as long as the reference's contents stay.
 * Failure  none. */
#pragma once

#include <stddef.h>

#include "analyzer/record/reference.h"
#include "analyzer/record/record.h"

/* records have flow and l7; place, verdict, direction, own_side, unit and class are filled, in
 * place, of those that are not identified yet. */
void enrich(const struct reference *reference, struct record *records, size_t count);

/* One that turned out to go through a proxy: its name stands. is_end: the address is the proxy's,
 * and says nothing of where the service is; but where it stands outside, that data went there. */
void enrich_behind_proxy(const struct reference *reference, struct record *record, bool is_end);
