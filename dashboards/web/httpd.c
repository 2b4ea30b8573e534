/* The only file that includes microhttpd.h. */
#include "dashboards/web/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "dashboards/web/listen.h"

enum { TICK_MS = 250, STREAM_BLOCK_BYTES = 16384 };

/* One connection, from its first byte to its end. */
struct peer {
	struct peer *next, **here;
	struct httpd *httpd;
	struct MHD_Connection *connection;
	int fd;
	uint64_t due_ns;   /* by when its request must be whole; 0: one is being answered */
	bool is_suspended; /* its stream has nothing to say */
	struct http_stream stream;
};

/* One request of a connection: while its body comes in, and until it is answered. */
struct exchange {
	struct exchange *next; /* that waits for a worker */
	struct MHD_Connection *connection;
	char *path;   /* as it was sent */
	char *method; /* of one that a worker answers */
	struct text body;
	bool has_headers, is_too_large, is_answered;
	struct http_response response;
};

struct httpd {
	const struct router *router;
	struct MHD_Daemon *daemon;
	char address[LISTEN_TEXT_MAX];
	pthread_t ticker, workers[HTTPD_WORKERS_MAX];
	unsigned worker_count;
	bool has_ticker;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t has_work;
	struct exchange *waiting, **waiting_end;
	struct peer *peers;
	unsigned peer_count;
	bool stop;
};

static uint64_t due_ns(void)
{
	return clock_monotonic_ns() + HTTPD_REQUEST_S * NS_PER_S;
}

/* Ends a connection, whose request is not whole. */
static void send_away(struct peer *peer)
{
	shutdown(peer->fd, SHUT_RDWR);
	peer->due_ns = 0;
}

/* Slow connections fill no more than a part of the room: the oldest gives way to who comes. */
static void make_room(struct httpd *httpd)
{
	struct peer *oldest = NULL;

	for (struct peer *peer = httpd->peers; peer; peer = peer->next) {
		bool is_slow = peer->due_ns && peer->fd >= 0;
		if (is_slow && (!oldest || peer->due_ns < oldest->due_ns)) {
			oldest = peer;
		}
	}
	if (oldest) {
		send_away(oldest);
	}
}

/* Connections come and go. */
static void on_connection(void *context, struct MHD_Connection *connection, void **state,
	enum MHD_ConnectionNotificationCode code)
{
	struct httpd *httpd = context;
	struct peer *peer = *state;

	pthread_mutex_lock(&httpd->lock);
	if (code == MHD_CONNECTION_NOTIFY_STARTED && (peer = calloc(1, sizeof(*peer)))) {
		if (++httpd->peer_count > HTTPD_CROWD) {
			make_room(httpd);
		}
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		*peer = (struct peer){ .next = httpd->peers,
			.here = &httpd->peers,
			.httpd = httpd,
			.connection = connection,
			.fd = info ? info->connect_fd : -1,
			.due_ns = due_ns() };
		if (httpd->peers) {
			httpd->peers->here = &peer->next;
		}
		httpd->peers = peer;
		*state = peer;
	} else if (code == MHD_CONNECTION_NOTIFY_CLOSED && peer) {
		*peer->here = peer->next;
		if (peer->next) {
			peer->next->here = peer->here;
		}
		httpd->peer_count--;
		free(peer);
		*state = NULL;
	}
	pthread_mutex_unlock(&httpd->lock);
}

static struct peer *peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void set_due(struct peer *peer, uint64_t time_ns)
{
	if (peer) {
		pthread_mutex_lock(&peer->httpd->lock);
		peer->due_ns = time_ns;
		pthread_mutex_unlock(&peer->httpd->lock);
	}
}

