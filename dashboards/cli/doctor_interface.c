/* A live interface, as Linux describes it. */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dashboards/cli/doctor.h"

static struct ifreq request_of(const char *name)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	return request;
}

/* A flag of the driver; false also where it has no such thing. */
static uint32_t ask_driver(int fd, const char *name, uint32_t command)
{
	struct ethtool_value value = { .cmd = command };
	struct ifreq request = request_of(name);

	request.ifr_data = (char *)&value;
	return ioctl(fd, SIOCETHTOOL, &request) == 0 ? value.data : 0;
}

/* A counter of /sys/class/net; 0 where it is not there. */
static uint64_t counter_of(const char *name, const char *counter)
{
	char path[128], line[32];
	uint64_t number = 0;

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/statistics/%s", name, counter);
	FILE *file = fopen(path, "re");
	if (file && fgets(line, sizeof(line), file)) {
		number = strtoull(line, NULL, 10);
	}
	if (file) {
		fclose(file);
	}
	return number;
}

static void add_offload(struct vantage_interface *interface, const char *name)
{
	size_t length = strlen(interface->offloads);

	snprintf(interface->offloads + length, sizeof(interface->offloads) - length, "%s%s",
		length > 0 ? ", " : "", name);
	interface->merges = true;
}

bool doctor_read_interface(const char *name, struct vantage_interface *interface)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = request_of(name);

	*interface = (struct vantage_interface){ .name = name };
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0) {
		if (fd >= 0) {
			close(fd);
		}
		return false;
	}
	interface->is_up = (request.ifr_flags & IFF_UP) != 0;
	bool is_loopback = (request.ifr_flags & IFF_LOOPBACK) != 0;
	if (!is_loopback && ask_driver(fd, name, ETHTOOL_GGRO)) {
		add_offload(interface, "generic-receive-offload");
	}
	if (ask_driver(fd, name, ETHTOOL_GFLAGS) & ETH_FLAG_LRO) {
		add_offload(interface, "large-receive-offload");
	}
	interface->frames = counter_of(name, "rx_packets");
	interface->missed = counter_of(name, "rx_missed_errors") +
			    counter_of(name, "rx_fifo_errors") + counter_of(name, "rx_over_errors");
	close(fd);
	return true;
}
