#include "analyzer/classify/dissect/probe_hello.h"

#include "base/clock.h"

void probe_hello_note(struct dissection *dissection, const struct client_hello *hello,
	enum probe_transport transport)
{
	const struct probe_key *key = dissection->tables->probe;
	struct probe_hello probe = { .transport = (uint8_t)transport,
		.name = hello->server_name,
		.name_length = hello->server_name ? hello->server_name_length : 0 };

	if (key && hello->random && hello->is_whole &&
		probe_marker_check(key, hello->random, dissection->time_ns / NS_PER_S, &probe)) {
		dissection->l7->probe_time_s = probe.time_s;
		dissection->l7->probe_segment = probe.segment;
		dissection->l7->probe_number = probe.number;
	}
}
