/* The web server from outside, with bytes that a browser would never send. */
#include "dashboards/web/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/tap.h"

enum { ANSWER_BYTES = 8192, WAIT_MS = 5000, FLOOD = 100 };

struct counter {
	unsigned sent, closed;
};

static void say_parameter(
	void *context, const struct http_request *request, struct http_response *response)
{
	(void)context;
	text_printf(&response->body, "q=%s body=%zu peer=%s", http_parameter(request, "q"),
		request->body_bytes, request->peer);
}

/* Three lines with a pause before each, then the end. */
static ssize_t next_line(void *context, char *buffer, size_t room)
{
	struct counter *counter = context;

	if (counter->sent == 6) {
		return -1;
	}
	return counter->sent++ % 2 == 0 ? 0 : snprintf(buffer, room, "data: %u\n\n", counter->sent);
}

static void note_close(void *context)
{
	((struct counter *)context)->closed++;
}

static void stream(
	void *context, const struct http_request *request, struct http_response *response)
{
	(void)request;
	response->content_type = "text/event-stream";
	response->stream = (struct http_stream){ next_line, note_close, context };
}

static unsigned short port;

static int dial(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

/* What comes until the other side closes, or nothing comes for a while. */
static const char *hear(int fd)
{
	static char answer[ANSWER_BYTES];
	size_t length = 0;
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	while (length < sizeof(answer) - 1 && poll(&ready, 1, WAIT_MS) > 0) {
		ssize_t count = recv(fd, answer + length, sizeof(answer) - 1 - length, 0);
		if (count <= 0) {
			break;
		}
		length += (size_t)count;
	}
	answer[length] = '\0';
	close(fd);
	return answer;
}

static const char *ask(const char *request)
{
	int fd = dial();

	send(fd, request, strlen(request), MSG_NOSIGNAL);
	return hear(fd);
}

static void says(const char *request, const char *wanted, const char *title)
{
	const char *answer = ask(request);

	ok(strstr(answer, wanted) != NULL, "%s: %.60s", title, answer);
}

#define END " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static void test_requests(void)
{
	struct text large;

	says("GET /q?q=a%20b" END, "q=a b body=0 peer=127.0.0.1", "a query");
	says("HEAD /q" END, " 200 ", "HEAD is a GET without a body");
	says("GET /none" END, " 404 ", "no such page");
	says("DELETE /q" END, " 405 ", "no such method");
	says("GET /q" END, "X-Content-Type-Options: nosniff", "nothing is guessed");
	says("\x16\x03\x01 nonsense\r\n\r\n", " 400 ", "no HTTP at all");
	says("POST /q HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
		"body=5", "a body");
	text_init_heap(&large);
	text_put(&large, "GET /q HTTP/1.1\r\nHost: a\r\nX: ");
	for (unsigned i = 0; i < 2 * HTTPD_REQUEST_BYTES; i++) {
		text_put_char(&large, 'x');
	}
	text_put(&large, "\r\n\r\n");
	says(large.at, " 431 ", "headers without end");
	text_clear(&large);
	text_put(&large, "GET /q?");
	for (unsigned i = 0; i <= HTTP_PARAMETERS_MAX; i++) {
		text_printf(&large, "a%u=1&", i);
	}
	text_put(&large, END);
	says(large.at, " 400 ", "parameters without end");
	text_clear(&large);
	text_printf(&large,
		"POST /q HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %u\r\n\r\n",
		HTTPD_BODY_BYTES + 1);
	for (unsigned i = 0; i <= HTTPD_BODY_BYTES; i++) {
		text_put_char(&large, 'x');
	}
	says(large.at, " 413 ", "a body without end");
	text_deinit(&large);
}

/* Connections that never finish a request leave room for those that do, and are ended. */
static void test_slow(void)
{
	int slow[FLOOD];
	char byte;

	for (unsigned i = 0; i < FLOOD; i++) {
		slow[i] = dial();
		send(slow[i], "GET /q HTTP", 11, MSG_NOSIGNAL);
	}
	says("GET /q" END, " 200 ", "a hundred slow clients blind nobody");
	struct pollfd ready = { .fd = slow[0], .events = POLLIN };
	ok(poll(&ready, 1, (HTTPD_REQUEST_S + 3) * 1000) > 0 &&
			recv(slow[0], &byte, 1, MSG_DONTWAIT) <= 0,
		"and are not waited for without end");
	for (unsigned i = 0; i < FLOOD; i++) {
		close(slow[i]);
	}
}

static unsigned count_open(const int *fds, unsigned count)
{
	unsigned open = 0;
	char byte;

	for (unsigned i = 0; i < count; i++) {
		open += recv(fds[i], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
	}
	return open;
}

/* More of them than there is room for: the first ones give way, before their time is up. */
static void test_crowd(void)
{
	enum { CROWD = HTTPD_CONNECTIONS_MAX + FLOOD };
	struct rlimit files;
	int slow[CROWD];

	getrlimit(RLIMIT_NOFILE, &files); /* both ends are ours */
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	for (unsigned i = 0; i < CROWD; i++) {
		slow[i] = dial();
		send(slow[i], "GET /q HTTP", 11, MSG_NOSIGNAL);
	}
	says("GET /q" END, " 200 ", "a crowd of slow clients blinds nobody");
	unsigned open = count_open(slow, CROWD);
	ok(open > HTTPD_CROWD / 2 && open <= HTTPD_CROWD, "most of them are waited for: %u", open);
	ok(count_open(slow + CROWD - FLOOD, FLOOD) == FLOOD, "… those that came last");
	for (unsigned i = 0; i < CROWD; i++) {
		close(slow[i]);
	}
}

/* A handler that waits until somebody else was answered. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t open;
	bool is_open;
};

static void wait_at_gate(
	void *context, const struct http_request *request, struct http_response *response)
{
	struct gate *gate = context;

	(void)request;
	pthread_mutex_lock(&gate->lock);
	while (!gate->is_open) {
		pthread_cond_wait(&gate->open, &gate->lock);
	}
	pthread_mutex_unlock(&gate->lock);
	text_put(&response->body, "through");
}

static void open_gate(
	void *context, const struct http_request *request, struct http_response *response)
{
	struct gate *gate = context;

	(void)request;
	pthread_mutex_lock(&gate->lock);
	gate->is_open = true;
	pthread_cond_broadcast(&gate->open);
	pthread_mutex_unlock(&gate->lock);
	text_put(&response->body, "opened");
}

/* With workers a slow answer keeps nobody waiting: here it comes only after another one. */
static void test_workers(void)
{
	struct gate gate = { .is_open = false };
	struct counter counter = { 0, 0 };
	const struct route routes[] = { { "GET", "/wait", wait_at_gate, &gate },
		{ "GET", "/open", open_gate, &gate }, { "GET", "/q", say_parameter, NULL },
		{ "POST", "/q", say_parameter, NULL }, { "GET", "/stream", stream, &counter },
		{ 0 } };
	const struct router router = { .routes = routes };
	struct httpd *httpd = NULL;
	struct err err;

	pthread_mutex_init(&gate.lock, NULL);
	pthread_cond_init(&gate.open, NULL);
	if (httpd_open(&httpd, "0", 2, &router, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	port = (unsigned short)atoi(strrchr(httpd_address(httpd), ':') + 1);
	int slow = dial();
	send(slow, "GET /wait" END, strlen("GET /wait" END), MSG_NOSIGNAL);
	usleep(100000);
	says("GET /open" END, "opened", "workers: a slow answer keeps nobody waiting");
	ok(strstr(hear(slow), "through") != NULL, "… and comes when it is there");
	close(slow);
	says("POST /q HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
		"body=5", "workers: a body");
	ok(strstr(ask("GET /stream" END), "data: 6") != NULL, "workers: a stream");
	int leaving = dial();
	send(leaving, "GET /wait" END, strlen("GET /wait" END), MSG_NOSIGNAL);
	close(leaving);
	httpd_close(httpd);
	ok(true, "workers: the server ends while somebody leaves");
}

int main(void)
{
	struct counter counter = { 0, 0 };
	const struct route routes[] = { { "GET", "/q", say_parameter, NULL },
		{ "POST", "/q", say_parameter, NULL }, { "GET", "/stream", stream, &counter },
		{ 0 } };
	const struct router router = { .routes = routes };
	struct httpd *httpd = NULL;
	struct err err;

	ok(httpd_check_listen("nowhere:x", &err) < 0, "what cannot be listened at: %s", err.text);
	if (httpd_open(&httpd, "0", 0, &router, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	port = (unsigned short)atoi(strrchr(httpd_address(httpd), ':') + 1);
	test_requests();
	const char *said = ask("GET /stream" END);
	ok(strstr(said, "data: 2") && strstr(said, "data: 4") && strstr(said, "data: 6"),
		"a stream goes on after it had nothing to say");
	is_int(counter.closed, 1, "… and is closed once");
	test_slow();
	test_crowd();
	counter.sent = 0;
	int listener = dial();
	send(listener, "GET /stream" END, strlen("GET /stream" END), MSG_NOSIGNAL);
	usleep(100000);
	httpd_close(httpd);
	is_int(counter.closed, 2, "the server ends while a stream is open");
	close(listener);
	test_workers();
	return done_testing();
}
