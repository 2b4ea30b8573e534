// TAP, as tests/e2e/tap.sh prints it.
let number = 0;
let failed = false;

export function ok(is, title, why = '') {
	number++;
	failed ||= !is;
	console.log(`${is ? 'ok' : 'not ok'} ${number} - ${title}`);
	if (!is && why) {
		console.log(String(why).split('\n').slice(0, 20).map((line) => `# ${line}`).join('\n'));
	}
	return is;
}

export const equal = (title, wanted, found) => ok(JSON.stringify(wanted) === JSON.stringify(found), title, `wanted ${JSON.stringify(wanted)}\nfound  ${JSON.stringify(found)}`);

export function finish() {
	console.log(`1..${number}`);
	process.exitCode = failed ? 1 : 0;
}
