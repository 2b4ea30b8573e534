// Runs the SQL of standard input in DuckDB, and prints the rows of its last statement: values with a space between.
import { readFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";

const connection = await (await DuckDBInstance.create(":memory:")).connect();
let rows = [];
for (const sql of readFileSync(0, "utf8").split(";").filter((text) => text.trim())) {
	rows = (await connection.runAndReadAll(sql)).getRows();
}
for (const row of rows) {
	console.log(row.join(" "));
}
