#include "analyzer/classify/l7_contest.h"

#include <string.h>

#include "analyzer/classify/l7_info_store.h"
#include "analyzer/classify/l7_stream.h"
#include "analyzer/classify/l7_versions.h"

enum { TLS_DATA = 23 }; /* a record's type (RFC 8446, 5.1) */

/* Does a hello or a request show this name? */
static bool is_said(const struct clue_name *name)
{
	return name->source <= NAME_HTTP_HOST || name->source == NAME_ECH_OUTER;
}

static bool has_name(const struct l7_info *l7, uint8_t source, const char *name)
{
	bool has = false;

	for (unsigned i = 0; i < l7->name_count && !has; i++) {
		has = l7->names[i].source == source && strcmp(l7_info_name(l7, i), name) == 0;
	}
	return has;
}

/* How many it shows that were not known before. */
static unsigned said_names(const struct l7_contest *contest, const struct l7_info *l7)
{
	unsigned count = 0;

	for (unsigned i = 0; i < l7->name_count; i++) {
		uint8_t source = l7->names[i].source;
		count += is_said(&l7->names[i]) &&
			 !has_name(&contest->before, source, l7_info_name(l7, i));
	}
	return count;
}

/* Adds the names of one that are said, or those that are not. */
static void add_names(struct l7_info *to, const struct l7_info *from, bool said)
{
	for (unsigned i = 0; i < from->name_count; i++) {
		const struct clue_name *name = &from->names[i];
		if (is_said(name) == said && name->source != NAME_CERT) {
			l7_info_add_name(to, name->source, l7_info_name(from, i), name->length);
		}
	}
}

unsigned l7_contest_hosts(const struct l7_info *l7)
{
	unsigned count = 0;

	for (unsigned i = 0; i < l7->name_count; i++) {
		count += l7->names[i].source == NAME_HTTP_HOST;
	}
	return count;
}

bool l7_contest_is_host(const char *name, unsigned length)
{
	bool is_host = true;

	for (unsigned i = 0; i < length && is_host; i++) {
		char c = name[i];
		is_host = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
			  c == '.' || c == '_' || c == ':';
	}
	return is_host;
}

static bool names_hosts(const struct l7_info *l7)
{
	bool are_hosts = true;

	for (unsigned i = 0; i < l7->name_count && are_hosts; i++) {
		are_hosts = !is_said(&l7->names[i]) ||
			    l7_contest_is_host(l7_info_name(l7, i), l7->names[i].length);
	}
	return are_hosts;
}

/* Is what the initiator said answered like this? Who answers TLS was sent a hello, no other record.
 */
static bool is_of_kind(const struct l7_info *l7, enum l7_protocol kind)
{
	bool is_hello = l7->tls_version != 0 && !l7->server_hello;

	return kind == L7_TLS ? is_hello && (l7->protocol == L7_TLS || l7->protocol == L7_TOR)
			      : l7->protocol == kind;
}

static bool tells_who(const struct l7_contest *contest, const struct l7_info *l7)
{
	return said_names(contest, l7) > 0 || l7->app_hint != APP_HINT_NONE;
}

/* A flow of its own that says the same things, for as long as somebody looks. */
static void begin_trial(struct l7_feed *trial, const struct l7_feed *feed,
	struct l7_session *session, struct l7_info *l7)
{
	*trial = *feed;
	l7_session_init(session, feed->session->flow, 0);
	trial->session = session;
	trial->l7 = l7;
}

enum l7_protocol l7_contest_answer(const struct l7_feed *feed, struct reader in, bool *waits)
{
	struct l7_session session;
	struct l7_info l7;
	struct l7_feed trial;
	struct piece piece = { .direction = session.directions + 1 };
	struct dissection dissection;

	*waits = false;
	l7_info_clear(&l7);
	begin_trial(&trial, feed, &session, &l7);
	session.directions[1].is_started = true;
	l7_ask_begin(&dissection, &trial, &piece);
	dissection.in = in;
	for (uint64_t left = l7_ask_whom(&trial, &dissection); left; left &= left - 1) {
		enum dissect_result result =
			l7_ask_one(&trial, (unsigned)__builtin_ctzll(left), &dissection);
		if (result != DISSECT_OTHER && l7.protocol != L7_UNKNOWN) {
			break;
		}
		*waits |= result == DISSECT_MORE;
	}
	l7_feed_release(feed->tables, &session);
	/* TLS' own data answer no hello. */
	bool is_data = l7.protocol == L7_TLS && !l7.server_hello && in.at[0] == TLS_DATA;
	return is_data ? L7_UNKNOWN : (enum l7_protocol)l7.protocol;
}

/* What does not fit together is nothing beside what does, nor what only parts of segments make
 * beside whole ones. */
