/* Sends the packets of a capture file through an interface, as fast as asked for or as fast as it
 * goes, and says how many went out.
 *
 *     sender --interface NAME [--pps N] [--loop N | --seconds N] FILE
 *
 * FILE is a classic pcap of this machine's byte order. Packets go out in batches by sendmmsg(),
 * past the queueing discipline. The times in the file are not looked at. With --seconds the file
 * goes out again until the time is over, and the last time to its end. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/reader.h"

enum { BATCH = 64, FILE_HEADER_BYTES = 24, RECORD_HEADER_BYTES = 16, SEND_BUFFER = 4 << 20 };

struct sender {
	int socket;
	uint64_t pps;      /* 0: no limit */
	uint64_t start_ns; /* monotonic */
	uint64_t sent, bytes;
	unsigned count; /* waiting to be sent */
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
};

static void fail(const char *what)
{
	fprintf(stderr, "sender: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *map_file(const char *path, size_t *length)
{
	struct stat status;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &status) < 0) {
		fail(path);
	}
	*length = (size_t)status.st_size;
	void *bytes = mmap(NULL, *length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (bytes == MAP_FAILED) {
		fail(path);
	}
	close(fd);
	return bytes;
}

static int open_socket(const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1, size = SEND_BUFFER;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		fail(interface);
	}
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return fd;
}

/* Not ahead of the rate. */
static void keep_pace(const struct sender *sender)
{
	uint64_t due_ns, now_ns = clock_monotonic_ns();

	if (sender->pps == 0) {
		return;
	}
	due_ns = sender->start_ns +
		 (uint64_t)((double)sender->sent / (double)sender->pps * (double)NS_PER_S);
	if (due_ns > now_ns) {
		struct timespec wait = { (time_t)((due_ns - now_ns) / NS_PER_S),
			(long)((due_ns - now_ns) % NS_PER_S) };
		nanosleep(&wait, NULL);
	}
}

static void flush(struct sender *sender)
{
	unsigned at = 0;

	keep_pace(sender);
	while (at < sender->count) {
		int sent = sendmmsg(sender->socket, sender->messages + at, sender->count - at, 0);
		if (sent > 0) {
			at += (unsigned)sent;
		} else if (errno == ENOBUFS || errno == EAGAIN) {
			poll(NULL, 0, 1); /* the device's own queue is full */
		} else {
			fail("sending");
		}
	}
	sender->sent += sender->count;
	sender->count = 0;
}

static void add(struct sender *sender, const uint8_t *packet, size_t length)
{
	struct iovec *part = &sender->parts[sender->count];

	*part = (struct iovec){ (void *)(uintptr_t)packet, length };
	sender->messages[sender->count++].msg_hdr =
		(struct msghdr){ .msg_iov = part, .msg_iovlen = 1 };
	sender->bytes += length;
	if (sender->count == BATCH) {
		flush(sender);
	}
}

static void send_file(struct sender *sender, const void *file, size_t length)
{
	struct reader reader = reader_over(file, length);

	reader_skip(&reader, FILE_HEADER_BYTES);
	while (reader_left(&reader) >= RECORD_HEADER_BYTES) {
		reader_skip(&reader, 8);
		uint32_t captured = reader_u32_le(&reader);
		reader_skip(&reader, 4);
		const uint8_t *packet = reader_bytes(&reader, captured);
		if (packet) {
			add(sender, packet, captured);
		}
	}
	flush(sender);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "interface", required_argument, NULL, 'i' },
		{ "pps", required_argument, NULL, 'p' }, { "loop", required_argument, NULL, 'l' },
		{ "seconds", required_argument, NULL, 's' }, { NULL, 0, NULL, 0 } };
	struct sender sender = { .socket = -1 };
	const char *interface = NULL;
	unsigned long loops = 1, done = 0;
	uint64_t least_ns = 0;
	size_t length;
	int letter;

	while ((letter = getopt_long(argc, argv, "i:p:l:s:", options, NULL)) != -1) {
		if (letter == 'i') {
			interface = optarg;
		} else if (letter == 'p') {
			sender.pps = strtoull(optarg, NULL, 10);
		} else if (letter == 'l') {
			loops = strtoul(optarg, NULL, 10);
		} else if (letter == 's') {
			least_ns = strtoull(optarg, NULL, 10) * NS_PER_S;
		}
	}
	if (!interface || optind + 1 != argc) {
		fputs("usage: sender --interface NAME [--pps N] [--loop N | --seconds N] "
		      "FILE\n",
			stderr);
		return 2;
	}
	void *file = map_file(argv[optind], &length);
	sender.socket = open_socket(interface);
	sender.start_ns = clock_monotonic_ns();
	do {
		send_file(&sender, file, length);
		done++;
	} while (done < loops || clock_monotonic_ns() - sender.start_ns < least_ns);
	double seconds = (double)(clock_monotonic_ns() - sender.start_ns) / (double)NS_PER_S;
	printf("%" PRIu64 " packets, %" PRIu64 " bytes, %.0f packets a second, %lu times\n",
		sender.sent, sender.bytes, (double)sender.sent / seconds, done);
	return 0;
}
