/* Small databases of invented facts for the tests of geo: in a folder of their own, taken away at
 * the end. */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "geo/mmdb_write.h"

/* A fresh folder below $TMPDIR; the text is good until the program ends. */
const char *fixture_folder(void);

/* The path of a file in the folder, good until the eighth next call. */
const char *fixture_path(const char *file);

/* Takes the folder and the files in it away. */
void fixture_remove(void);

/* Writes a text file into the folder. */
void fixture_text(const char *file, const char *content);

/* A writer for a database with both families, built on 2026-03-01; ends the program when there is
 * no memory. */
struct mmdb_writer *fixture_writer(const char *type, unsigned ip_version);

/* A prefix with the value that was put together before; an IPv4 prefix lies at ::/96. */
void fixture_add(struct mmdb_writer *writer, const char *prefix);

/* Writes the database and destroys the writer; ends the program when that fails. */
void fixture_write(struct mmdb_writer *writer, const char *file);

/* An address that must be one. */
struct addr fixture_addr(const char *text);
