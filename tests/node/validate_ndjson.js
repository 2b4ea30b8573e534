// Validates every line of standard input against a JSON schema with ajv.
// usage: node validate_ndjson.js SCHEMA; exit status 1 where a line is not valid, after naming the first ten.
"use strict";

const fs = require("fs");
const readline = require("readline");
const Ajv = require("ajv/dist/2020");
const addFormats = require("ajv-formats");

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
addFormats(ajv);
const validate = ajv.compile(JSON.parse(fs.readFileSync(process.argv[2], "utf8")));

let lines = 0;
let wrong = 0;

function check(line) {
	lines++;
	let errors = null;
	try {
		errors = validate(JSON.parse(line)) ? null : validate.errors;
	} catch (error) {
		errors = [{ instancePath: "", message: error.message }];
	}
	if (errors && wrong++ < 10) {
		const what = errors.map((error) => `${error.instancePath} ${error.message}`).join("; ");
		console.log(`# line ${lines}: ${what}`);
	}
}

readline
	.createInterface({ input: process.stdin, crlfDelay: Infinity })
	.on("line", check)
	.on("close", () => {
		console.log(`# ${lines} lines, ${wrong} not valid`);
		process.exitCode = wrong > 0 ? 1 : 0;
	});
