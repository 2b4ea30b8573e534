/* Attribution, on the exporter: from l7 info and place to a verdict. The one place that decides
 * which app a flow is.
 *
 * Confidence (0..100), the published table:
 *
 *     tls-sni, quic-sni  95   name in the hello
 *     http-host          90
 *     protocol           90   the wire format itself
 *     dns                80   the client resolved an app's name to this address; 75 by CNAME only
 *     cert               75
 *     prefix             70   an address in a network that serves this app alone
 *     asn                60   the owner only: a network alone names no app, it agrees with one
 *     port               30
 *     behaviour          20, 30 or 40, by what of the server is known (behaviour.h)
 *
 * A weak rule (unverified, a link shortener) and a shared name (a CDN's, a cloud's) are worth 60 at
 * most by any of these. A second, independent kind of evidence that agrees adds 3, at most 99. One
 * that disagrees never raises a verdict: the strongest wins, and the loser is left out of the
 * evidence.
 *
 * What decides, where the kinds disagree:
 *
 *   - An app of its own beats infrastructure, whatever showed it: the client asked for
 *     "v16m.tiktokcdn.com", the hello says "d1a2b3.cloudfront.net": TikTok, by DNS. Infrastructure
 *     is a verdict only where nothing better is known.
 *   - Among apps of their own the stronger kind of evidence wins, in the order of the table.
 *   - A lookup belongs to a flow whose hello shows another name only where that name is
 *     infrastructure's, and the client did not look that very name up: many names share one CDN
 *     address, and the others belong to other flows.
 *   - Two lookups that name different apps at one address are worth 60 at most.
 *   - A lookup whose time was over when the flow began (names.h) is worth 60, decides where nothing
 *     else does, and what it decides is inferred.
 *   - The outer name of an ECH hello proves nothing.
 *   - A DNS answer that nobody was seen to ask for (20), and one of two hellos sent for the same
 *     place (50), can be made up: they decide where nothing else does, and what they decide is
 *     inferred, never a violation (docs/evidence.md).
 *   - So are a wire format that the end alone speaks to whom the other turned with other words,
 *     and a certificate of DTLS, which its peer does not check: the other end's word.
 *   - Addresses prove something about flows that our side began, or where nobody saw who began;
 *     a crawler that calls us is not use of its owner's app.
 *   - A service of the network itself (NTP, DHCP, SNMP, ICMP) is no app, whoever offers it: asking
 *     Apple what time it is uses nothing of Apple's. The network's owner shows all the same.
 *   - A flow that is itself a lookup (DNS, mDNS, LLMNR, NetBIOS) goes to a resolver, not to what
 *     it asks about: its app is unknown, and only the network's owner shows. DNS over TLS, HTTPS or
 *     QUIC is its house's resolver ("doh-google"), by name or address; "doh" where nobody lists it.
 *     A first label such as "doh" is worth 60: a resolver, or where the house is known a mark on
 *     its flow. On 853 every name is a resolver's.
 *   - Words of an app's own (ALPN; a certificate's name that is no host) are the wire format and
 *     the certificate. A User-Agent's product is worth 75, where we are the client.
 *   - The format of a tunnel (WireGuard, OpenVPN, IPsec) tells that it hides, not who runs it: the
 *     name or address of a provider does, with its own confidence.
 *   - A port names an app only where the flow's beginning was not seen, and nothing else names it.
 *   - An address says nothing where both ends lie in the app's own network.
 *
 * Owner and control are the app's as they were when the flow began, for the part of the service
 * that the rule belongs to; where it has none or is unknown, those of a network that only its owner
 * uses.
 *
 * Threads  any; pure functions of their arguments. */
#pragma once

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/record.h"
#include "geo/geo.h"

/* Fills record->verdict from its flow, l7 info and place. geo may be NULL (no control zone, no
 * owner by network). */
void attribute(const struct catalogue *catalogue, const struct geo *geo, struct record *record);

/* The same, telling each step in plain sentences: for `apps match` and `alerts explain`. */
void attribute_explain(const struct catalogue *catalogue, const struct geo *geo,
	const struct record *record, FILE *out);
