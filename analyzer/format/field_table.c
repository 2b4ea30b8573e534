#include "analyzer/format/field_rows.h"

const struct field *const field_table = field_rows;
const unsigned field_count = COUNT_OF(field_rows);
