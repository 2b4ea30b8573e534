/* Block outcome: what became of an attempt that a network may block.
 *
 * Next-generation firewalls let the handshake happen, read the name in the hello and then drop,
 * reset or answer themselves; others answer the lookup. So "passed" takes application data in both
 * directions after the handshake, from a peer that is not the firewall. What cannot be told is
 * "unsure": nobody is accused by it, and no block is credited with it.
 *
 *     dns                  the lookup was denied, emptied, sent into a sinkhole, or never answered
 *                          though it was repeated
 *     refused              SYN answered by RST
 *     dropped              SYN, or all of UDP, never answered
 *     dropped-after-hello  the other end was silent, closed or reset after the hello
 *     block-page           the firewall answered: by its declared issuer or network; or a proxy
 *                          said that this is forbidden
 *     passed               as said; always where 10 kB or more went each way
 *     unsure               the client hung up by itself; or an answer so small that it may be a
 *                          page of the firewall, under a certificate that nobody can see
 *     none                 not over yet, nothing asked, or the answers are out of sight
 *
 * What a body declares of its firewall beats shape: with its issuers or networks known, what does
 * not come from them is no page of it.
 *
 * Records hold IP bytes, so that payload is told from headers by size (block.c). Pure functions. */
#pragma once

#include <stdbool.h>

#include "analyzer/catalogue/prefix_index.h"
#include "analyzer/record/record.h"

enum {
	IP_PROTOCOL_TCP = 6,
	IP_PROTOCOL_UDP = 17,
	IP_PROTOCOL_SCTP = 132,
	IP_PROTOCOL_ICMP = 1,
	IP_PROTOCOL_ICMPV6 = 58
};

/* What a body says of its own firewall. All zero: nothing. */
struct blocking {
	uint64_t *page_issuers;   /* l7_issuer_hash() */
	char **page_issuer_names; /* what they are of */
	uint32_t page_issuer_count;
	struct prefix_index *page_networks, *sinkholes, *resolvers; /* NULL: none given */
	bool network_blocks; /* some rule says that the network blocks it */
};

/* Of the flow up to the end of this part. */
enum block_outcome block_outcome_of(const struct record *record, const struct blocking *declared);

/* The same of a probe (probe_marker.h), which waits for an answer to its hello and then hangs up:
 * an answer under a certificate that is not the firewall's has passed. Where the certificate cannot
 * be told from a firewall's, or its issuer has a declared name within its own, it is unsure. */
enum block_outcome block_outcome_of_probe(
	const struct record *record, const struct blocking *declared);

/* Does one who signs for the public stand in the certificate? */
bool block_is_public_issuer(const struct l7_info *l7);

/* Had the service answered before this part began? */
bool service_had_answered(const struct record *record);

/* A flow whose answers the sensor did not see, though they were given; or none of its questions. */
bool block_is_one_way(const struct record *record);
