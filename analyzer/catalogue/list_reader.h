/* Public lists of names, line by line: domain lists as v2fly's, hosts files, filters and service
 * rules as AdGuard's.
 *
 *     domain:tiktok.com @ads     full:www.tiktok.com     # a comment      include:other
 *     0.0.0.0 tiktok.com www.tiktok.com
 *     ||tiktok.com^$important    |p16.example.net^       @@||not.this.one^
 *     id: tiktok                 name: TikTok            - '||tiktok.com^'
 *
 * Threads  any; pure functions of their arguments. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum list_item_kind {
	LIST_ITEM_SUFFIX,      /* a name and all below it */
	LIST_ITEM_HOST,        /* this very name */
	LIST_ITEM_FIRST_LABEL, /* a pattern for the first label, in front of a suffix */
	LIST_ITEM_TLD,         /* a whole top-level domain */
	LIST_ITEM_APP_ID,      /* what follows belongs to this service, by the list's own id */
	LIST_ITEM_APP_NAME,
	LIST_ITEM_EXCEPTION, /* a name that the list takes out */
	LIST_ITEM_INCLUDE,   /* another list */
	LIST_ITEM_UNKNOWN,   /* a pattern, or what is no name: cannot be said in a catalogue */
	LIST_ITEM_KIND_COUNT
};

struct list_item {
	enum list_item_kind kind;
	char text[256]; /* names in lower case */
};

/* Starts zeroed, and lives as long as one list is read. */
struct list_reader {
	const char *at;
	bool is_service; /* a service's rules: other lines of the file are pictures and groups */
	bool is_hosts;   /* the line at hand is a hosts file's */
};

/* The next line, without its newline; then what it says, one thing after the other, until there is
 * no more. */
void list_reader_line(struct list_reader *reader, const char *line);
bool list_reader_next(struct list_reader *reader, struct list_item *item);