/* Whoever takes too long over a request makes room for others; streams are looked at again. */
static void tick(struct httpd *httpd, bool is_last)
{
	uint64_t now_ns = clock_monotonic_ns();

	pthread_mutex_lock(&httpd->lock);
	for (struct peer *peer = httpd->peers; peer; peer = peer->next) {
		if (peer->is_suspended) {
			peer->is_suspended = false;
			MHD_resume_connection(peer->connection);
		} else if (peer->due_ns && (peer->due_ns < now_ns || is_last) && peer->fd >= 0) {
			send_away(peer);
		}
	}
	pthread_mutex_unlock(&httpd->lock);
}

static bool is_stopped(struct httpd *httpd)
{
	pthread_mutex_lock(&httpd->lock);
	bool stop = httpd->stop;
	pthread_mutex_unlock(&httpd->lock);
	return stop;
}

static void *tick_until_stopped(void *argument)
{
	const struct timespec pause = { .tv_nsec = TICK_MS * 1000000L };
	struct httpd *httpd = argument;

	while (!is_stopped(httpd)) {
		nanosleep(&pause, NULL);
		tick(httpd, false);
	}
	return NULL;
}

static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t room)
{
	struct peer *peer = context;
	ssize_t count = is_stopped(peer->httpd)
				? -1
				: peer->stream.next(peer->stream.context, buffer, room);

	(void)position;
	if (count == 0) {
		pthread_mutex_lock(&peer->httpd->lock);
		peer->is_suspended = true;
		MHD_suspend_connection(peer->connection);
		pthread_mutex_unlock(&peer->httpd->lock);
	}
	return count < 0 ? MHD_CONTENT_READER_END_OF_STREAM : count;
}

static void close_stream(void *context)
{
	struct peer *peer = context;

	peer->stream.close(peer->stream.context);
	peer->stream.close = NULL;
}

static const char *header_of(const struct http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static const char *cookie_of(const struct http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, name);
}

/* With a NUL in it a text would end where the person who asks did not end it. */
static enum MHD_Result add_parameter(void *context, enum MHD_ValueKind kind, const char *name,
	size_t name_bytes, const char *value, size_t value_bytes)
{
	const char *text = value ? value : "";

	(void)kind;
	return strlen(name) == name_bytes && strlen(text) == value_bytes &&
			       http_request_add(context, name, text)
		       ? MHD_YES
		       : MHD_NO;
}

static void name_peer(struct MHD_Connection *connection, char text[INET6_ADDRSTRLEN])
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;

	strcpy(text, "unix");
	if (address && address->sa_family == AF_INET) {
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text,
			INET6_ADDRSTRLEN);
	} else if (address && address->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text,
			INET6_ADDRSTRLEN);
	}
}

/* The body where it is whole, or what makes it while it is sent. */
static struct MHD_Response *make_response(struct peer *peer, struct http_response *response)
{
	if (!response->stream.next) {
		return MHD_create_response_from_buffer(
			response->body.length, response->body.at, MHD_RESPMEM_MUST_COPY);
	}
	if (!peer) {
		return NULL;
	}
	peer->stream = response->stream;
	response->stream.close = NULL; /* the peer's from now on */
	return MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream, peer, close_stream);
}

static enum MHD_Result send_response(
	struct MHD_Connection *connection, struct peer *peer, struct http_response *response)
{
	struct MHD_Response *made = make_response(peer, response);
	enum MHD_Result result = MHD_NO;

	if (made) {
		MHD_add_response_header(made, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
		MHD_add_response_header(made, "X-Content-Type-Options", "nosniff");
		for (unsigned i = 0; i < response->header_count; i++) {
			MHD_add_response_header(
				made, response->headers[i].name, response->headers[i].value);
		}
		result = MHD_queue_response(connection, response->status, made);
		MHD_destroy_response(made);
	}
	return result;
}

/* Fills the exchange's response; any thread, the connection standing still. */
static void answer(struct httpd *httpd, struct exchange *exchange,
	struct MHD_Connection *connection, const char *method)
{
	char peer_name[INET6_ADDRSTRLEN];
	struct http_request request = { .method = strcmp(method, "HEAD") == 0 ? "GET" : method,
		.path = exchange->path,
		.peer = peer_name,
		.body = exchange->body.length ? exchange->body.at : "",
		.body_bytes = exchange->body.length,
		.header = header_of,
		.cookie = cookie_of,
		.connection = connection };

