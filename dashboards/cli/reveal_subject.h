/* What an archive holds about one pseudonym: for who asks what is held about them (GDPR art. 15).
 */
#pragma once

#include "base/err.h"

/* Prints it. 0 or -errno. */
int reveal_print_subject(const char *archive, const char *pseudonym, struct err *err);
