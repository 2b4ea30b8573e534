/* The hash of a catalogue's files, made when it is asked for (catalogue_hash() in catalogue.h) out
 * of the bytes that were read, whatever became of the files since. */
#pragma once

struct catalogue_hash;

struct catalogue_hash *catalogue_hash_create(void); /* NULL: out of memory */
void catalogue_hash_destroy(struct catalogue_hash *hash);
