/* Protocols of lines: SSH's banner, and mail and file transfer, which may turn into TLS on the way
 * (RFC 3207, RFC 2595, RFC 4217). Nothing of what is said in them is kept. */
#include "analyzer/classify/dissect/signature.h"

static enum dissect_result ssh_stream(struct dissection *dissection)
{
	enum prefix_match modern = prefix_of(&dissection->in, "SSH-2.0-", 8);
	enum prefix_match old = prefix_of(&dissection->in, "SSH-1.", 6);

	if (modern == PREFIX_PART || old == PREFIX_PART) {
		return wait_for_more(dissection);
	}
	return claim_if(modern == PREFIX_YES || old == PREFIX_YES, dissection, L7_SSH);
}

const struct dissector dissector_ssh = {
	.protocol = L7_SSH, .stream = ssh_stream, .stream_begins = BEGINS({ 'S', 'S' })
};

/* A greeting may have many lines, and a client ask many times, before one of them wishes for TLS.
 * Sign-in lines may be long (RFC 4954, 4). */
enum { LINE_BYTES_MAX = 12288, LINES_MAX = 512 };

/* words[0] of the flow's state: what both directions have shown so far. words[1]: lines read.
 * words[2]: who greeted and so is the server, 1 the initiator, 2 the other end; 0 not seen. */
enum { STATE_GREETED = 1, STATE_TLS_ASKED = 2 };

static const struct verb {
	const char *text;
	enum l7_protocol protocol;
	bool asks_tls;
} verbs[] = {
	{ "EHLO ", L7_SMTP, false },
	{ "HELO ", L7_SMTP, false },
	{ "MAIL FROM:", L7_SMTP, false },
	{ "STARTTLS", L7_UNKNOWN, true }, /* mail, news (RFC 4642), mail filters (RFC 5804) */
	{ "AUTH TLS", L7_FTP, true },
	{ "AUTH SSL", L7_FTP, true },
	{ "USER ", L7_UNKNOWN, false }, /* FTP or POP3, as the greeting says */
	{ "FEAT", L7_FTP, false },
	{ "SYST", L7_FTP, false },
	{ "CAPA", L7_POP3, false },
	{ "STLS", L7_POP3, true },
	{ "APOP ", L7_POP3, false },
	{ "QUIT", L7_UNKNOWN, false },
	{ "AUTH ", L7_UNKNOWN, false },
	{ "CAP LS", L7_UNKNOWN, false }, /* chat (IRC), which has no label of its own */
	{ "NICK ", L7_UNKNOWN, false },
};

static const struct tagged_verb {
	const char *text;
	bool asks_tls;
} imap_verbs[] = { { "CAPABILITY", false }, { "LOGIN ", false }, { "STARTTLS", true },
	{ "ID ", false }, { "AUTHENTICATE ", false }, { "NOOP", false } };

static bool same_start(const char *line, size_t length, const char *text)
{
	for (size_t i = 0; text[i]; i++) {
		char c = i < length ? line[i] : '\0';
		if (c >= 'a' && c <= 'z') {
			c = (char)(c - 'a' + 'A');
		}
		if (c != text[i]) {
			return false;
		}
	}
	return true;
}

/* IMAP: a tag of the client's choice, a blank, a command. */
static bool read_imap(const char *line, size_t length, bool *asks_tls)
{
	const char *blank = memchr(line, ' ', length);

	if (!blank || blank == line || blank - line > 16) {
		return false;
	}
	size_t rest = length - (size_t)(blank + 1 - line);
	for (size_t i = 0; i < sizeof(imap_verbs) / sizeof(imap_verbs[0]); i++) {
		if (same_start(blank + 1, rest, imap_verbs[i].text)) {
			*asks_tls = imap_verbs[i].asks_tls;
			return true;
		}
	}
	return false;
}

/* A client greets with what it calls itself (RFC 5321, 4.1.1.1). */
static void learn_greeter(const struct dissection *dissection, const char *line, size_t length)
{
	enum { VERB = 5 };
	struct reader name = reader_over((const uint8_t *)line, length);

	if (!dissection_is_own_word(dissection) || length <= VERB ||
		(!same_start(line, length, "EHLO ") && !same_start(line, length, "HELO "))) {
		return;
	}
	reader_skip(&name, VERB);
	own_network_learn_machine(&dissection->tables->own,
		reader_sub(&name, length - VERB - (line[length - 1] == '\r')));
}

