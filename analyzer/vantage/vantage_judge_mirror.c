/* Findings about the way frames come to the sensor: mirror, tap, snaplen, offloads, loss. */
#include <stdio.h>

#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "analyzer/vantage/vantage_judge.h"
#include "base/clock.h"
#include "base/local_time.h"

enum {
	FLOWS_LEAST = 20,
	OWN_FLOWS_LEAST = 50,
	ONE_WAY_PERCENT = 20, /* of answered TCP; of a healthy mirror it is next to none */
	UNIT_ONE_WAY_PERCENT = 50,
	HEARSAY_PERCENT = 2,
	DOUBLED_PERCENT = 5,
	DOUBLED_LEAST = 50,
	LATE_PERCENT = 25, /* where half of the frames came a second time */
	CUT_HELLOS_PERCENT = 10,
	CUT_HELLOS_LEAST = 5,
	MERGED_LEAST = 10,
	PER_MILLE = 1000,
	MISSED_LEAST = 50000, /* bytes */
	MISSED_PER_MILLE = 5
};

/* The sensor's unit rows as one. */
static struct vantage_unit all_units(const struct vantage *vantage)
{
	struct vantage_unit all = { .flows = 0 };

	for (unsigned i = 0; i < vantage->unit_count; i++) {
		all.flows += vantage->units[i].flows;
		all.out_only += vantage->units[i].out_only;
		all.in_only += vantage->units[i].in_only;
	}
	return all;
}

static bool is_one_way(const struct vantage_unit *unit, unsigned percent)
{
	return is_share(unit->out_only + unit->in_only, unit->flows, percent, FLOWS_LEAST);
}

static void put_ways(struct vantage_finding *finding, const struct vantage_unit *unit)
{
	figure_share(finding, "share", unit->out_only + unit->in_only, unit->flows);
	figure_number(finding, "flows", unit->flows);
	figure_number(finding, "out", unit->out_only);
	figure_number(finding, "in", unit->in_only);
}

/* Where only some units are seen one way, they are named; where most of all is, the mirror is. */
static void judge_ways(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;
	struct vantage_unit all = all_units(vantage);
	unsigned blind = 0, seen = 0;

	for (unsigned i = 1; i < vantage->unit_count; i++) {
		const struct vantage_unit *unit = &vantage->units[i];
		blind += is_one_way(unit, UNIT_ONE_WAY_PERCENT);
		seen += unit->flows >= FLOWS_LEAST && !is_one_way(unit, UNIT_ONE_WAY_PERCENT);
	}
	if (blind == 0 || seen == 0) {
		if (is_one_way(&all, ONE_WAY_PERCENT)) {
			put_ways(vantage_add(it->findings, VANTAGE_ONE_WAY), &all);
		}
		return;
	}
	for (unsigned i = 1; i < vantage->unit_count; i++) {
		if (is_one_way(&vantage->units[i], UNIT_ONE_WAY_PERCENT)) {
			struct vantage_finding *finding =
				vantage_add(it->findings, VANTAGE_ONE_WAY_UNIT);
			figure_text(finding, "unit", symbol_name(SYMBOL_UNIT, (uint16_t)i));
			put_ways(finding, &vantage->units[i]);
		}
	}
}

static void judge_nothing(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;

	if (vantage->flows == 0) {
		figure_number(vantage_add(it->findings, VANTAGE_NOTHING), "frames",
			it->context->counters.frames);
	} else if (is_share(vantage->external, vantage->flows, 90, OWN_FLOWS_LEAST)) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_OWN_NONE);
		figure_share(finding, "share", vantage->external, vantage->flows);
		figure_number(finding, "flows", vantage->flows);
	}
}

/* The way it looks where a router that mirrors, or a branch, has an address that nobody declared.
 */
static void judge_tunnels(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;
	uint64_t own = vantage->flows - vantage->external;

	if (is_share(vantage->hearsay, own, HEARSAY_PERCENT, FLOWS_LEAST)) {
		struct vantage_finding *finding =
			vantage_add(it->findings, VANTAGE_TUNNELS_OUTSIDE);
		figure_share(finding, "share", vantage->hearsay, own);
		figure_number(finding, "flows", vantage->hearsay);
	}
}

static void put_vlan(struct vantage_finding *finding, const char *name, uint16_t vlan_id)
{
	char number[8];

	if (vlan_id == 0) {
		figure_word(finding, name, "doctor_vlan_none");
		return;
	}
	snprintf(number, sizeof(number), "%u", vlan_id);
	figure_text(finding, name, number);
}

static void judge_doubled(const struct vantage_case *it)
{
	const struct vantage_counters *counters = &it->context->counters;
	uint64_t doubled = counters->duplicates - counters->routed;

	if (is_share(doubled, counters->frames, DOUBLED_PERCENT, DOUBLED_LEAST)) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_DOUBLED);
		figure_share(finding, "share", doubled, counters->frames);
		figure_number(finding, "frames", doubled);
	}
	if (is_share(counters->late, counters->late_asked, LATE_PERCENT, DOUBLED_LEAST)) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_DOUBLED_LATE);
		figure_share(finding, "share", counters->late, counters->late_asked);
		figure_number(finding, "ms", (counters->late_ns + NS_PER_MS / 2) / NS_PER_MS);
	}
	if (is_share(counters->routed, counters->frames, DOUBLED_PERCENT, DOUBLED_LEAST)) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_ROUTED);
		figure_share(finding, "share", counters->routed, counters->frames);
		figure_number(finding, "frames", counters->routed);
		put_vlan(finding, "one", counters->routed_vlans[0]);
		put_vlan(finding, "other", counters->routed_vlans[1]);
	}
}

