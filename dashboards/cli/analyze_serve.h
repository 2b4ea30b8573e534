/* `analyze --serve`: the page on an analysis, from before the first packet until somebody ends it.
 *
 *     analyze_serve_open()     the server answers; before the engine is opened
 *     analyze_serve_add()      the engine's cells go to its view; before the engine starts
 *     analyze_serve_show()     how far it is; every now and then, of the reading thread
 *     analyze_serve_wait()     after the end: until Ctrl-C
 *     analyze_serve_close()    after the engine
 *
 * Threads  one, the one that reads.
 * Failure  0 or -errno and a sentence. */
#pragma once

#include "base/err.h"
#include "collector/source.h"
#include "dashboards/cli/run.h"

struct analyze_serve_settings {
	const char *listen, *access;
	bool serve, link;
};

/* Rows of the table of options whose settings have a struct analyze_serve_settings at offset. */
#define ANALYZE_SERVE_OPTIONS(offset)                                                              \
	{ "serve", 0, OPTION_FLAG, (offset) + offsetof(struct analyze_serve_settings, serve),      \
		.group = "In a browser",                                                           \
		.help = "Open the dashboard on this analysis: it fills while the file is read, "   \
			"and stays until Ctrl-C." },                                               \
		{ "listen", 'L', OPTION_TEXT,                                                      \
			(offset) + offsetof(struct analyze_serve_settings, listen),                \
			.argument = "WHERE", .default_text = "127.0.0.1:8080",                     \
			.help = "Where it listens, as borderflow serve has it." },                 \
		{ "access", 0, OPTION_FOLDER,                                                      \
			(offset) + offsetof(struct analyze_serve_settings, access),                \
			.argument = "DIR",                                                         \
			.help = "Where tokens and sessions are kept, as borderflow serve has "     \
				"it." },                                                           \
	{                                                                                          \
		"link", 0, OPTION_FLAG, (offset) + offsetof(struct analyze_serve_settings, link),  \
			.help = "Print a one-time link also where standard output is no terminal." \
	}

struct analyze_serve;

/* run: its facts are open. desk: as of --desk; NULL: the server makes one that goes with it, and
 * outputs is to be given its folder (analyze_serve_desk). */
int analyze_serve_open(struct analyze_serve **serve, const struct analyze_serve_settings *settings,
	const struct run *run, struct err *err);
const char *analyze_serve_desk(const struct analyze_serve *serve);
/* The archive that flows are asked of: that of --archive, or one that goes with the server, which
 * the engine is to write. */
const char *analyze_serve_flows(const struct analyze_serve *serve);
void analyze_serve_add(struct analyze_serve *serve, struct engine *engine);
void analyze_serve_show(
	struct analyze_serve *serve, const struct source_stats *source, bool is_running);
void analyze_serve_wait(struct analyze_serve *serve);
void analyze_serve_close(struct analyze_serve *serve); /* NULL is accepted */
