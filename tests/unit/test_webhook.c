/* What the counters of an output far away say, against what its receiver was sent. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/alert/alert_outputs.h"
#include "tests/tap.h"

/* A receiver that answers with these codes, one a request; 0 ends it. */
struct receiver {
	int listener;
	const unsigned *codes;
	atomic_uint requests;
	char target[64];
	pthread_t thread;
};

static void answer(int client, unsigned code)
{
	char request[65536], reply[96];
	size_t length = 0;
	ssize_t got;

	/* Until the body is there: posts of this test are shorter than what one packet holds. */
	while ((got = recv(client, request + length, sizeof(request) - 1 - length, 0)) > 0) {
		length += (size_t)got;
		request[length] = '\0';
		if (strstr(request, "\r\n\r\n{}")) {
			break;
		}
	}
	snprintf(reply, sizeof(reply),
		"HTTP/1.1 %u Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", code);
	got = send(client, reply, strlen(reply), MSG_NOSIGNAL);
	close(client);
}

static void *receive(void *argument)
{
	struct receiver *receiver = argument;

	for (const unsigned *code = receiver->codes; *code; code++) {
		int client = accept(receiver->listener, NULL, NULL);
		if (client >= 0) {
			answer(client, *code);
			receiver->requests++;
		}
	}
	return NULL;
}

static bool start(struct receiver *receiver, const unsigned *codes)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t length = sizeof(address);

	*receiver =
		(struct receiver){ .listener = socket(AF_INET, SOCK_STREAM, 0), .codes = codes };
	if (bind(receiver->listener, (struct sockaddr *)&address, length) < 0 ||
		listen(receiver->listener, 8) < 0 ||
		getsockname(receiver->listener, (struct sockaddr *)&address, &length) < 0) {
		return false;
	}
	snprintf(receiver->target, sizeof(receiver->target), "webhook+http://127.0.0.1:%u/",
		ntohs(address.sin_port));
	return pthread_create(&receiver->thread, NULL, receive, receiver) == 0;
}

static void stop(struct receiver *receiver)
{
	pthread_join(receiver->thread, NULL);
	close(receiver->listener);
}

/* Gives the output so many alerts, and waits until all codes were answered and it is idle. */
static struct output_state send_alerts(
	const unsigned *codes, unsigned alerts, unsigned requests, const char *what)
{
	const struct alert_post post = { .id = "a1",
		.kind = "policy.violation",
		.severity = "high",
		.state = "new",
		.notice = "new",
		.sentence = "",
		.said = "",
		.json = "{}",
		.json_length = 2,
		.digest = "00",
		.policy_hash = "",
		.suppression = "",
		.app = "",
		.unit = "",
		.rule = "",
		.observer = "",
		.organization = "",
		.page = "" };
	struct output_state state = { .name = "" };
	struct alert_output *output;
	struct receiver receiver;
	struct err err = { "" };

	if (!ok(start(&receiver, codes), "%s: a receiver listens", what)) {
		return state;
	}
	const struct alert_output_options options = { .target = receiver.target };
	if (!ok(alert_output_sender.open(&output, &options, &err) == 0, "%s: it opens %s", what,
		    err.text)) {
		return state;
	}
	for (unsigned i = 0; i < alerts; i++) {
		alert_output_sender.write(output, &post, &err);
	}
	stop(&receiver); /* once it has answered all */
	alert_output_sender.finish(output, true);
	alert_output_sender.read_state(output, &state);
	is_int((int)receiver.requests, (int)requests, "%s: so many requests came", what);
	alert_output_sender.close(output, NULL);
	return state;
}

static void test_taken(void)
{
	static const unsigned codes[] = { 200, 200, 0 };
	struct output_state state = send_alerts(codes, 2, 2, "taken");

	ok(!state.is_failing && state.failures == 0 && state.retries == 0 && state.lost == 0,
		"nothing is counted");
}

static void test_outage(void)
{
	static const unsigned codes[] = { 503, 503, 200, 200, 0 };
	struct output_state state = send_alerts(codes, 2, 4, "an outage");

	ok(!state.is_failing, "it works again");
	is_int((int)state.failures, 1, "it broke once");
	is_int((int)state.retries, 2, "and was tried again twice");
	is_int((int)state.lost, 0, "nothing is lost");
}

/* An answer is one, whatever it says: who will not have this alert is up. */
static void test_refusal_after_outage(void)
{
	static const unsigned codes[] = { 503, 400, 400, 0 };
	struct output_state state = send_alerts(codes, 2, 3, "refused after an outage");

	ok(!state.is_failing, "it works again, though it refuses");
	is_int((int)state.failures, 1, "it broke once");
	is_int((int)state.retries, 1, "and was tried again once");
	is_int((int)state.lost, 2, "what it refuses is lost");
	is_int(state.status, -EBADMSG, "which is the last that is said");
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_taken();
	test_outage();
	test_refusal_after_outage();
	return done_testing();
}