enum { WORTH_WHOLE_SEGMENTS = 1, WORTH_FITS_TOGETHER = 2 };

static void drop_versions(struct l7_contest *contest)
{
	reassembly_close(contest->feed->tables->reassembly, contest->first);
	contest->first = 0;
	contest->has_nameless = false;
	l7_info_clear(&contest->names);
}

/* This one is of more worth than those before it. */
static void begin_with(struct l7_contest *contest, unsigned worth, struct reader bytes)
{
	struct reassembly *reassembly = contest->feed->tables->reassembly;

	if (contest->is_found) {
		drop_versions(contest);
	}
	contest->is_found = true;
	contest->worth = worth;
	contest->first = reassembly_open(reassembly);
	if (contest->first) {
		reassembly_add(reassembly, contest->first, 0, bytes.at, reader_left(&bytes));
	}
}

static bool has_room(const struct l7_info *names)
{
	return names->name_count < L7_INFO_NAMES_MAX &&
	       names->text_length + L7_INFO_NAME_MAX + 1 <= L7_INFO_TEXT_MAX;
}

static void take_version(
	struct l7_contest *contest, const struct l7_info *l7, unsigned worth, struct reader bytes)
{
	if (contest->is_found && worth < contest->worth) {
		return;
	}
	if (!contest->is_found || worth > contest->worth) {
		begin_with(contest, worth, bytes);
	}
	contest->has_nameless |= said_names(contest, l7) == 0;
	/* The last of many has a place, which none that follows it in the second look takes. */
	if (!contest->has_last || has_room(&contest->names)) {
		add_names(&contest->names, l7, true);
	}
	contest->has_last = contest->is_second_look;
}

static enum version_look read_version(void *context, const struct version *version)
{
	struct l7_contest *contest = context;
	struct l7_session session;
	struct l7_info l7;
	struct l7_feed trial;
	struct piece piece = { .direction = session.directions, .from_source = true };
	struct dissection dissection;
	struct reader in = version->bytes;
	size_t used = 0;

	l7_info_copy(&l7, &contest->before);
	begin_trial(&trial, contest->feed, &session, &l7);
	l7_ask_begin(&dissection, &trial, &piece);
	dissection.is_last = version->is_cut;
	enum dissect_result result =
		l7_ask_stream(&trial, piece.direction, &dissection, &in, &used);
	l7_feed_release(trial.tables, &session);
	contest->has_foreign |= result == DISSECT_OTHER;
	if (result == DISSECT_OTHER || l7.protocol == L7_UNKNOWN ||
		(result == DISSECT_MORE && used == 0)) {
		contest->has_open |= result != DISSECT_OTHER;
		return result == DISSECT_OTHER ? VERSION_OTHER : VERSION_GROWS;
	}
	bool counts =
		contest->kind != L7_UNKNOWN
			? is_of_kind(&l7, contest->kind)
			: tells_who(contest, &l7) || contest->feed->l7->protocol == L7_UNKNOWN;
	contest->has_foreign |= !counts;
	if (counts) {
		bool fits = !dissection.is_torn && names_hosts(&l7);
		take_version(contest, &l7,
			(fits ? WORTH_FITS_TOGETHER : 0) +
				(version->is_mixed ? 0 : WORTH_WHOLE_SEGMENTS),
			version->bytes);
	}
	return VERSION_WHOLE;
}

/* What was known before: what lookups say; and inside of something what that is. */
static void recall(struct l7_info *before, const struct l7_feed *feed)
{
	const struct direction *direction = feed->session->directions;

	l7_info_clear(before);
	if (direction->is_inner) {
		before->protocol = (uint8_t)dissectors[direction->handed_by]->protocol;
		before->through_proxy = feed->l7->through_proxy;
		for (unsigned i = 0, hosts = 0; hosts < direction->outer_hosts; i++) {
			const struct clue_name *name = &feed->l7->names[i];
			if (i == feed->l7->name_count) {
				break;
			}
			if (name->source == NAME_HTTP_HOST) {
				l7_info_add_name(before, NAME_HTTP_HOST, l7_info_name(feed->l7, i),
					name->length);
				hosts++;
			}
		}
	}
	add_names(before, feed->l7, false);
}

void l7_contest_look(struct l7_contest *contest, struct l7_feed *feed, enum l7_protocol kind)
{
	struct direction *direction = feed->session->directions;

	contest->feed = feed;
	contest->kind = kind;
	contest->first = contest->worth = 0;
	contest->is_found = contest->has_nameless = contest->has_last = false;
	contest->has_open = contest->has_foreign = false;
	l7_info_clear(&contest->names);
	recall(&contest->before, feed);
	for (unsigned i = 0; i < 2; i++) {
		contest->is_second_look = i > 0;
		direction->is_untried |= !versions_look(feed->tables->reassembly, direction, i > 0,
			feed->tables->overlay, read_version, contest);
	}
}

