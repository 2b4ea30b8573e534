/* Cores: how many this process may run on. A machine may have more than a task set, a cpuset or a
 * container leaves to it, and threads beyond those only take turns. */
#pragma once

unsigned cores_usable(void); /* at least 1 */
