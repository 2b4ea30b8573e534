/* One sentence that a person can act on.
 *
 * Cold functions (start-up, configuration, files, sockets) return 0 or -errno and fill a struct err
 * that the caller brings. Whoever decides what to do about it prints or logs it, once. Hot
 * functions cannot fail: they count. */
#pragma once

struct err {
	char text[512];
};

/* Fills err (which may be NULL) and returns -code, so that a failure is one line:
 * return err_set(err, EINVAL, "%s:%u: expected a country code, found \"%s\"", path, line, text); */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts what was being done in front of what went wrong: "cannot open the catalogue: FILE:12: …". */
void err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
