/* Giving up power: a sensor opens what it needs, then makes itself small, for good.
 *
 *   confine_user      another user and group, no capabilities, no new privileges
 *   confine_files     Landlock: the rest of the file system is out of reach
 *   confine_syscalls  seccomp: system calls that are not on the list fail with EPERM
 *
 * In this order, before any thread is started: threads inherit all of it.
 *
 * Failure  0 or -errno and a sentence. -ENOSYS from confine_files() is a kernel without Landlock:
 *          worth a warning, not an end. */
#pragma once

#include "base/err.h"

/* user NULL or "": stays who it is; root is then refused, since a root without capabilities still
 * owns the system's files. */
#define CONFINE_USER_AUTO                                                                          \
	"auto" /* borderflow where there is one, else who called sudo, else nobody */

struct passwd;

/* NULL: there is no such user. */
const struct passwd *confine_find_user(const char *user);
int confine_check_user(const char *user, struct err *err); /* could it, by the name alone? */
int confine_user(const char *user, struct err *err);

/* What stays reachable, with everything below; ended by NULL. What is not there is passed over. */
struct confine_paths {
	const char *const *readable;
	const char *const *writable;
};

int confine_files(const struct confine_paths *paths, struct err *err);

int confine_syscalls(struct err *err);
