/* HTTP/1 (RFC 9112): the host of the first request of a connection, and of a CONNECT through a
 * proxy the host that is asked for and what is then said inside. Paths, queries and other headers
 * are passed over. */
#include <string.h>
#include <strings.h>

#include "analyzer/classify/dissect/carried.h"
#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/host.h"
#include "analyzer/classify/dissect/signature.h"

enum { HEAD_BYTES_MAX = 12288, PIECE_BYTES = 256 };

/* words[0] of the flow's state: the request was a CONNECT, or asked for TLS on this connection (RFC
 * 2817), or asked a proxy for datagrams (RFC 9298). */
enum { STATE_CONNECT = 1, STATE_UPGRADE = 2, STATE_CARRIED = 3 };

enum method { METHOD_NONE, METHOD_UNFINISHED, METHOD_CONNECT, METHOD_OTHER };

/* The method at the start, behind which the cursor is put. Any token in capitals may be one (RFC
 * 9110, 9.1); that it was HTTP shows at the end of the line. */
static enum method read_method(struct reader *in)
{
	enum { METHOD_MAX = 24 };
	const char *at = (const char *)in->at;
	size_t left = reader_left(in), length = 0;

	while (length < left && length <= METHOD_MAX &&
		((at[length] >= 'A' && at[length] <= 'Z') || at[length] == '_' ||
			at[length] == '-')) {
		length++;
	}
	if (length > METHOD_MAX) {
		return METHOD_NONE;
	}
	if (length == left) {
		return METHOD_UNFINISHED;
	}
	bool ends = at[length] == ' ' || at[length] == '\r' || at[length] == '\n';
	if (length < 3 || !ends) {
		return METHOD_NONE;
	}
	reader_skip(in, length + (at[length] == ' '));
	return length == 7 && memcmp(at, "CONNECT", 7) == 0 ? METHOD_CONNECT : METHOD_OTHER;
}

/* The next line without its end; false where its end is not there yet, and the cursor then stays.
 */
static bool next_line(struct reader *in, const char **line, size_t *length)
{
	const uint8_t *end = memchr(in->at, '\n', reader_left(in));

	if (!end) {
		return false;
	}
	size_t bytes = (size_t)(end - in->at) + 1;
	*line = (const char *)reader_bytes(in, bytes);
	*length = bytes - 1;
	if (*length > 0 && (*line)[*length - 1] == '\r') {
		--*length;
	}
	return true;
}

/* The host in a request target of absolute form ("http://host/…"): what a proxy is asked for
 * (RFC 9112, 3.2.2). */
static void add_target_host(struct l7_info *l7, const char *target, size_t length)
{
	size_t scheme = 0;

	if (length > 7 && memcmp(target, "http://", 7) == 0) {
		scheme = 7;
	} else if (length > 8 && memcmp(target, "https://", 8) == 0) {
		scheme = 8;
	} else {
		return;
	}
	const char *host = target + scheme;
	size_t rest = length - scheme, host_length = 0;
	while (host_length < rest && host[host_length] != '/' && host[host_length] != '?') {
		host_length++;
	}
	host_to_l7_info(host, host_length, l7);
	l7->through_proxy = L7_PROXY_FETCHES;
}

/* Is that what the rest of the head says? With a host of its own, which is the proxy's. More:
 * nobody knows before it is whole. */
static enum dissect_result asks_to_carry(struct reader head, const char *word)
{
	static const char end[] = "\r\n\r\n";

	if (memmem(head.at, reader_left(&head), word, strlen(word))) {
		return DISSECT_DONE;
	}
	return memmem(head.at, reader_left(&head), end, sizeof(end) - 1) ? DISSECT_OTHER
									 : DISSECT_MORE;
}

/* The version a request line ends with: "HTTP/1.0", "HTTP/1.1". Servers forgive a missing blank or
 * digit. */
static bool ends_with_version(const char *line, size_t length)
{
	static const char version[] = "HTTP/1.";
	size_t bytes = sizeof(version) - 1;

	if (length > bytes && line[length - 1] >= '0' && line[length - 1] <= '9') {
		length--;
	}
	return length >= bytes && memcmp(line + length - bytes, version, bytes) == 0;
}

