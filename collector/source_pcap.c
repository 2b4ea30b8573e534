/* libpcap: live interfaces, and filter expressions over any source. The only file that includes
 * pcap.h. */
#include "collector/source_ops.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "collector/fanout.h"
#include "collector/pcap_format.h"

enum {
	BUFFER_BYTES = 64 << 20,
	SNAPLEN_MAX = 262144,
	/* How old a frame may be before the kernel hands over the block that it is in. */
	BLOCK_MS = SOURCE_WAIT_MS,
	JOINED_BLOCK_MS = SOURCE_HELD_MS / 2,
	ARENA_BYTES = 4 << 20
};

#define LOOK_EVERY_NS (SOURCE_WAIT_MS * NS_PER_MS) /* for an interface that is gone */

/* A link type that libpcap knows by another number than files do: pcap_t over a capture of no
 * packets, so that libpcap does its own translation. The file must stay open while the handle is in
 * use. */
static pcap_t *open_empty(uint16_t link_type)
{
	struct pcap_file_header header = { .magic = 0xa1b23c4d,
		.version_major = PCAP_VERSION_MAJOR,
		.version_minor = PCAP_VERSION_MINOR,
		.snaplen = SNAPLEN_MAX,
		.linktype = link_type };
	char reason[PCAP_ERRBUF_SIZE];
	FILE *file = tmpfile();
	pcap_t *pcap = NULL;

	if (!file) {
		return NULL;
	}
	if (fwrite(&header, sizeof(header), 1, file) == 1 && fseek(file, 0, SEEK_SET) == 0) {
		pcap = pcap_fopen_offline(file, reason);
	}
	if (!pcap) {
		fclose(file);
	}
	return pcap;
}

struct link_program {
	bool made, usable;
	uint16_t link_type;
	struct bpf_program program;
};

struct packet_filter {
	char *expression;
	unsigned link_count;
	struct link_program links[PACKET_FILTER_LINKS];
};

static bool compile(
	struct link_program *link, uint16_t link_type, const char *expression, struct err *err)
{
	pcap_t *pcap = open_empty(link_type);

	*link = (struct link_program){ .made = true, .link_type = link_type };
	if (!pcap) {
		return false;
	}
	link->usable = pcap_compile(pcap, &link->program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!link->usable) {
		err_set(err, EINVAL, "filter \"%s\": %s (expected an expression as tcpdump has it)",
			expression, pcap_geterr(pcap));
	}
	pcap_close(pcap);
	return link->usable;
}

int packet_filter_create(struct packet_filter **filter, const char *expression, struct err *err)
{
	static const uint16_t usual_links[] = { 1, 101, 105 }; /* Ethernet, raw IP, 802.11 */
	struct link_program link;

	*filter = NULL;
	for (unsigned i = 0; i < sizeof(usual_links) / sizeof(usual_links[0]); i++) {
		struct err reason;
		if (compile(&link, usual_links[i], expression, i == 0 ? err : &reason)) {
			pcap_freecode(&link.program);
			break;
		}
	}
	if (!link.usable) {
		return -EINVAL;
	}
	struct packet_filter *made = calloc(1, sizeof(*made));
	if (made) {
		made->expression = strdup(expression);
	}
	if (!made || !made->expression) {
		free(made);
		return err_set(err, ENOMEM, "out of memory for the filter");
	}
	*filter = made;
	return 0;
}

void packet_filter_destroy(struct packet_filter *filter)
{
	if (!filter) {
		return;
	}
	for (unsigned i = 0; i < filter->link_count; i++) {
		if (filter->links[i].usable) {
			pcap_freecode(&filter->links[i].program);
		}
	}
	free(filter->expression);
	free(filter);
}

static struct link_program *program_for(struct packet_filter *filter, uint16_t link_type)
{
	struct err reason;

	for (unsigned i = 0; i < filter->link_count; i++) {
		if (filter->links[i].link_type == link_type) {
			return &filter->links[i];
		}
	}
	if (filter->link_count == PACKET_FILTER_LINKS) {
		return NULL;
	}
	struct link_program *link = &filter->links[filter->link_count++];
	compile(link, link_type, filter->expression, &reason);
	return link;
}

void packet_filter_batch(struct packet_filter *filter, struct frame_batch *batch)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < batch->count; i++) {
		const struct frame *frame = &batch->frames[i];
		struct link_program *link = program_for(filter, frame->link_type);
		struct pcap_pkthdr header = { .caplen = frame->captured_bytes,
			.len = frame->wire_bytes };
		if (link && link->usable &&
			pcap_offline_filter(&link->program, &header, frame->bytes)) {
			batch->places[kept] = batch->places[i];
			batch->frames[kept++] = *frame;
		}
	}
	batch->count = kept;
}

/* A live interface. What libpcap hands over lies in the kernel's ring and is only good inside its
 * callback, so packets are copied into the arena, which holds one batch. */
