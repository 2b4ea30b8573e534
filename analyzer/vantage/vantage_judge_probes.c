/* Findings about probes: what became of each, and of which nothing can be said. */
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "analyzer/vantage/vantage_judge.h"
#include "base/local_time.h"

/* A few are all said one by one; of many the latest of each segment, name, transport and outcome,
 * and of how many more there were. */
enum { PROBES_FEW = 16, PROBES_SAID = 128 };

/* Did a probe from there, of the same time, show that the sensor sees one way alone? Then silence
 * is none. */
static bool is_seen_one_way(const struct probes *probes, const struct probe_seen *probe)
{
	for (unsigned i = 0; i < probes_kept(probes); i++) {
		const struct probe_seen *other = &probes->items[i];
		if (other->is_one_way && other->segment == probe->segment &&
			probe_is_timely(other->time_s, probe->time_s)) {
			return true;
		}
	}
	return false;
}

/* Nothing else came back than that it goes no further. */
static bool is_refused(const struct probe_seen *probe)
{
	return probe->refusal != L7_REFUSAL_NONE &&
	       (probe->outcome == BLOCK_NONE || probe->outcome == BLOCK_DROPPED ||
		       probe->outcome == BLOCK_DROPPED_AFTER_HELLO);
}

/* Of a hello that was not answered by TLS: the message for what came instead; NULL nothing. */
static const char *came_back(const struct probe_seen *probe)
{
	return probe->was_told     ? "probe_other"
	       : probe->was_reset  ? "probe_reset"
	       : probe->was_closed ? "probe_closed"
				   : NULL;
}

/* The message for what became of it: of a hello that went no further, whether somebody said so. */
static void put_outcome(char key[64], const struct probe_seen *probe, bool is_one_way)
{
	static const char *const refusals[] = { [L7_REFUSAL_PROHIBITED] = "probe_prohibited",
		[L7_REFUSAL_PORT] = "probe_port",
		[L7_REFUSAL_NO_WAY] = "probe_no_way" };

	if (is_refused(probe)) {
		snprintf(key, 64, "%s", refusals[probe->refusal]);
	} else if (probe->is_late) {
		snprintf(key, 64, "probe_late");
	} else if (is_one_way) {
		snprintf(key, 64, "probe_one_way");
	} else if (probe->outcome == BLOCK_DROPPED_AFTER_HELLO && came_back(probe)) {
		snprintf(key, 64, "%s", came_back(probe));
	} else {
		snprintf(key, 64, "block_%s", block_outcome_name(probe->outcome));
	}
}

static void judge_markers(const struct vantage_case *it)
{
	const struct probes *probes = &it->vantage->probes;

	if (probes->refused > 0) {
		figure_number(
			vantage_add(it->findings, VANTAGE_PROBE_COPIED), "count", probes->refused);
	}
	if (probes->untimely > 0) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_PROBE_CLOCK);
		figure_number(finding, "count", probes->untimely);
		figure_span(finding, "apart", (uint64_t)llabs(probes->apart_s));
		figure_word(finding, "way", probes->apart_s > 0 ? "probe_ahead" : "probe_behind");
	}
}

static const char *place_name(uint16_t unit, uint16_t network, const char *none)
{
	return unit      ? symbol_name(SYMBOL_UNIT, unit)
	       : network ? symbol_name(SYMBOL_NETWORK, network)
			 : none;
}

static const char *segment_name(const struct probe_seen *probe)
{
	return place_name(probe->unit, probe->network, "?");
}

/* It names a segment of the policy, and came from elsewhere: what became of it says nothing of that
 * segment. */
static bool is_moved(const struct probe_seen *probe)
{
	return (probe->unit != 0 || probe->network != 0) && !probe->is_in_place;
}

static void judge_moved(const struct vantage_case *it)
{
	const struct probes *probes = &it->vantage->probes;
	struct vantage_finding *finding = NULL;
	uint64_t count = 0;
	char text[320];

	for (unsigned i = 0; i < probes_kept(probes); i++) {
		const struct probe_seen *probe = &probes->items[i];
		if (!is_moved(probe)) {
			continue;
		}
		finding = finding ? finding : vantage_add(it->findings, VANTAGE_PROBE_MOVED);
		snprintf(text, sizeof(text), "%s (%s)", segment_name(probe),
			place_name(probe->from_unit, probe->from_network, "\xe2\x80\x93"));
		figure_list_add_once(finding, "segments", text);
		count++;
	}
	if (finding) {
		figure_number(finding, "count", count);
	}
}

static void tell_outcome(const struct vantage_case *it, const struct probe_seen *probe)
{
	const struct probes *probes = &it->vantage->probes;
	const struct local_zone *zone = policy_header(it->context->reference->policy)->zone;
	bool may_be_silence = probe->outcome == BLOCK_NONE || probe->outcome == BLOCK_DROPPED;
	struct vantage_finding *finding = vantage_add(
		it->findings, is_refused(probe) ? VANTAGE_PROBE_REFUSED : VANTAGE_PROBE);
	char key[64], time[LOCAL_TEXT_LENGTH + 1];

	put_outcome(key, probe, may_be_silence && is_seen_one_way(probes, probe));
	local_format(zone, probe->start_ns, time);
	figure_text(finding, "segment", segment_name(probe));
	figure_text(finding, "time", time);
	figure_text(finding, "name", probe->name[0] ? probe->name : "–");
	figure_text(finding, "transport", probe->transport == PROBE_QUIC ? "QUIC" : "TLS");
	figure_word(finding, "outcome", key);
	if (is_refused(probe)) {
		figure_text(finding, "told_by", probe->refused_by);
	}
}

static bool says_the_same(const struct probe_seen *one, const struct probe_seen *other)
{
	return one->segment == other->segment && one->transport == other->transport &&
	       one->outcome == other->outcome && one->refusal == other->refusal &&
	       one->is_one_way == other->is_one_way && one->is_late == other->is_late &&
	       strcmp(one->name, other->name) == 0;
}

/* The latest first: those that are to be said. */
static unsigned choose(const struct probes *probes, const struct probe_seen *chosen[PROBES_SAID],
	unsigned *in_place)
{
	unsigned kept = probes_kept(probes), count = 0;

	*in_place = 0;
	for (unsigned back = 1; back <= kept; back++) {
		*in_place += !is_moved(&probes->items[(probes->count - back) % PROBES_MAX]);
	}
	for (unsigned back = 1; back <= kept && count < PROBES_SAID; back++) {
		const struct probe_seen *probe =
			&probes->items[(probes->count - back) % PROBES_MAX];
		unsigned i = 0;
		while (*in_place > PROBES_FEW && i < count && !says_the_same(chosen[i], probe)) {
			i++;
		}
		if (!is_moved(probe) && (*in_place <= PROBES_FEW || i == count)) {
			chosen[count++] = probe;
		}
	}
	return count;
}

static void judge_outcomes(const struct vantage_case *it)
{
	const struct probes *probes = &it->vantage->probes;
	const struct probe_seen *chosen[PROBES_SAID];
	unsigned all, count = choose(probes, chosen, &all);
	uint64_t earlier = probes->count - probes_kept(probes);

	for (unsigned i = count; i-- > 0;) {
		tell_outcome(it, chosen[i]);
	}
	if (all > count || earlier > 0) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_PROBE_MORE);
		figure_number(finding, "count", all - count + earlier);
		figure_number(finding, "told", count);
	}
}

void vantage_judge_probes(const struct vantage_case *it)
{
	judge_outcomes(it);
	judge_moved(it);
	judge_markers(it);
}
