/* Filters over records: the language of `borderflow flows`.
 *
 *     app == tiktok and zone != eu and source.bytes > 1MB
 *     ip in 10.0.0.0/8 and not (port == 443 or port == 80)
 *     domain ~ tiktok or name ~ "byteoversea"
 *     parent in (CN, RU) and start >= 2026-03-31T08:00
 *
 * A test is FIELD OPERATOR VALUE, FIELD in (VALUE, …), or a FIELD alone, which asks whether the
 * record has it (whether it is true, for true and false). Fields go by their path or a short name;
 * "ip" and "port" are those of either end.
 *
 *     == != < <= > >=   texts compare without regard to the case of ASCII letters; times, numbers and
 *                       sizes by value
 *     ~  !~             contains, does not contain; for lists in any of them
 *     in                any of a list; for addresses, inside a prefix
 *
 * A zone may be "outside-eea": every zone that is not eu, eea or internal.
 *
 * A test of a field that the record lacks is false; != and !~ are exactly the opposite of == and ~,
 * and so are true then. "not" binds closest, then "and", then "or". Sizes are decimal (kB MB GB
 * TB); durations take ns us ms s m h d.
 *
 * Memory   one allocation a query.
 * Threads  any number may match.
 * Failure  parsing names the column and says what was expected there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/format/field_set.h"
#include "base/err.h"

struct catalogue;
struct jurisdictions;
struct query;

/* 0, or -EINVAL (-ENOMEM) with a sentence; column (from 1, may be NULL) is where it went wrong. */
int query_parse(struct query **query, const char *filter, unsigned *column, struct err *err);
void query_free(struct query *query);

/* Does it compare the app with a name? Then query_name_apps() makes "TikTok" and "ChatGPT" the ids
 * that records hold, as every command does (catalogue_resolve()); -EINVAL where there is no such
 * app, with those that are alike. */
bool query_names_apps(const struct query *query);
int query_name_apps(struct query *query, const struct catalogue *catalogue, struct err *err);

/* The same of countries: "Sweden", "Sverige" and "se" are made SE. */
bool query_names_countries(const struct query *query);
int query_name_countries(struct query *query, const struct jurisdictions *table, struct err *err);

/* Does it ask for flows by their id? */
bool query_names_flows(const struct query *query);

/* The fields that the query asks about, one after the other; NULL behind the last. */
const struct field *query_field(const struct query *query, unsigned index);

/* Adds all fields that query_match() looks at. */
void query_asks(const struct query *query, struct field_set *set);

/* Does any of its tests ask what the app is, who owns it or who controls it? */
bool query_asks_app(const struct query *query);

/* Each word, or id of a flow, that a field must be equal to for anything to match, as it was typed.
 */
typedef void query_word(void *context, const struct field *field, const char *word, size_t length);
void query_each_word(const struct query *query, query_word *tell, void *context);

bool query_match(const struct query *query, const struct field_view *view);
