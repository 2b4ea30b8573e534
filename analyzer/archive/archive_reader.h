/* What a reader of records lets other parts of the archive see. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_blocks.h"

struct archive_blocks *archive_reader_blocks(struct archive_reader *reader);