struct live {
	struct source base;
	pcap_t *pcap;
	int fd;
	uint16_t link_type;
	uint32_t snaplen;
	uint8_t *arena;
	size_t arena_used;
	struct frame_batch *batch; /* being filled */
	uint64_t bytes;            /* as they were on the wire */
	uint64_t kernel_drops;
	uint32_t drops_seen; /* libpcap's counter wraps at 32 bits */
	char *interface;
	unsigned index;                /* of the interface */
	bool promiscuous, shares_ring; /* shares: one of a group */
	bool is_gone;                  /* the interface; its return is looked for */
	uint64_t looked_ns;            /* then, monotonic */
};

static void take_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct live *live = (struct live *)(void *)user;
	uint32_t captured = header->caplen < live->snaplen ? header->caplen : live->snaplen;
	uint8_t *copy = live->arena + live->arena_used;

	memcpy(copy, bytes, captured);
	live->arena_used += captured;
	live->bytes += header->len;
	live->batch->frames[live->batch->count++] = (struct frame){
		.bytes = copy,
		.time_ns = (uint64_t)header->ts.tv_sec * UINT64_C(1000000000) +
			   (uint64_t)header->ts.tv_usec,
		.captured_bytes = captured,
		.wire_bytes = header->len > captured ? header->len : captured,
		.link_type = live->link_type,
	};
	if (live->batch->count == PACKET_BATCH_MAX ||
		ARENA_BYTES - live->arena_used < live->snaplen) {
		pcap_breakloop(live->pcap);
	}
}

static void count_drops(struct live *live)
{
	struct pcap_stat stat;

	if (pcap_stats(live->pcap, &stat) == 0) {
		live->kernel_drops += (uint32_t)(stat.ps_drop - live->drops_seen);
		live->drops_seen = stat.ps_drop;
	}
}

/* An interface that was removed comes back as another one of the same name. Binding the socket we
 * have to it needs no privilege, unlike a new socket; the kernel refuses it to one of a group. */
static bool bind_again(struct live *live)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(live->interface) };
	struct packet_mreq promiscuous = { .mr_ifindex = address.sll_ifindex,
		.mr_type = PACKET_MR_PROMISC };

	if (address.sll_ifindex == 0 ||
		bind(live->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		return false;
	}
	live->index = (unsigned)address.sll_ifindex;
	if (live->promiscuous) {
		setsockopt(live->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
			sizeof(promiscuous));
	}
	return true;
}

static void look_for_interface(struct live *live)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (now_ns - live->looked_ns >= LOOK_EVERY_NS) {
		live->looked_ns = now_ns;
		live->is_gone = !bind_again(live);
	}
}

static int live_take(struct source *source, struct frame_batch *batch, struct err *err)
{
	struct live *live = (struct live *)source;

	live->batch = batch;
	live->arena_used = 0;
	if (live->is_gone) {
		look_for_interface(live);
		return 0;
	}
	int count = pcap_dispatch(live->pcap, PACKET_BATCH_MAX, take_packet, (u_char *)live);
	if (count != PCAP_ERROR || batch->count > 0) {
		return 0;
	}
	live->is_gone = !live->shares_ring && if_nametoindex(live->interface) != live->index;
	return live->is_gone ? 0
			     : err_set(err, ENETDOWN, "cannot capture any more: %s",
				       pcap_geterr(live->pcap));
}

static int live_wait_at(const struct source *source)
{
	const struct live *live = (const struct live *)source;

	return live->is_gone ? -1 : live->fd;
}

/* libpcap's own waiting can hang on an idle ring; poll() with a limit cannot. */
static int live_next(struct source *source, struct frame_batch *batch, struct err *err)
{
	int status = live_take(source, batch, err);

	if (status == 0 && batch->count == 0) {
		struct pollfd ready = { .fd = live_wait_at(source), .events = POLLIN };
		poll(&ready, 1, source->is_hurried ? SOURCE_HURRIED_MS : SOURCE_WAIT_MS);
		status = live_take(source, batch, err);
	}
	return status;
}

static void live_progress(struct source *source, struct source_stats *stats)
{
	struct live *live = (struct live *)source;

	count_drops(live);
	stats->bytes_done = live->bytes;
	stats->kernel_drops = live->kernel_drops;
	stats->gone = live->is_gone ? live->interface : NULL;
}

static void live_destroy(struct source *source)
{
	struct live *live = (struct live *)source;

	if (live->pcap) {
		pcap_close(live->pcap);
	}
	free(live->arena);
	free(live->interface);
	free(live);
}

static const struct source_ops live_ops = {
	.next = live_next,
	.take = live_take,
	.wait_at = live_wait_at,
	.progress = live_progress,
	.destroy = live_destroy,
};

static int activate(
	struct live *live, const char *name, const struct source_options *options, struct err *err)
{
	uint32_t buffer_bytes = options->buffer_bytes ? options->buffer_bytes : BUFFER_BYTES;

