/* Google's own QUIC before the IETF's (versions Q024 to Q050): its client hello is a table of tags,
 * in the clear up to Q046. Only the server name is taken from it. */
#pragma once

#include <stdbool.h>

#include "analyzer/record/l7_info.h"
#include "base/reader.h"

/* Does a datagram of a client begin like gQUIC up to Q046? Puts the cursor where its frames are. */
bool gquic_read_header(struct reader *datagram, uint32_t *version);

/* Finds the client hello in the frames; adds its server name. */
enum gquic_hello { GQUIC_NO_HELLO, GQUIC_HELLO_WITHOUT_NAME, GQUIC_HELLO };
enum gquic_hello gquic_read_hello(struct reader frames, struct l7_info *l7);
