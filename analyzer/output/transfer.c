#include "analyzer/output/transfer.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "config.h"

enum { URL_BYTES = 1024, ANSWER_BYTES = 200 };

struct transfer {
	CURL *curl;
	char url[URL_BYTES];
	char server[160]; /* as it may be shown */
	char *ca, *user, *password;
	unsigned deadline_ms;
	bool needs_tls, is_connected;
	char trouble[CURL_ERROR_SIZE];
	char answer[ANSWER_BYTES]; /* the beginning of what it said */
	size_t answer_length;
};

/* libcurl brings thirty-five other libraries along, as much work at the start as all the rest of
 * the program's, and few runs send anything: it is loaded with the first transfer. */
#define CURL_FUNCTIONS(X)                                                                          \
	X(global_init)                                                                             \
	X(easy_init)                                                                               \
	X(easy_cleanup)                                                                            \
	X(easy_reset)                                                                              \
	X(easy_setopt)                                                                             \
	X(easy_getinfo)                                                                            \
	X(easy_perform)                                                                            \
	X(easy_strerror)                                                                           \
	X(easy_recv)                                                                               \
	X(easy_send)                                                                               \
	X(slist_append)                                                                            \
	X(slist_free_all)

static struct {
#define X(name) __typeof__(&curl_##name) name;
	CURL_FUNCTIONS(X)
#undef X
	bool is_there;
} libcurl;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
	void *library = dlopen(CURL_SONAME, RTLD_NOW | RTLD_LOCAL);

	libcurl.is_there = library != NULL;
#define X(name)                                                                                    \
	libcurl.name = library ? (__typeof__(libcurl.name))dlsym(library, "curl_" #name) : NULL;   \
	libcurl.is_there = libcurl.is_there && libcurl.name;
	CURL_FUNCTIONS(X)
#undef X
	libcurl.is_there = libcurl.is_there && libcurl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void transfer_load(void)
{
	pthread_once(&once, load);
}

/* Scheme and host, without user, password and what stands behind. */
static void name_server(struct transfer *transfer, const char *url)
{
	const char *host = strstr(url, "://");
	size_t scheme = host ? (size_t)(host - url) + 3 : 0;
	const char *rest = url + scheme;
	size_t length = strcspn(rest, "/?#");
	const char *at = memchr(rest, '@', length);

	if (at) {
		length -= (size_t)(at + 1 - rest);
		rest = at + 1;
	}
	snprintf(transfer->server, sizeof(transfer->server), "%.*s%.*s", (int)scheme, url,
		(int)(length < 120 ? length : 120), rest);
}

static char *copy(const char *text)
{
	return text && text[0] != '\0' ? strdup(text) : NULL;
}

/* Streams are told to libcurl as connections of HTTP that nothing is asked over. */
static int take_url(struct transfer *transfer, const char *url, struct err *err)
{
	const char *scheme = strncmp(url, "tcp://", 6) == 0   ? "http://"
			     : strncmp(url, "tls://", 6) == 0 ? "https://"
							      : "";

	name_server(transfer, url);
	if (snprintf(transfer->url, sizeof(transfer->url), "%s%s", scheme,
		    scheme[0] ? url + 6 : url) >= (int)sizeof(transfer->url)) {
		return err_set(err, EINVAL, "%s: the address is too long", transfer->server);
	}
	return 0;
}

int transfer_open(
	struct transfer **transfer, const struct transfer_options *options, struct err *err)
{
	transfer_load();
	if (!libcurl.is_there) {
		return err_set(err, ENOENT,
			"%s cannot be loaded, and nothing be sent: install libcurl", CURL_SONAME);
	}
	struct transfer *opened = calloc(1, sizeof(*opened));
	if (!opened || !(opened->curl = libcurl.easy_init())) {
		free(opened);
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->ca = copy(options->ca);
	opened->user = copy(options->user);
	opened->password = copy(options->password);
	opened->needs_tls = options->needs_tls;
	opened->deadline_ms = options->deadline_ms ? options->deadline_ms : TRANSFER_DEADLINE_MS;
	int status = take_url(opened, options->url, err);
	if (status < 0) {
		transfer_close(opened);
		return status;
	}
	*transfer = opened;
	return 0;
}

void transfer_close(struct transfer *transfer)
{
	if (!transfer) {
		return;
	}
	libcurl.easy_cleanup(transfer->curl);
	free(transfer->ca);
	free(transfer->user);
	if (transfer->password) {
		explicit_bzero(transfer->password, strlen(transfer->password));
	}
	free(transfer->password);
	free(transfer);
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t room = sizeof(transfer->answer) - 1 - transfer->answer_length;
	size_t taken = size * count < room ? size * count : room;

	memcpy(transfer->answer + transfer->answer_length, bytes, taken);
	transfer->answer_length += taken;
	transfer->answer[transfer->answer_length] = '\0';
	return size * count;
}

/* What every exchange begins with; connections stay. */
static void set_common(struct transfer *transfer)
{
	CURL *curl = transfer->curl;

	libcurl.easy_reset(curl);
	transfer->trouble[0] = transfer->answer[0] = '\0';
	transfer->answer_length = 0;
	libcurl.easy_setopt(curl, CURLOPT_URL, transfer->url);
	libcurl.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,smtp,smtps");
	libcurl.easy_setopt(curl, CURLOPT_NOPROXY, "*");
	libcurl.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	libcurl.easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)transfer->deadline_ms);
	libcurl.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)transfer->deadline_ms);
	libcurl.easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->trouble);
	libcurl.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	libcurl.easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	libcurl.easy_setopt(curl, CURLOPT_USERAGENT, "borderflow");
	if (transfer->ca) {
		libcurl.easy_setopt(curl, CURLOPT_CAINFO, transfer->ca);
	}
	if (transfer->user) {
		libcurl.easy_setopt(curl, CURLOPT_USERNAME, transfer->user);
		libcurl.easy_setopt(
			curl, CURLOPT_PASSWORD, transfer->password ? transfer->password : "");
	}
}

