#include "tests/traffic/http_session.h"

#include <stdio.h>
#include <stdlib.h>

void http_get(struct tcp_session *tcp, const char *host, const char *path, size_t count)
{
	char head[512];
	int length = snprintf(head, sizeof(head),
		"GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: traffic\r\nAccept: */*\r\n\r\n", path,
		host);

	tcp->conversation.carries_name = true;
	tcp_send(tcp, TCP_CLIENT, head, (size_t)length);
	tcp->conversation.carries_name = false;

	char *answer = calloc(1, count + sizeof(head));
	if (!answer) {
		abort();
	}
	length = snprintf(answer, sizeof(head),
		"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: "
		"%zu\r\n\r\n",
		count);
	tcp->conversation.is_bulk = true;
	tcp_send(tcp, TCP_SERVER, answer, (size_t)length + count);
	tcp->conversation.is_bulk = false;
	free(answer);
}
