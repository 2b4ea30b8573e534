#include "base/cores.h"

#include <sched.h>
#include <unistd.h>

unsigned cores_usable(void)
{
	cpu_set_t cores;

	if (sched_getaffinity(0, sizeof(cores), &cores) == 0) {
		return (unsigned)CPU_COUNT(&cores);
	}
	/* More cores than the set has room for. */
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	return online < 1 ? 1 : (unsigned)online;
}
