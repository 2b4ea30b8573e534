/* Attribution, on the exporter: from clues and place to a verdict. The one place that decides which app a flow is.
 *
 * Confidence (0..100), the published table:
 *
 *     tls-sni, quic-sni      95    name in the hello; 60 where the rule is weak or the name shared
 *     http-host              90
 *     protocol               90    the wire format itself
 *     dns                    80    the client resolved an app's name to this address; by CNAME only 75
 *     cert                   75
 *     prefix                 70    an address in a network that serves this app alone
 *     asn                    60    the same by ASN; where the owner has several apps: owner only, app unknown
 *     port                   30
 *     behaviour              40
 *
 * A second, independent kind of evidence that agrees adds 3, at most 99. One that disagrees never raises a verdict: the
 * strongest wins, and the loser is left out of the evidence.
 *
 * Threads  any; pure functions of their arguments. */
#pragma once

#include "analyzer/classify/catalogue.h"
#include "analyzer/record.h"
#include "geo/geo.h"

/* Fills record->verdict from its flow, clues and place. geo may be NULL (no control zone, no owner by network). */
void attribute(const struct catalogue *catalogue, const struct geo *geo, struct record *record);

/* The same, telling each step in plain sentences: for `apps match` and `alerts explain`. */
void attribute_explain(const struct catalogue *catalogue, const struct geo *geo, const struct record *record,
        FILE *out);