bool l7_contest_is_answered(const struct l7_contest *contest)
{
	return contest->is_found || is_of_kind(contest->feed->l7, contest->kind);
}

/* Is what was read one of the versions that remain? */
static bool remains(const struct l7_contest *contest)
{
	const struct direction *direction = contest->feed->session->directions;
	const struct l7_info *l7 = contest->feed->l7;
	bool is_kept = direction->said != 0,
	     is_among = said_names(contest, l7) > 0 || contest->has_nameless;

	if (contest->kind == L7_UNKNOWN ? !tells_who(contest, l7)
					: !is_of_kind(l7, contest->kind)) {
		return false;
	}
	for (unsigned i = 0; i < l7->name_count && is_among; i++) {
		uint8_t source = l7->names[i].source;
		const char *name = l7_info_name(l7, i);
		is_among = !is_said(&l7->names[i]) || has_name(&contest->names, source, name) ||
			   has_name(&contest->before, source, name);
	}
	bool is_surpassed = direction->is_torn && contest->worth >= WORTH_FITS_TOGETHER;
	return !is_surpassed && (is_among || !is_kept);
}

bool l7_contest_replaces(struct l7_contest *contest)
{
	struct direction *direction = contest->feed->session->directions;
	struct dissect_tables *tables = contest->feed->tables;

	if (!contest->first || remains(contest)) {
		return false;
	}
	l7_stream_restart(tables->reassembly, direction);
	l7_feed_forget_state(tables, &contest->feed->session->states[direction->layer]);
	direction->stream = contest->first;
	contest->first = 0;
	l7_info_copy(contest->feed->l7, &contest->before);
	return true;
}

/* A name of the other kind was sent for somebody else to see. */
static void drop_other_kind(const struct l7_contest *contest, struct l7_info *l7)
{
	enum l7_protocol kind = contest->kind;
	unsigned outer_hosts = contest->feed->session->directions[0].outer_hosts;

	if (kind == L7_TLS && is_of_kind(l7, kind)) {
		l7_info_keep_names(l7, NAME_HTTP_HOST, outer_hosts);
	} else if (kind == L7_HTTP && is_of_kind(l7, kind)) {
		l7_info_keep_names(l7, NAME_TLS_SNI, 0);
	}
}

void l7_contest_end(struct l7_contest *contest, bool has_replaced)
{
	struct l7_info *l7 = contest->feed->l7;
	bool was_nameless = said_names(contest, l7) == 0;

	drop_other_kind(contest, l7);
	unsigned before = has_replaced ? 0 : said_names(contest, l7);
	add_names(l7, &contest->names, true);
	unsigned names = said_names(contest, l7);
	bool is_answer = contest->kind != L7_UNKNOWN && is_of_kind(l7, contest->kind);
	if (contest->has_foreign && names > 0 && !is_answer && l7_is_answered(contest->feed)) {
		l7->is_contested = true; /* something else was answered */
	} else if (contest->kind == L7_UNKNOWN) {
		l7->is_contested |= names > before;
	} else {
		l7->is_contested = names + (contest->has_nameless || was_nameless) > 1;
	}
	l7->is_contested |= contest->feed->session->directions->is_untried;
	reassembly_close(contest->feed->tables->reassembly, contest->first);
	contest->first = 0;
}

void l7_contest_keep_all(struct l7_feed *feed)
{
	struct l7_session *session = feed->session;
	struct l7_contest all;
	struct l7_info others;

	l7_contest_look(&all, feed, L7_UNKNOWN);
	reassembly_close(feed->tables->reassembly, all.first);
	l7_info_copy(&others, feed->l7);
	add_names(&others, &all.names, true);
	l7_info_store_release(feed->tables->store, session->others);
	session->others = l7_info_store_add(feed->tables->store, &others);
}

/* Does it name somebody whom the flow does not? */
static bool names_others(const struct l7_info *others, const struct l7_info *l7)
{
	bool has_other = false;

	for (unsigned i = 0; i < others->name_count && !has_other; i++) {
		has_other = is_said(&others->names[i]) &&
			    !has_name(l7, others->names[i].source, l7_info_name(others, i));
	}
	return has_other;
}

bool l7_contest_has_others(const struct l7_feed *feed)
{
	uint32_t others = feed->session->others;

	return others && names_others(l7_info_store_get(feed->tables->store, others), feed->l7);
}

void l7_contest_recall_all(struct l7_feed *feed)
{
	if (l7_contest_has_others(feed)) {
		add_names(feed->l7, l7_info_store_get(feed->tables->store, feed->session->others),
			true);
		feed->l7->is_contested = true;
	}
}