static bool read_command(
	struct dissection *dissection, const char *line, size_t length, bool *asks_tls)
{
	uint8_t *protocol = &dissection->l7->protocol;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (same_start(line, length, verbs[i].text)) {
			*asks_tls = verbs[i].asks_tls;
			learn_greeter(dissection, line, length);
			if (*protocol == L7_UNKNOWN) {
				*protocol = (uint8_t)verbs[i].protocol;
			}
			return true;
		}
	}
	if (read_imap(line, length, asks_tls)) {
		*protocol = L7_IMAP;
		return true;
	}
	return *protocol != L7_UNKNOWN;
}

/* An answer of mail or file transfer: three digits, then a blank or a hyphen. */
static bool is_answer(const char *line, size_t length)
{
	for (size_t i = 0; i < 3; i++) {
		if (i >= length || line[i] < '0' || line[i] > '9') {
			return false;
		}
	}
	return length > 3 && (line[3] == ' ' || line[3] == '-');
}

static bool contains(const char *line, size_t length, const char *text)
{
	for (size_t i = 0; i + strlen(text) <= length; i++) {
		if (same_start(line + i, length - i, text)) {
			return true;
		}
	}
	return false;
}

/* RFC 3977, 5.1. News has no label of its own, but turns into TLS as mail does. */
static bool is_news_greeting(const struct dissection *dissection, const char *line, size_t length)
{
	enum { PORT_NEWS = 119 };

	return (same_start(line, length, "200 ") || same_start(line, length, "201 ")) &&
	       (dissection_has_port(dissection, PORT_NEWS) || contains(line, length, "NNTP") ||
		       contains(line, length, "NNRP"));
}

/* Chat (IRC): only a server's lines begin with who speaks, and it greets before anybody has a name.
 */
static bool is_chat_greeting(const char *line, size_t length)
{
	return length > 0 && line[0] == ':' &&
	       (contains(line, length, " NOTICE ") || contains(line, length, " CAP * "));
}

/* A server's first line. 220 may greet mail or files; then the words in it or the client decide. */
static bool read_greeting(struct dissection *dissection, const char *line, size_t length)
{
	uint8_t *protocol = &dissection->l7->protocol;

	if (same_start(line, length, "* OK") || same_start(line, length, "* PREAUTH")) {
		*protocol = L7_IMAP;
	} else if (same_start(line, length, "+OK")) {
		*protocol = L7_POP3;
	} else if (same_start(line, length, "220 ") || same_start(line, length, "220-")) {
		bool is_mail = contains(line, length, "SMTP") ||
			       dissection_has_port(dissection, 25) ||
			       dissection_has_port(dissection, 587);
		bool is_files =
			contains(line, length, "FTP") || dissection_has_port(dissection, 21);
		*protocol = is_mail ? L7_SMTP : is_files ? L7_FTP : *protocol;
	} else {
		return is_news_greeting(dissection, line, length) || is_chat_greeting(line, length);
	}
	return true;
}

/* One line at the cursor, which steps over it. False where its end is not there yet. */
static bool take_line(struct reader *in, const char **line, size_t *length)
{
	const uint8_t *end = memchr(in->at, '\n', reader_left(in));

	if (!end) {
		return false;
	}
	*length = (size_t)(end - in->at);
	*line = (const char *)reader_bytes(in, *length + 1);
	return true;
}

static bool is_text(struct reader in)
{
	for (unsigned i = 0; reader_left(&in) > 0 && i < 4; i++) {
		uint8_t byte = reader_u8(&in);
		if (byte < ' ' || byte > '~') {
			return false;
		}
	}
	return true;
}

/* The server answers the wish for TLS with one line, and then speaks it. */
static enum dissect_result read_answer(struct dissection *dissection)
{
	struct reader in = dissection->in;
	const char *line;
	size_t length;

	if (!take_line(&in, &line, &length)) {
		return reader_left(&in) > LINE_BYTES_MAX ? DISSECT_DONE : DISSECT_MORE;
	}
	return dissection_hand_over(dissection, &in, &dissector_tls);
}

