/* Own hosts: what machines of ours call themselves.
 *
 * A machine says its name to DHCP and to its neighbours ("annas-laptop"). In other zones than our
 * own it is the same name: where it is registered with a service of changing addresses, or asked
 * for by its owner. A label that equals one tells whose device it is; those that half the world's
 * hosts have (www, mail) tell nothing.
 *
 * Kept are keyed hashes alone, and never over a restart: each lease tells the name again.
 *
 * Memory   OWN_HOSTS_MAX hashes; beyond them the ones that were not told for longest give way.
 * Threads  one. */
#pragma once

#include <stdbool.h>

struct own_hosts;

enum { OWN_HOSTS_MAX = 1 << 14, OWN_HOST_LEAST = 3 /* letters; shorter ones are no name */ };

struct own_hosts *own_hosts_create(void); /* NULL: out of memory */
void own_hosts_destroy(struct own_hosts *hosts);

/* A name in small letters, of which the first label counts. */
void own_hosts_learn(struct own_hosts *hosts, const char *name);

/* Is one of the name's labels such a name? hosts may be NULL. */
bool own_hosts_hold(const struct own_hosts *hosts, const char *name);
