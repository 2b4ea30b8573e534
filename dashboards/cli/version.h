/* What this build is made of: release, instruction set, libraries, data. */
#pragma once

#include <stdio.h>

void version_print(FILE *out);