static bool is_server(const struct dissection *dissection)
{
	uint64_t server = dissection->state->words[2];

	return server == (dissection->from_source ? 1 : 2) ||
	       (server == 0 && !dissection->from_source);
}

static enum dissect_result read_lines(struct dissection *dissection)
{
	uint64_t *words = dissection->state->words;
	struct reader in = dissection->in;
	const char *line;
	size_t length;

	while (take_line(&in, &line, &length)) {
		bool asks_tls = false;
		bool greets = read_greeting(dissection, line, length);
		bool known = greets || (!is_answer(line, length) &&
					       read_command(dissection, line, length, &asks_tls));
		if (!known && !(words[0] & STATE_GREETED)) {
			return DISSECT_OTHER;
		}
		if (greets && words[2] == 0) {
			words[2] = dissection->from_source ? 1 : 2;
		}
		words[0] |= STATE_GREETED;
		dissection->used = (size_t)(in.at - dissection->in.at);
		if (asks_tls && !is_server(dissection)) {
			words[0] |= STATE_TLS_ASKED;
			return dissection_hand_over(dissection, &in, &dissector_tls);
		}
		/* Behind this a mail follows, in the clear. */
		bool is_mail =
			!is_server(dissection) && length <= 5 && same_start(line, length, "DATA");
		if (is_mail || ++words[1] > LINES_MAX) {
			dissection->other_done = true;
			return DISSECT_DONE;
		}
	}
	if (reader_left(&in) > LINE_BYTES_MAX) {
		return words[0] & STATE_GREETED ? DISSECT_DONE : DISSECT_OTHER;
	}
	return DISSECT_MORE;
}

static enum dissect_result mail_stream(struct dissection *dissection)
{
	if (dissection->state->words[0] & STATE_TLS_ASKED && is_server(dissection)) {
		return read_answer(dissection);
	}
	if (!is_text(dissection->in)) {
		return dissection->state->words[0] & STATE_GREETED ? DISSECT_DONE : DISSECT_OTHER;
	}
	if (!(dissection->state->words[0] & STATE_GREETED) &&
		!memchr(dissection->in.at, '\n', reader_left(&dissection->in))) {
		/* A greeting and a first command are one short line each; text alone is no sign of
		 * them, so others have their say until the line is whole. */
		return DISSECT_OTHER;
	}
	return read_lines(dissection);
}

const struct dissector dissector_mail = {
	.protocol = L7_SMTP, .stream = mail_stream, .stream_begins = BEGINS({ ' ', '~' })
};

/* XMPP (RFC 6120): an XML stream, which may turn into TLS as well. words[0] of the flow's state:
 * who offered it and so is the server, 1 the initiator, 2 the other end; 0 not seen. */
static bool turns_into_tls(struct dissection *dissection, struct reader element)
{
	uint64_t *server = &dissection->state->words[0], sender = dissection->from_source ? 1 : 2;

	while (reader_left(&element) > 0 && element.at[0] != '<') {
		reader_skip(&element, 1);
	}
	if (begins_with(&element, "<stream:features")) {
		*server = sender;
	}
	bool is_client = *server ? *server != sender : dissection->from_source;
	return is_client ? begins_with(&element, "<starttls") : begins_with(&element, "<proceed");
}

static enum dissect_result xmpp_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	const char *text = (const char *)in.at;
	size_t length = reader_left(&in);

	if (dissection->l7->protocol != L7_XMPP) {
		bool fits = (begins_with(&in, "<?xml") || begins_with(&in, "<stream:stream")) &&
			    memmem(text, length, "<stream:stream", 14) != NULL;
		if (!fits) {
			return DISSECT_OTHER;
		}
		dissection->l7->protocol = L7_XMPP;
	}
	/* One element after the other, up to the wish for TLS or the answer to it. */
	for (const uint8_t *end; (end = memchr(in.at, '>', reader_left(&in))) != NULL;) {
		bool turns = turns_into_tls(dissection, in);
		reader_skip(&in, (size_t)(end + 1 - in.at));
		if (turns) {
			return dissection_hand_over(dissection, &in, &dissector_tls);
		}
		dissection->used = (size_t)(in.at - dissection->in.at);
	}
	return DISSECT_MORE;
}

const struct dissector dissector_xmpp = {
	.protocol = L7_XMPP, .stream = xmpp_stream, .stream_begins = BEGINS({ '<', '<' })
};
