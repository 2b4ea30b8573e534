/* What root makes for the user that a sensor becomes.
 *
 * Folders on the way may belong to that user, who could put a link where root just made a folder or
 * a socket. So nothing is given away by its path: a descriptor is opened that follows no link,
 * looked at, and given by that descriptor.
 *
 * Threads  one, at start. */
#pragma once

#include <pwd.h>

#include "base/err.h"

/* The user to become, where we are root and there is one; else NULL: nothing is to be given. */
const struct passwd *ownership_heir(const char *user);

/* Makes the folder where it is missing (0750), and gives a new one to the heir (NULL: nobody). A
 * folder that is there stays whose it is. 0 or -errno. */
int ownership_make_folder(const char *path, const struct passwd *heir, struct err *err);

/* Gives a socket that was just bound; what is no socket any more stays root's. */
void ownership_give_socket(const char *path, const struct passwd *heir);