	name_peer(connection, peer_name);
	int count = MHD_get_connection_values_n(
		connection, MHD_GET_ARGUMENT_KIND, add_parameter, &request);
	bool is_whole = count <= HTTP_PARAMETERS_MAX && (unsigned)count == request.parameter_count;
	if (!is_whole || exchange->is_too_large) {
		const struct router nobody = { .routes = (const struct route[]){ { 0 } } };
		router_answer(&nobody, &request, &exchange->response);
		http_fail(&exchange->response, is_whole ? 413 : 400,
			is_whole ? "the request is too large"
				 : "expected at most 32 parameters, and no NUL in them");
	} else {
		router_answer(httpd->router, &request, &exchange->response);
	}
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct exchange *exchange)
{
	enum MHD_Result result =
		send_response(connection, peer_of(connection), &exchange->response);

	router_release(&exchange->response);
	exchange->is_answered = false;
	return result;
}

/* The connection stands still until a worker has answered. */
static enum MHD_Result hand_over(struct httpd *httpd, struct exchange *exchange,
	struct MHD_Connection *connection, const char *method)
{
	exchange->connection = connection;
	exchange->method = strdup(method);
	if (!exchange->method) {
		return MHD_NO;
	}
	pthread_mutex_lock(&httpd->lock);
	bool is_open = !httpd->stop;
	if (is_open) {
		MHD_suspend_connection(connection);
		*httpd->waiting_end = exchange;
		httpd->waiting_end = &exchange->next;
		pthread_cond_signal(&httpd->has_work);
	}
	pthread_mutex_unlock(&httpd->lock);
	return is_open ? MHD_YES : MHD_NO;
}

/* The next that waits; NULL where the server ends and nobody does. */
static struct exchange *take_work(struct httpd *httpd)
{
	pthread_mutex_lock(&httpd->lock);
	while (!httpd->waiting && !httpd->stop) {
		pthread_cond_wait(&httpd->has_work, &httpd->lock);
	}
	struct exchange *exchange = httpd->waiting;
	if (exchange) {
		httpd->waiting = exchange->next;
		httpd->waiting_end = httpd->waiting ? httpd->waiting_end : &httpd->waiting;
		exchange->next = NULL;
	}
	pthread_mutex_unlock(&httpd->lock);
	return exchange;
}

static void *work_until_stopped(void *argument)
{
	struct httpd *httpd = argument;
	struct exchange *exchange;

	while ((exchange = take_work(httpd))) {
		answer(httpd, exchange, exchange->connection, exchange->method);
		exchange->is_answered = true;
		MHD_resume_connection(exchange->connection);
	}
	return NULL;
}

/* First of all, with the address before anything of it is decoded: a name may have a slash in it.
 */
static void *on_address(void *context, const char *address, struct MHD_Connection *connection)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	(void)context, (void)connection;
	if (exchange) {
		text_init_heap(&exchange->body);
		exchange->path = strndup(address, strcspn(address, "?"));
	}
	return exchange;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
	const char *path, const char *method, const char *version, const char *upload,
	size_t *upload_bytes, void **state)
{
	struct httpd *httpd = context;
	struct exchange *exchange = *state;

	(void)path, (void)version;
	if (!exchange || !exchange->path) {
		return MHD_NO;
	}
	if (!exchange->has_headers) {
		exchange->has_headers = true;
		return MHD_YES;
	}
	if (*upload_bytes > 0) {
		exchange->is_too_large |= exchange->body.length + *upload_bytes > HTTPD_BODY_BYTES;
		if (!exchange->is_too_large) {
			text_put_bytes(&exchange->body, upload, *upload_bytes);
		}
		*upload_bytes = 0;
		return MHD_YES;
	}
	if (exchange->is_answered) {
		return send_answer(connection, exchange);
	}
	set_due(peer_of(connection), 0);
	if (httpd->worker_count > 0) {
		return hand_over(httpd, exchange, connection, method);
	}
	answer(httpd, exchange, connection, method);
	return send_answer(connection, exchange);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *state;

	(void)context, (void)code;
	if (exchange) {
		if (exchange->is_answered) {
			router_release(&exchange->response);
		}
		text_deinit(&exchange->body);
		free(exchange->path);
		free(exchange->method);
		free(exchange);
		*state = NULL;
	}
	set_due(peer_of(connection), due_ns());
}

