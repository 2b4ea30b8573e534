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

/* A version that was read. */
struct reading {
	const struct l7_info *l7;
	struct reader bytes;
	unsigned worth;
	bool leads_on;
};

/* This one is to be read in place of what was. */
static void put_first(struct reassembly *reassembly, struct l7_candidates *candidates,
	const struct reading *reading)
{
	reassembly_close(reassembly, candidates->first);
	candidates->leads_on = reading->leads_on;
	candidates->first = reassembly_open(reassembly);
	if (candidates->first) {
		reassembly_add(reassembly, candidates->first, 0, reading->bytes.at,
			reader_left(&reading->bytes));
	}
}

/* This one is of more worth than those before it. */
static void begin_with(struct reassembly *reassembly, struct l7_candidates *candidates,
	const struct reading *reading)
{
	l7_info_clear(&candidates->names);
	candidates->has_nameless = false;
	candidates->is_found = true;
	candidates->worth = reading->worth;
	put_first(reassembly, candidates, reading);
}

static bool has_room(const struct l7_info *names)
{
	return names->name_count < L7_INFO_NAMES_MAX &&
	       names->text_length + L7_INFO_NAME_MAX + 1 <= L7_INFO_TEXT_MAX;
}

static void take_version(
	struct l7_contest *contest, struct l7_candidates *candidates, const struct reading *reading)
{
	struct reassembly *reassembly = contest->feed->tables->reassembly;

	if (candidates->is_found && reading->worth < candidates->worth) {
		return;
	}
	if (!candidates->is_found || reading->worth > candidates->worth) {
		begin_with(reassembly, candidates, reading);
	} else if (reading->leads_on && !candidates->leads_on) {
		put_first(reassembly, candidates, reading);
	}
	candidates->has_nameless |= said_names(contest, reading->l7) == 0;
	/* The last of many has a place, which none that follows it in the second look takes. */
	if (!candidates->has_last || has_room(&candidates->names)) {
		add_names(&candidates->names, reading->l7, true);
	}
	candidates->has_last = contest->is_second_look;
}

/* May the answer be one to what was read in that session? */
static bool is_answered_by(
	const struct l7_contest *contest, struct l7_session *session, const struct l7_info *read)
{
	struct piece piece = { .direction = session->directions + 1 };
	struct l7_info l7;
	struct l7_feed trial = *contest->feed;
	struct dissection dissection;
	struct reader in = contest->answer;
	size_t used = 0;

	if (contest->kind != L7_TLS || session->directions[0].layer > 0) {
		return true;
	}
	l7_info_copy(&l7, read);
	trial.session = session;
	trial.l7 = &l7;
	l7_ask_begin(&dissection, &trial, &piece);
	l7_ask_stream(&trial, piece.direction, &dissection, &in, &used);
	return !dissection.is_torn;
}

