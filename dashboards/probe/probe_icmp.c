#include "dashboards/probe/probe_icmp.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>
/* Behind what they leave undeclared. */
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <netinet/in.h>

/* Does it say that a rule forbids it, and not that there is no way? */
static bool is_prohibition(const struct sock_extended_err *told)
{
	if (told->ee_origin == SO_EE_ORIGIN_ICMP6) {
		return told->ee_type == ICMPV6_DEST_UNREACH &&
		       told->ee_code == ICMPV6_ADM_PROHIBITED;
	}
	return told->ee_origin == SO_EE_ORIGIN_ICMP && told->ee_type == ICMP_DEST_UNREACH &&
	       (told->ee_code == ICMP_PKT_FILTERED || told->ee_code == ICMP_NET_ANO ||
		       told->ee_code == ICMP_HOST_ANO);
}

static void put_offender(struct probe_reply *reply, const struct sock_extended_err *told)
{
	const struct sockaddr *from = SO_EE_OFFENDER(told);
	struct addr addr;

	if (from->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;
		addr = addr_from_v4(&v4->sin_addr);
	} else if (from->sa_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)from;
		memcpy(addr.bytes, &v6->sin6_addr, sizeof(addr.bytes));
	} else {
		return;
	}
	addr_format(&addr, reply->told_by);
}

void probe_ask_for_icmp(int fd)
{
	const int on = 1;

	setsockopt(fd, SOL_IP, IP_RECVERR, &on, sizeof(on));
	setsockopt(fd, SOL_IPV6, IPV6_RECVERR, &on, sizeof(on));
}

void probe_read_icmp(int fd, struct probe_reply *reply)
{
	char space[512];
	struct msghdr message = { .msg_control = space, .msg_controllen = sizeof(space) };

	if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
		return;
	}
	for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part;
		part = CMSG_NXTHDR(&message, part)) {
		bool is_told = (part->cmsg_level == SOL_IP && part->cmsg_type == IP_RECVERR) ||
			       (part->cmsg_level == SOL_IPV6 && part->cmsg_type == IPV6_RECVERR);
		const struct sock_extended_err *told = (const void *)CMSG_DATA(part);
		if (is_told && (told->ee_origin == SO_EE_ORIGIN_ICMP ||
				       told->ee_origin == SO_EE_ORIGIN_ICMP6)) {
			reply->result = is_prohibition(told) ? PROBE_PROHIBITED : reply->result;
			put_offender(reply, told);
		}
	}
}
