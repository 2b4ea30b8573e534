# What of the tables of a report.json is not as analyzer/share/report.schema.json has it: members and their types.
def kind($schema): if has("$ref") then $schema["$defs"][."$ref" | ltrimstr("#/$defs/")].type else null end;
$schema[0] as $s | .report.tables | to_entries[] | .key as $table |
	($s.properties.tables.properties[$table].items.properties // {}) as $columns | .value[] | to_entries[] |
	($columns[.key] | if . == null then "none" else kind($s) end) as $kind |
	(.value | type | if . == "number" then "integer" else . end) as $type |
	select($kind != null and ([$kind] | flatten | index($type) | not)) | "\($table).\(.key): \($type)"