static void judge_translated(const struct vantage_case *it)
{
	const struct translated *translated = &it->vantage->translated;
	const struct translated_address *address = translated_most(translated);
	char text[ADDR_TEXT_MAX];

	if (address) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_TRANSLATED);
		addr_format(&address->addr, text);
		figure_text(finding, "address", text);
		figure_number(finding, "pairs", address->pairs);
		figure_number(finding, "flows", address->flows);
		put_vlan(finding, "one", address->vlan_ids[0]);
		put_vlan(finding, "other", address->vlan_ids[1]);
	}
	if (translated_is_retagged(translated)) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_RETAGGED);
		figure_number(finding, "pairs", translated->retagged);
		put_vlan(finding, "one", translated->retagged_vlans[0]);
		put_vlan(finding, "other", translated->retagged_vlans[1]);
	}
}

static void judge_multicast(const struct vantage_case *it)
{
	const struct multicast *multicast = &it->vantage->multicast;

	if (multicast_is_copied(multicast)) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_MULTICAST);
		figure_number(finding, "flows", multicast->copies);
		figure_size(finding, "bytes", multicast->bytes);
		put_vlan(finding, "one", multicast->vlan_ids[0]);
		put_vlan(finding, "other", multicast->vlan_ids[1]);
	}
}

/* A short snaplen is no fault while hellos are whole; and no more hellos are cut than frames. */
static void judge_snaplen(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;
	const struct vantage_counters *counters = &it->context->counters;

	uint64_t cut = vantage->hellos_missing < counters->cut_frames ? vantage->hellos_missing
								      : counters->cut_frames;

	if (is_share(cut, vantage->web, CUT_HELLOS_PERCENT, CUT_HELLOS_LEAST)) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_SNAPLEN);
		figure_number(finding, "hellos", cut);
		figure_number(finding, "flows", vantage->web);
		figure_share(finding, "share", counters->cut_frames, counters->frames);
	}
}

static void judge_merged(const struct vantage_case *it)
{
	const struct vantage_counters *counters = &it->context->counters;

	if (counters->segments_merged >= MERGED_LEAST &&
		counters->segments_merged * PER_MILLE >= counters->segments) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_MERGED);
		figure_number(finding, "segments", counters->segments_merged);
		figure_share(finding, "share", counters->segments_merged, counters->segments);
		figure_number(finding, "largest", counters->segment_most);
	}
}

/* "2026-03-17 09:03 (12 %)" for each of the worst minutes. */
static void judge_bursts(const struct vantage_case *it)
{
	const struct local_zone *zone = policy_header(it->context->reference->policy)->zone;
	struct drops_minute bursts[DROPS_MINUTES];
	unsigned count = vantage_drops_bursts(&it->vantage->drops, bursts);
	struct vantage_finding *finding =
		count > 0 ? vantage_add(it->findings, VANTAGE_DROPS_BURST) : NULL;
	char time[LOCAL_TEXT_LENGTH + 1], text[64];
	uint64_t drops = 0;

	for (unsigned i = 0; i < count; i++) {
		local_format(zone, bursts[i].start_ns, time);
		snprintf(text, sizeof(text), "%.10s %.5s (%u %%)", time, time + 11,
			(unsigned)(bursts[i].drops * 100 / bursts[i].frames));
		figure_list_add(finding, "minutes", text);
		drops += bursts[i].drops;
	}
	if (finding) {
		figure_number(finding, "frames", drops);
	}
}

static void judge_loss(const struct vantage_case *it)
{
	const struct vantage_counters *counters = &it->context->counters;
	uint64_t frames = counters->frames + counters->kernel_drops;

	if (counters->kernel_drops * PER_MILLE > frames) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_DROPS);
		figure_share(finding, "share", counters->kernel_drops, frames);
		figure_number(finding, "frames", counters->kernel_drops);
	}
	judge_bursts(it);
	if (counters->bytes_missed >= MISSED_LEAST &&
		counters->bytes_missed * PER_MILLE >= counters->bytes * MISSED_PER_MILLE) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_LOSS);
		figure_share(finding, "share", counters->bytes_missed,
			counters->bytes_missed + counters->bytes);
		figure_size(finding, "bytes", counters->bytes_missed);
	}
	if (counters->evicted > 0) {
		figure_number(
			vantage_add(it->findings, VANTAGE_EVICTED), "flows", counters->evicted);
	}
}

void vantage_judge_mirror(const struct vantage_case *it)
{
	judge_nothing(it);
	judge_ways(it);
	judge_tunnels(it);
	judge_translated(it);
	judge_multicast(it);
	if (it->context->has_counters) {
		judge_doubled(it);
		judge_snaplen(it);
		judge_merged(it);
		judge_loss(it);
	}
}
