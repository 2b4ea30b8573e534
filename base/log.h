/* What the program says about itself while it runs, on standard error: one line, one event,
 * with what could steer a terminal made visible.
 *
 * Threads: any. Never called for a packet or a flow; those are counted. */
#pragma once

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above this level are left out; the default is LOG_LEVEL_WARNING. Set once, before threads
 * start. */
void log_set_level(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
