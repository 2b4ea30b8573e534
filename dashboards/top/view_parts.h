/* Inside the view: what its head, its tables and its help need of each other. */
#pragma once

#include "analyzer/messages/messages.h"
#include "dashboards/top/view.h"

struct view_frame {
	struct view *view;
	struct live_snapshot *snapshot;
	const struct reference *reference;
	struct page *page;
	unsigned rows_left; /* lines that the table may still fill */
};

/* The text of a key in the reader's language; filled with one value. */
const char *view_word(const struct view_frame *frame, const char *key);
void view_put_word(const struct view_frame *frame, const char *key);
void view_put_filled(
	const struct view_frame *frame, const char *key, const char *name, const char *value);
void view_put_counted(const struct view_frame *frame, const char *key, uint64_t count);

/* "12.4 MB" */
void view_put_size(const struct view_frame *frame, unsigned width, uint64_t bytes);
/* "94.2 Mbit/s" of bytes in a time; or of bits a second. */
void view_put_rate(const struct view_frame *frame, unsigned width, uint64_t bits_s);
void view_put_count(const struct view_frame *frame, unsigned width, uint64_t count);

/* How long the window really is: no sensor saw anything before it started. */
uint64_t view_window_ns(const struct view_frame *frame);

/* The name of a country in words; what is no country's code stays as it is. */
const char *view_country(const struct reference *reference, const char *code);
enum page_style view_zone_style(const char *zone);
enum page_style view_country_style(const struct reference *reference, const char *code);
const char *view_zone_title(const struct reference *reference, const char *zone);

/* Does the filter let it through? Without regard to case. */
bool view_matches(const struct view *view, const char *text);

void view_put_table(struct view_frame *frame);   /* view_table.c: sums of one dimension */
void view_put_alerts(struct view_frame *frame);  /* view_lists.c */
void view_put_sensors(struct view_frame *frame); /* view_lists.c */