int httpd_check_listen(const char *listen, struct err *err)
{
	return listen_check(listen, err);
}

static bool start_threads(struct httpd *httpd, unsigned workers)
{
	while (httpd->worker_count < workers && httpd->worker_count < HTTPD_WORKERS_MAX &&
		pthread_create(&httpd->workers[httpd->worker_count], NULL, work_until_stopped,
			httpd) == 0) {
		httpd->worker_count++;
	}
	httpd->has_ticker = (workers == 0 || httpd->worker_count > 0) &&
			    pthread_create(&httpd->ticker, NULL, tick_until_stopped, httpd) == 0;
	return httpd->has_ticker;
}

static struct MHD_Daemon *start_daemon(struct httpd *httpd, int fd)
{
	const unsigned flags =
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_ALLOW_SUSPEND_RESUME;

	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, httpd, MHD_OPTION_LISTEN_SOCKET,
		fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTPD_CONNECTIONS_MAX,
		MHD_OPTION_URI_LOG_CALLBACK, on_address, httpd, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)HTTPD_REQUEST_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)HTTPD_REQUEST_BYTES, MHD_OPTION_NOTIFY_CONNECTION, on_connection, httpd,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, httpd, MHD_OPTION_END);
}

int httpd_open(struct httpd **httpd, const char *listen, unsigned workers,
	const struct router *router, struct err *err)
{
	struct httpd *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->router = router;
	opened->waiting_end = &opened->waiting;
	pthread_mutex_init(&opened->lock, NULL);
	pthread_cond_init(&opened->has_work, NULL);
	int fd = listen_open(listen, opened->address, err);
	if (fd < 0) {
		free(opened);
		return fd;
	}
	errno = 0;
	bool has_threads = start_threads(opened, workers);
	opened->daemon = has_threads ? start_daemon(opened, fd) : NULL;
	if (!opened->daemon) {
		int code = errno ? errno : ENOMEM;
		close(fd);
		httpd_close(opened);
		return err_set(err, code, "cannot serve at %s: %s", listen, strerror(code));
	}
	*httpd = opened;
	return 0;
}

const char *httpd_address(const struct httpd *httpd)
{
	return httpd->address;
}

void httpd_close(struct httpd *httpd)
{
	if (!httpd) {
		return;
	}
	pthread_mutex_lock(&httpd->lock);
	httpd->stop = true;
	pthread_cond_broadcast(&httpd->has_work);
	pthread_mutex_unlock(&httpd->lock);
	for (unsigned i = 0; i < httpd->worker_count; i++) {
		pthread_join(httpd->workers[i], NULL);
	}
	if (httpd->has_ticker) {
		pthread_join(httpd->ticker, NULL);
	}
	tick(httpd, true); /* nothing may stay suspended when the server ends */
	if (httpd->daemon) {
		MHD_stop_daemon(httpd->daemon);
	}
	if (strncmp(httpd->address, "unix:", 5) == 0) {
		unlink(httpd->address + 5);
	}
	pthread_mutex_destroy(&httpd->lock);
	free(httpd);
}
