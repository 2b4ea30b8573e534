#include "collector/flow.h"

const char *flow_end_name(enum flow_end end)
{
	static const char *const names[] = {
#define X(id, name) [FLOW_END_##id] = name,
		FLOW_ENDS(X)
#undef X
	};
	return (unsigned)end < FLOW_END_COUNT ? names[end] : "unknown";
}

const char *tcp_state_name(enum tcp_state state)
{
	static const char *const names[] = {
#define X(id, name) [TCP_STATE_##id] = name,
		TCP_STATES(X)
#undef X
	};
	return (unsigned)state < TCP_STATE_COUNT ? names[state] : "unknown";
}