static bool is_host_header(const char *line, size_t length)
{
	return length > 5 && (line[0] | 0x20) == 'h' && (line[1] | 0x20) == 'o' &&
	       (line[2] | 0x20) == 's' && (line[3] | 0x20) == 't' && line[4] == ':';
}

/* How the client's program calls itself, for the catalogue; the first one counts. */
static void take_product(struct l7_info *l7, const char *line, size_t length)
{
	static const char header[] = "user-agent:";
	size_t at = sizeof(header) - 1;

	if (length <= at || strncasecmp(line, header, at) != 0 || l7->product[0] != '\0') {
		return;
	}
	while (at < length && line[at] == ' ') {
		at++;
	}
	length -= at;
	length = length < sizeof(l7->product) ? length : sizeof(l7->product) - 1;
	memcpy(l7->product, line + at, length);
	l7->product[length] = '\0';
}

static bool asks_for_tls(const char *line, size_t length)
{
	static const char header[] = "upgrade:";

	return length > sizeof(header) - 1 && strncasecmp(line, header, sizeof(header) - 1) == 0 &&
	       memmem(line, length, "TLS/", 4);
}

/* Does what stands behind the method look like the rest of a request line? Some leave the version
 * out, and a few the target as well; then the header behind it must speak for them. */
static bool is_request_line(const char *line, size_t length, struct reader behind)
{
	if (ends_with_version(line, length)) {
		return true;
	}
	return !memchr(line, ' ', length) && next_line(&behind, &line, &length) &&
	       is_host_header(line, length);
}

/* Behind the head of a CONNECT, and of the answer that grants it, the connection belongs to
 * whatever is tunnelled. The client may have to ask once more, with a password (RFC 9110, 15.5.8).
 */
static enum dissect_result pass_on(struct dissection *dissection, const struct reader *in)
{
	dissection->state->words[0] = STATE_CONNECT;
	dissection->l7->through_proxy = L7_PROXY_ASKED;
	return dissection_hand_over(dissection, in, NULL);
}

/* The same behind a request for TLS and the answer that switches to it. */
static enum dissect_result pass_on_upgrade(struct dissection *dissection, const struct reader *in)
{
	dissection->state->words[0] = STATE_UPGRADE;
	return dissection_hand_over(dissection, in, NULL);
}

static enum dissect_result end_request(
	struct dissection *dissection, const struct reader *in, enum method method, bool wants_tls)
{
	if (method == METHOD_CONNECT) {
		return pass_on(dissection, in);
	}
	if (dissection->state->words[0] == STATE_CARRIED) {
		return dissection_hand_over(dissection, in, &dissector_capsules);
	}
	return wants_tls ? pass_on_upgrade(dissection, in) : DISSECT_DONE;
}

/* The proxy is asked to carry datagrams or packets. */
static void take_carried(struct dissection *dissection, const struct carried_request *carried)
{
	if (carried->has_host) {
		host_to_l7_info(carried->host, carried->host_length, dissection->l7);
	}
	dissection->l7->through_proxy = L7_PROXY_ASKED;
	dissection->state->words[0] = STATE_CARRIED;
}

static enum dissect_result read_request(
	struct dissection *dissection, struct reader in, enum method method)
{
	const char *line;
	size_t length;
	bool is_long = reader_left(&dissection->in) >= HEAD_BYTES_MAX || dissection->is_last;
	bool wants_tls = false;

	if (!next_line(&in, &line, &length)) {
		/* A very long target: that it is HTTP must be seen at its end. */
		return is_long ? DISSECT_OTHER : DISSECT_MORE;
	}
	if (!is_request_line(line, length, in)) {
		return DISSECT_OTHER;
	}
	dissection->l7->protocol = L7_HTTP;
	const char *target_end = memchr(line, ' ', length);
	size_t target_length = target_end ? (size_t)(target_end - line) : 0; /* some send none */
	struct carried_request carried;
	enum dissect_result carries = carried_of_path(line, target_length, &carried)
					      ? asks_to_carry(in, carried.word)
					      : DISSECT_OTHER;
	if (carries == DISSECT_MORE && !is_long) {
		return DISSECT_MORE;
	}
	if (method == METHOD_CONNECT) {
		host_to_l7_info(line, target_length, dissection->l7);
	} else if (carries == DISSECT_DONE) {
		take_carried(dissection, &carried);
	} else {
		add_target_host(dissection->l7, line, target_length);
	}
	while (next_line(&in, &line, &length)) {
		if (length == 0) {
			return end_request(dissection, &in, method, wants_tls);
		}
		wants_tls |= asks_for_tls(line, length);
		if (is_host_header(line, length) &&
			!l7_info_have_source(dissection->l7, NAME_HTTP_HOST)) {
			host_to_l7_info(line + 5, length - 5, dissection->l7);
		}
		take_product(dissection->l7, line, length);
	}
	/* What comes later than the host is waited for only where a head comes in small pieces: a
	 * request for TLS may be among it. */
	bool is_done = method != METHOD_CONNECT && carries == DISSECT_OTHER &&
		       reader_left(&dissection->in) >= PIECE_BYTES &&
		       l7_info_have_source(dissection->l7, NAME_HTTP_HOST);
	return is_long || is_done ? DISSECT_DONE : DISSECT_MORE;
}