static int errno_of(CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		return ECONNREFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return EHOSTUNREACH;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_LOGIN_DENIED:
	case CURLE_USE_SSL_FAILED:
		return EPERM;
	case CURLE_OUT_OF_MEMORY:
		return ENOMEM;
	default:
		return EPROTO;
	}
}

static int fail(const struct transfer *transfer, CURLcode code, struct err *err)
{
	return err_set(err, errno_of(code), "%s: %s", transfer->server,
		transfer->trouble[0] != '\0' ? transfer->trouble : libcurl.easy_strerror(code));
}

static struct curl_slist *list_of(const char *const *items)
{
	struct curl_slist *list = NULL;

	for (; *items; items++) {
		struct curl_slist *longer = libcurl.slist_append(list, *items);
		if (!longer) {
			libcurl.slist_free_all(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

int transfer_post(struct transfer *transfer, const char *const *headers, const void *body,
	size_t length, unsigned *code, struct err *err)
{
	struct curl_slist *list = list_of(headers);
	long answered = 0;

	set_common(transfer);
	libcurl.easy_setopt(transfer->curl, CURLOPT_HTTPHEADER, list);
	libcurl.easy_setopt(transfer->curl, CURLOPT_POST, 1L);
	libcurl.easy_setopt(transfer->curl, CURLOPT_POSTFIELDS, body);
	libcurl.easy_setopt(transfer->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
	CURLcode result = list ? libcurl.easy_perform(transfer->curl) : CURLE_OUT_OF_MEMORY;
	libcurl.easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &answered);
	libcurl.slist_free_all(list);
	*code = (unsigned)answered;
	if (result != CURLE_OK) {
		return fail(transfer, result, err);
	}
	if (answered < 200 || answered > 299) {
		return err_set(err, answered == 401 || answered == 403 ? EPERM : EPROTO,
			"%s answered %ld: %s", transfer->server, answered, transfer->answer);
	}
	return 0;
}

struct upload {
	const char *at;
	size_t left;
};

static size_t give(char *to, size_t size, size_t count, void *context)
{
	struct upload *upload = context;
	size_t given = size * count < upload->left ? size * count : upload->left;

	memcpy(to, upload->at, given);
	upload->at += given;
	upload->left -= given;
	return given;
}

int transfer_mail(struct transfer *transfer, const char *from, const char *const *recipients,
	const char *mail, size_t length, struct err *err)
{
	struct upload upload = { mail, length };
	struct curl_slist *list = list_of(recipients);

	set_common(transfer);
	libcurl.easy_setopt(transfer->curl, CURLOPT_USE_SSL,
		(long)(transfer->needs_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	libcurl.easy_setopt(transfer->curl, CURLOPT_MAIL_FROM, from);
	libcurl.easy_setopt(transfer->curl, CURLOPT_MAIL_RCPT, list);
	libcurl.easy_setopt(transfer->curl, CURLOPT_UPLOAD, 1L);
	libcurl.easy_setopt(transfer->curl, CURLOPT_READFUNCTION, give);
	libcurl.easy_setopt(transfer->curl, CURLOPT_READDATA, &upload);
	CURLcode result = list ? libcurl.easy_perform(transfer->curl) : CURLE_OUT_OF_MEMORY;
	libcurl.slist_free_all(list);
	return result == CURLE_OK ? 0 : fail(transfer, result, err);
}

static int connect_stream(struct transfer *transfer, struct err *err)
{
	set_common(transfer);
	libcurl.easy_setopt(transfer->curl, CURLOPT_CONNECT_ONLY, 1L);
	libcurl.easy_setopt(transfer->curl, CURLOPT_SSL_ENABLE_ALPN, 0L);
	libcurl.easy_setopt(transfer->curl, CURLOPT_FRESH_CONNECT, 1L);
	CURLcode result = libcurl.easy_perform(transfer->curl);
	transfer->is_connected = result == CURLE_OK;
	return result == CURLE_OK ? 0 : fail(transfer, result, err);
}

/* Has the server gone away since? It says nothing over such a stream but that. */
static bool is_alive(struct transfer *transfer)
{
	char bytes[64];
	size_t count = 0;
	CURLcode result = libcurl.easy_recv(transfer->curl, bytes, sizeof(bytes), &count);

	return result == CURLE_AGAIN || (result == CURLE_OK && count > 0);
}

/* Waits until the socket takes more, at most so long. */
static bool wait_writable(struct transfer *transfer, uint64_t until_ns)
{
	uint64_t now_ns = clock_monotonic_ns();
	curl_socket_t socket = CURL_SOCKET_BAD;

	libcurl.easy_getinfo(transfer->curl, CURLINFO_ACTIVESOCKET, &socket);
	struct pollfd poller = { .fd = socket, .events = POLLOUT };
	return now_ns < until_ns &&
	       poll(&poller, 1, (int)((until_ns - now_ns) / NS_PER_MS) + 1) > 0;
}

static int send_all(struct transfer *transfer, const char *at, size_t left, struct err *err)
{
	uint64_t until_ns = clock_monotonic_ns() + transfer->deadline_ms * NS_PER_MS;

	while (left > 0) {
		size_t sent = 0;
		CURLcode result = libcurl.easy_send(transfer->curl, at, left, &sent);
		if (result == CURLE_AGAIN && wait_writable(transfer, until_ns)) {
			continue;
		}
		if (result != CURLE_OK) {
			transfer->is_connected = false;
			return fail(transfer,
				result == CURLE_AGAIN ? CURLE_OPERATION_TIMEDOUT : result, err);
		}
		at += sent;
		left -= sent;
	}
	return 0;
}

int transfer_send(struct transfer *transfer, const void *bytes, size_t length, struct err *err)
{
	int status = 0;

	if (!transfer->is_connected || !is_alive(transfer)) {
		status = connect_stream(transfer, err);
	}
	return status < 0 ? status : send_all(transfer, bytes, length, err);
}
