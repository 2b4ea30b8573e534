/* Google's own QUIC before the IETF's (versions Q024 to Q050): its client hello is a table of tags,
 * in the clear up to Q046. Only the server name is taken from it. */
#pragma once

#include <stdbool.h>

#include "analyzer/record/l7_info.h"
#include "base/reader.h"

/* Is it a version up to Q049? Q050 has the packets of QUIC. */
bool gquic_is_version(uint32_t version);

/* Does a datagram of a client begin like gQUIC up to Q046? Puts the cursor where its frames are.
 * The connection ID, of eight bytes or more, stands in each of the client's packets; empty: it has
 * none.
 */
bool gquic_read_header(struct reader *datagram, uint32_t *version, struct reader *id);

/* May the client's datagram be one of the connection of that ID? */
bool gquic_fits(struct reader datagram, const uint8_t *id, size_t id_length);

/* Finds the client hello in the frames; adds its server name. */
enum gquic_hello { GQUIC_NO_HELLO, GQUIC_HELLO_WITHOUT_NAME, GQUIC_HELLO };
enum gquic_hello gquic_read_hello(struct reader frames, struct l7_info *l7);