static unsigned count_hosts(const struct l7_info *l7)
{
	unsigned count = 0;

	for (unsigned i = 0; i < l7->name_count; i++) {
		count += l7->names[i].source == NAME_HTTP_HOST;
	}
	return count;
}

/* Whom a proxy has refused one host may ask it for another: that is another conversation, and what
 * it shows is nothing of this one. */
static enum dissect_result read_after_refusal(
	struct dissection *dissection, struct reader in, enum method method)
{
	struct l7_info *l7 = dissection->l7;
	unsigned hosts = count_hosts(l7);
	enum dissect_result result = read_request(dissection, in, method);
	bool is_unfinished = result == DISSECT_MORE && !dissection->hands_over;

	if (result == DISSECT_OTHER || count_hosts(l7) == hosts) {
		return result;
	}
	l7_info_keep_names(l7, NAME_HTTP_HOST, hosts);
	l7->through_proxy = L7_PROXY_REFUSED;
	dissection->hands_over = false;
	dissection->begins_anew = !is_unfinished;
	return is_unfinished ? DISSECT_MORE : DISSECT_DONE;
}

enum status { STATUS_NONE, STATUS_UNFINISHED, STATUS_LINE };

/* "HTTP/1.1 200": the version that a request line ends with is followed by no number. */
static enum status read_status(struct reader in)
{
	static const char pattern[] = "HTTP/1.# ###";
	size_t length = sizeof(pattern) - 1, left = reader_left(&in);
	size_t common = left < length ? left : length;
	const uint8_t *at = reader_bytes(&in, common);

	for (size_t i = 0; i < common; i++) {
		bool fits = pattern[i] == '#' ? at[i] >= '0' && at[i] <= '9' : at[i] == pattern[i];
		if (!fits) {
			return STATUS_NONE;
		}
	}
	return left < length ? STATUS_UNFINISHED : STATUS_LINE;
}

/* Forbidden, or for legal reasons not available: by rule, not for want of a password or a server.
 */
static bool is_forbidden(struct reader code)
{
	const uint8_t *digits = reader_bytes(&code, 3);

	return digits && (memcmp(digits, "403", 3) == 0 || memcmp(digits, "451", 3) == 0);
}

/* The proxy says no: behind what it says about that the next answer begins. */
static enum dissect_result pass_over_refusal(struct dissection *dissection, struct reader in)
{
	static const char version[] = "HTTP/1.";
	enum { KEPT = sizeof(version) - 2 };
	const uint8_t *next = memmem(in.at, reader_left(&in), version, sizeof(version) - 1);
	size_t kept = reader_left(&in) < KEPT ? reader_left(&in) : KEPT;

	dissection->used = (size_t)((next ? next : in.end - kept) - dissection->in.at);
	return DISSECT_MORE;
}

/* Behind the head the connection is no more HTTP's. */
static enum dissect_result read_switch(struct dissection *dissection, struct reader in)
{
	bool is_carried = dissection->state->words[0] == STATE_CARRIED;
	const char *line;
	size_t length;

	while (next_line(&in, &line, &length)) {
		if (length == 0) {
			return is_carried
				       ? dissection_hand_over(dissection, &in, &dissector_capsules)
				       : pass_on_upgrade(dissection, &in);
		}
	}
	return reader_left(&dissection->in) >= HEAD_BYTES_MAX ? DISSECT_DONE : DISSECT_MORE;
}