	pcap_set_snaplen(live->pcap, (int)live->snaplen);
	pcap_set_buffer_size(live->pcap, buffer_bytes < INT32_MAX ? (int)buffer_bytes : INT32_MAX);
	pcap_set_promisc(live->pcap, options->promiscuous);
	pcap_set_timeout(live->pcap, options->is_joined ? JOINED_BLOCK_MS : BLOCK_MS);
	pcap_set_tstamp_precision(live->pcap, PCAP_TSTAMP_PRECISION_NANO);
	int status = pcap_activate(live->pcap);
	if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED) {
		return err_set(err, EPERM,
			"%s: not allowed to capture; run as root, or give the program the right "
			"with setcap cap_net_raw+ep",
			name);
	}
	if (status == PCAP_ERROR_NO_SUCH_DEVICE) {
		return err_set(err, ENODEV,
			"%s: there is no such interface (\"ip link\" lists them)", name);
	}
	if (status < 0) {
		const char *more = pcap_geterr(live->pcap);
		return err_set(err, EIO, "%s: cannot capture: %s", name,
			more[0] ? more : pcap_statustostr(status));
	}
	return 0;
}

/* In the kernel: what the filter refuses costs nothing here and fills no ring. */
static int set_filter(struct live *live, const char *expression, struct err *err)
{
	struct bpf_program program;

	if (!expression) {
		return 0;
	}
	if (pcap_compile(live->pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		return err_set(err, EINVAL,
			"filter \"%s\": %s (expected an expression as tcpdump has it)", expression,
			pcap_geterr(live->pcap));
	}
	int status = pcap_setfilter(live->pcap, &program);
	pcap_freecode(&program);
	return status == 0 ? 0
			   : err_set(err, EIO, "filter \"%s\": %s", expression,
				     pcap_geterr(live->pcap));
}

/* The kernel spreads packets over the rings of a group. No roll-over to another ring when one is
 * full: that would tear flows apart, where a counted drop does not. */
static int join_group(
	struct live *live, const char *name, const struct source_options *options, struct err *err)
{
	struct sock_fprog program;

	if (!options->fanout_group) {
		return 0;
	}
	int status = fanout_make(&program, options->own_networks, options->own_network_count, err);
	if (status < 0) {
		return status;
	}
	bool is_new = *options->fanout_group == SOURCE_NEW_GROUP;
	int flags = PACKET_FANOUT_CBPF | (is_new ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
	int value = (int)(is_new ? 0 : *options->fanout_group) | flags << 16;
	socklen_t bytes = sizeof(value);
	if (setsockopt(live->fd, SOL_PACKET, PACKET_FANOUT, &value, sizeof(value)) < 0 ||
		setsockopt(live->fd, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof(program)) <
			0 ||
		getsockopt(live->fd, SOL_PACKET, PACKET_FANOUT, &value, &bytes) < 0) {
		status = err_set(err, errno, "%s: cannot share the interface as a group: %s", name,
			strerror(errno));
	}
	*options->fanout_group = (uint32_t)value & UINT16_MAX;
	fanout_free(&program);
	return status;
}

static int live_prepare(
	struct live *live, const char *name, const struct source_options *options, struct err *err)
{
	char reason[PCAP_ERRBUF_SIZE] = "";

	live->promiscuous = options->promiscuous;
	live->shares_ring = options->fanout_group != NULL;
	live->interface = strdup(name + strlen("if:"));
	live->pcap = pcap_create(name + strlen("if:"), reason);
	live->arena = malloc(ARENA_BYTES);
	if (!live->pcap || !live->arena || !live->interface) {
		return err_set(err, ENOMEM, "%s: %s", name, live->pcap ? "out of memory" : reason);
	}
	int result = activate(live, name, options, err);
	if (result == 0) {
		live->fd = pcap_get_selectable_fd(live->pcap);
		result = set_filter(live, options->filter, err);
	}
	if (result == 0) {
		result = join_group(live, name, options, err);
	}
	if (result == 0 && pcap_setnonblock(live->pcap, 1, reason) < 0) {
		result = err_set(err, EIO, "%s: %s", name, reason);
	}
	if (result == 0) {
		live->index = if_nametoindex(live->interface);
		live->link_type = (uint16_t)pcap_datalink(live->pcap);
	}
	return result;
}

int source_live_open(struct source **source, const char *name, const struct source_options *options,
	struct err *err)
{
	static const struct source_options defaults;
	struct live *live = calloc(1, sizeof(*live));

	if (!live) {
		return err_set(err, ENOMEM, "%s: out of memory", name);
	}
	options = options ? options : &defaults;
	live->base.ops = &live_ops;
	live->base.is_live = true;
	live->snaplen =
		options->snaplen && options->snaplen < SNAPLEN_MAX ? options->snaplen : SNAPLEN_MAX;
	int result = live_prepare(live, name, options, err);
	if (result < 0) {
		live_destroy(&live->base);
		return result;
	}
	*source = &live->base;
	return 0;
}