/* … to what the flow is so far? */
static bool is_read_answered(const struct l7_contest *contest)
{
	const struct l7_session *read = contest->feed->session;
	struct l7_session session;

	if (read->directions[0].dissector != DISSECTOR_tls) {
		return false;
	}
	l7_session_init(&session, read->flow, 0);
	session.directions[0].dissector = DISSECTOR_tls;
	session.directions[0].layer = read->directions[0].layer;
	session.states[0] = read->states[0];
	return is_answered_by(contest, &session, contest->feed->l7);
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
	bool leads_on = session.directions[0].handed_by != PROGRESS_NO_DISSECTOR;
	bool is_nothing = version->is_late && contest->is_read_answered &&
			  !is_answered_by(contest, &session, &l7);
	l7_feed_release(trial.tables, &session);
	if (is_nothing) {
		return VERSION_WHOLE;
	}
	contest->has_foreign |= result == DISSECT_OTHER;
	if (result == DISSECT_OTHER || l7.protocol == L7_UNKNOWN ||
		(result == DISSECT_MORE && used == 0)) {
		contest->has_open |= result != DISSECT_OTHER;
		return result == DISSECT_OTHER ? VERSION_OTHER : VERSION_GROWS;
	}
	bool fits = !dissection.is_torn && names_hosts(&l7);
	struct reading reading = { .l7 = &l7,
		.bytes = version->bytes,
		.worth = (fits ? WORTH_FITS_TOGETHER : 0) +
			 (version->is_mixed ? 0 : WORTH_WHOLE_SEGMENTS),
		.leads_on = leads_on };
	if (tells_who(contest, &l7) || contest->feed->l7->protocol == L7_UNKNOWN) {
		take_version(contest, &contest->all, &reading);
	} else {
		contest->has_foreign = true;
		contest->instead = contest->instead ? contest->instead : l7.protocol;
	}
	if (contest->kind != L7_UNKNOWN && is_of_kind(&l7, contest->kind)) {
		take_version(contest, &contest->of_kind, &reading);
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

static void clear_candidates(struct l7_candidates *candidates)
{
	l7_info_clear(&candidates->names);
	candidates->first = candidates->worth = 0;
	candidates->is_found = candidates->has_nameless = candidates->has_last = false;
	candidates->leads_on = false;
}

/* Keeps whom all versions name, before an answer decides. */
static void keep_all(const struct l7_contest *contest)
{
	struct l7_session *session = contest->feed->session;
	struct l7_info_store *store = contest->feed->tables->store;
	struct l7_info others;

	l7_info_copy(&others, contest->feed->l7);
	add_names(&others, &contest->all.names, true);
	l7_info_store_release(store, session->others);
	session->others = l7_info_store_add(store, &others);
}

/* How many versions are looked at from the first pieces on, how many from the last ones, and how
 * many of a beginning of which there were more before: more work is spent on none. */
enum { LOOKS_FIRST = 128, LOOKS_LAST = 32, LOOKS_AGAIN = 8 };

static bool look_at(struct l7_contest *contest, bool last_first, unsigned looks)
{
	struct direction *direction = contest->feed->session->directions;
	struct dissect_tables *tables = contest->feed->tables;

	contest->is_second_look = last_first;
	looks = direction->is_untried ? LOOKS_AGAIN : looks;
	return versions_look(tables->reassembly, direction, last_first, looks, tables->overlay,
		read_version, contest);
}

/* In a second look are those that the first one had no time or no room for. */
static void look_at_all(struct l7_contest *contest)
{
	struct direction *direction = contest->feed->session->directions;
	bool is_all = look_at(contest, false, LOOKS_FIRST);

	if (!is_all || !has_room(&contest->all.names)) {
		is_all &= look_at(contest, true, LOOKS_LAST);
	}
	direction->is_untried |= !is_all;
}

void l7_contest_look(struct l7_contest *contest, struct l7_feed *feed, enum l7_protocol kind,
	struct reader answer)
{
	contest->feed = feed;
	contest->kind = contest->instead = kind;
	contest->answer = answer;
	contest->is_read_answered = kind == L7_TLS && is_read_answered(contest);
	clear_candidates(&contest->all);
	clear_candidates(&contest->of_kind);
	contest->has_open = contest->has_foreign = false;
	recall(&contest->before, feed);
	look_at_all(contest);
	if (!contest->of_kind.is_found && !is_of_kind(feed->l7, kind)) {
		contest->kind = L7_UNKNOWN;
	}
	if (contest->kind == L7_UNKNOWN) {
		contest->remaining = &contest->all;
	} else {
		contest->remaining = &contest->of_kind;
		keep_all(contest);
	}
}

/* Is what was read one of the versions that remain? */
static bool remains(const struct l7_contest *contest)
{
	const struct direction *direction = contest->feed->session->directions;
	const struct l7_info *l7 = contest->feed->l7;
	bool is_kept = direction->said != 0,
	     is_among = said_names(contest, l7) > 0 || contest->remaining->has_nameless;

	if (contest->kind == L7_UNKNOWN ? !tells_who(contest, l7)
					: !is_of_kind(l7, contest->kind)) {
		return false;
	}
	for (unsigned i = 0; i < l7->name_count && is_among; i++) {
		uint8_t source = l7->names[i].source;
		const char *name = l7_info_name(l7, i);
		is_among = !is_said(&l7->names[i]) ||
			   has_name(&contest->remaining->names, source, name) ||
			   has_name(&contest->before, source, name);
	}
	bool is_surpassed = direction->is_torn && contest->remaining->worth >= WORTH_FITS_TOGETHER;
	return !is_surpassed && (is_among || !is_kept);
}

/* Behind another version something else begins, and behind what was read nothing does: whatever of
 * the two it was, there is more to be known. */
static bool leads_further(const struct l7_contest *contest)
{
	const struct direction *direction = contest->feed->session->directions;

	return contest->remaining->leads_on && direction->layer == 0 &&
	       direction->handed_by == PROGRESS_NO_DISSECTOR;
}

bool l7_contest_replaces(struct l7_contest *contest)
{
	struct direction *direction = contest->feed->session->directions;
	struct dissect_tables *tables = contest->feed->tables;

	if (!contest->remaining->first) {
		return false;
	}
	if (remains(contest)) {
		if (!leads_further(contest)) {
			return false;
		}
		add_names(&contest->remaining->names, contest->feed->l7, true);
	}
	l7_stream_restart(tables->reassembly, direction);
	l7_feed_forget_state(tables, &contest->feed->session->states[direction->layer]);
	direction->stream = contest->remaining->first;
	contest->remaining->first = 0;
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
	add_names(l7, &contest->remaining->names, true);
	unsigned names = said_names(contest, l7);
	bool is_answer = contest->kind != L7_UNKNOWN && is_of_kind(l7, contest->kind);
	bool other_is_answered =
		contest->has_foreign && !is_answer && l7_is_answered(contest->feed);
	l7->is_doubted |= other_is_answered && !l7->is_reversed && l7_info_format_app(l7);
	if (other_is_answered && names > 0) {
		l7->is_contested = true;
		l7->protocol = contest->instead;
	} else if (contest->kind == L7_UNKNOWN) {
		l7->is_contested |= names > before;
	} else {
		l7->is_contested = names + (contest->remaining->has_nameless || was_nameless) > 1;
	}
	l7->is_contested |= contest->feed->session->directions->is_untried;
	reassembly_close(contest->feed->tables->reassembly, contest->all.first);
	reassembly_close(contest->feed->tables->reassembly, contest->of_kind.first);
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