static bool is_code(struct reader code, const char *wanted)
{
	const uint8_t *digits = reader_bytes(&code, 3);

	return digits && memcmp(digits, wanted, 3) == 0;
}

/* The server wants TLS (RFC 2817, 4.2): then the client asks for it. */
static enum dissect_result read_demand(struct dissection *dissection, struct reader in)
{
	const char *line;
	size_t length = 1;
	bool wants_tls = false;

	while (next_line(&in, &line, &length)) {
		wants_tls |= asks_for_tls(line, length);
		if (length == 0) {
			break;
		}
	}
	if (wants_tls) {
		dissection->state->words[0] = STATE_UPGRADE;
		dissection->reopens_other = true;
		return pass_over_refusal(dissection, in);
	}
	return length == 0 || reader_left(&dissection->in) >= HEAD_BYTES_MAX ? DISSECT_DONE
									     : DISSECT_MORE;
}

static enum dissect_result read_response(struct dissection *dissection, struct reader in)
{
	struct reader status = in;
	const char *line;
	size_t length;

	dissection->l7->protocol = L7_HTTP;
	reader_skip(&status, sizeof("HTTP/1.1 ") - 1);
	bool may_switch = dissection->state->words[0] == STATE_UPGRADE ||
			  dissection->state->words[0] == STATE_CARRIED;
	if (may_switch && is_code(status, "101")) {
		return read_switch(dissection, in);
	}
	if (dissection->state->words[0] == 0 && is_code(status, "426")) {
		return read_demand(dissection, in);
	}
	bool is_proxy = dissection->state->words[0] == STATE_CONNECT ||
			dissection->state->words[0] == STATE_CARRIED;
	if (is_proxy && is_forbidden(status)) {
		dissection->l7->through_proxy = L7_PROXY_REFUSED;
	}
	if (dissection->state->words[0] != STATE_CONNECT) {
		return DISSECT_DONE;
	}
	bool is_granted = reader_u8(&status) == '2';
	while (next_line(&in, &line, &length)) {
		if (length == 0) {
			return is_granted ? pass_on(dissection, &in)
					  : pass_over_refusal(dissection, in);
		}
	}
	return reader_left(&dissection->in) >= HEAD_BYTES_MAX ? DISSECT_DONE : DISSECT_MORE;
}

/* The bytes of the empty line that comes next; 0: none does. */
static size_t empty_line(struct reader in)
{
	size_t left = reader_left(&in);

	if (left > 0 && in.at[0] == '\n') {
		return 1;
	}
	return left > 1 && in.at[0] == '\r' && in.at[1] == '\n' ? 2 : 0;
}

static enum dissect_result http_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	enum method method;

	/* Some clients send an empty line between requests (RFC 9112, 2.2). */
	for (size_t end; (end = empty_line(in)) > 0 && reader_left(&in) > end;) {
		reader_skip(&in, end);
	}
	enum status status = read_status(in);
	if (status == STATUS_LINE) {
		return read_response(dissection, in);
	}
	if (status == STATUS_UNFINISHED) {
		return dissection->is_last ? DISSECT_OTHER : DISSECT_MORE;
	}
	if (!dissection->from_source && dissection->state->words[0] != 0) {
		return pass_over_refusal(dissection, in);
	}
	method = read_method(&in);
	if (method == METHOD_NONE) {
		return DISSECT_OTHER;
	}
	if (method == METHOD_UNFINISHED) {
		return dissection->is_last ? DISSECT_OTHER : DISSECT_MORE;
	}
	return dissection->l7->through_proxy == L7_PROXY_REFUSED
		       ? read_after_refusal(dissection, in, method)
		       : read_request(dissection, in, method);
}

static enum dissect_began http_began(const struct dissection *dissection)
{
	const struct reader *in = &dissection->in;

	return began_by(begins_with(in, "GET /") || begins_with(in, "POST /") ||
				begins_with(in, "HEAD /") || begins_with(in, "CONNECT "),
		begins_with(in, "HTTP/1."));
}

const struct dissector dissector_http = { .protocol = L7_HTTP,
	.stream = http_stream,
	.stream_began = http_began,
	.stream_begins = BEGINS({ 'A', 'Z' }, { '_', '_' }, { '-', '-' }, { '\n', '\r' }) };
