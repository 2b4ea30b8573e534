/* Telling names: those that say which device a pseudonym stands for.
 *
 * Beside a pseudonym the name in a flow must not be an address written another way. So names are
 * withheld that
 *
 *     are an address, or the lookup of whose name an address is (below arpa)
 *     spell one in four numbers or in six pairs: ip-10-20-1-13.example, 10-0-0-1.nip.io
 *     belong to a device of the own link: one label alone, or below local (RFC 6762)
 *     are asked for by somebody outside, or stand in traffic that stays inside: servers and devices of
 *       our own (but not what a lookup asks for)
 *     machines say of themselves: NetBIOS, LLMNR, mDNS, DHCP
 *     spell an address of our own in a form that other names have by chance too: 0a14010d,
 *       010020001013, 169083149, fd00-0-0-1--5
 *
 * A withheld name stays in the record as a name of no length, so that it is still known that there
 * was one, from where, and whether it decided the app.
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>

#include "analyzer/record/record.h"

struct policy;

/* policy says which addresses are our own. */
bool name_tells_device(const char *name, const struct record *record, const struct policy *policy);

/* Once everything that reads names has read them, and before anything is kept or shown. */
void record_redact_names(struct record *record, const struct policy *policy);
