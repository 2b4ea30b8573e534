#include "analyzer/output/output_state.h"

void output_failed(struct output_state *state, int status, const struct err *err, uint64_t now_ns)
{
	if (state->is_failing) {
		state->retries++;
		state->wait_ns = state->wait_ns ? 2 * state->wait_ns : OUTPUT_WAIT_MIN_NS;
	} else {
		state->is_failing = true;
		state->failures++;
		state->failed_ns = now_ns;
		state->wait_ns = OUTPUT_WAIT_MIN_NS;
	}
	if (state->wait_ns > OUTPUT_WAIT_MAX_NS) {
		state->wait_ns = OUTPUT_WAIT_MAX_NS;
	}
	state->tried_ns = now_ns;
	state->status = status;
	state->reason = *err;
}

void output_succeeded(struct output_state *state)
{
	state->retries += state->is_failing;
	state->is_failing = false;
}

bool output_is_due(const struct output_state *state, uint64_t now_ns)
{
	return !state->is_failing || now_ns < state->tried_ns ||
	       now_ns - state->tried_ns >= state->wait_ns;
}
