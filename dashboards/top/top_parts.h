/* Inside the view: what its head, its tables and its help need of each other. */
#pragma once

#include "analyzer/messages/messages.h"
#include "dashboards/top/top.h"

struct top_frame {
	struct top_view *view;
	struct top_data *data;
	const struct reference *reference;
	struct page *page;
	unsigned rows_left; /* lines that the table may still fill */
};

/* The text of a key in the reader's language; filled with one value. */
const char *top_word(const struct top_frame *frame, const char *key);
void top_put_word(const struct top_frame *frame, const char *key);
void top_put_filled(
	const struct top_frame *frame, const char *key, const char *name, const char *value);
void top_put_counted(const struct top_frame *frame, const char *key, uint64_t count);

/* Is nothing told, since fewer than k devices were active? Words with "k" in them. */
bool top_withholds(const struct view_answer *answer);
void top_put_few(const struct top_frame *frame, const char *key, const struct view_answer *answer);

/* "12.4 MB" */
void top_put_size(const struct top_frame *frame, unsigned width, uint64_t bytes);
/* "94.2 Mbit/s" of bytes in a time; or of bits a second. */
void top_put_rate(const struct top_frame *frame, unsigned width, uint64_t bits_s);
void top_put_count(const struct top_frame *frame, unsigned width, uint64_t count);

/* How long the window really is: no sensor saw anything before it started. */
uint64_t top_window_ns(const struct top_frame *frame);

/* The name of a country in words; what is no country's code stays as it is. */
const char *top_country(const struct reference *reference, const char *code);
enum page_style top_zone_style(const char *zone);
enum page_style top_country_style(const struct reference *reference, const char *code);
const char *top_zone_title(const struct reference *reference, const char *zone);

/* Does the filter let it through? Without regard to case. */
bool top_matches(const struct top_view *view, const char *text);

void top_put_table(struct top_frame *frame);   /* top_table.c: sums of one dimension */
void top_put_alerts(struct top_frame *frame);  /* top_lists.c */
void top_put_sensors(struct top_frame *frame); /* top_lists.c */
