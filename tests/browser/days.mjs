// days.mjs LINK DESK: what 72 hours of an open page leave behind: every page in turn, with the ticks and the alerts of that time as
// fast as the page takes them: alerts are worked on at a real desk, and the stream of events tells each. Heap and nodes of the
// document at the beginning, once every page has been looked at three times (the browser compiles what runs often), and at the
// end, the middle of three samples each: one alone differs by a twelfth from the next. Prints TAP (tests/proof/days.sh).
import { execFileSync } from 'node:child_process';
import { enter, launch, settle, watch } from './open.mjs';
import { finish, ok } from './tap.mjs';

const { BORDERFLOW_BIN: program, HOURS = '72' } = process.env;
const ALERTS_AN_HOUR = 4; // of a body with some hundred a day
const [, , link, desk] = process.argv;
const { origin } = new URL(link);
const browser = await launch();
const context = await enter(browser, link);
const page = await context.newPage();
const troubles = watch(page, origin);
const devtools = await context.newCDPSession(page);

async function held() {
	await devtools.send('HeapProfiler.collectGarbage');
	await devtools.send('HeapProfiler.collectGarbage');
	const { nodes, jsEventListeners } = await devtools.send('Memory.getDOMCounters');
	const { usedSize } = await devtools.send('Runtime.getHeapUsage');
	return { nodes, listeners: jsEventListeners, kilobytes: Math.round(usedSize / 1000) };
}

// The clock of the page runs faster: an hour a round, and with it every timer of the page.
await page.clock.install();
await page.goto(`${origin}/alerts`);
await settle(page);
const ids = await page.locator('.alert-list a').evaluateAll((links) => links.map((one) => one.pathname.split('/')[2]));
const rail = ['/overview', '/alerts', '/explore', '/apps', '/units', '/policy', '/reports', '/sensors'];
const go = async (path) => {
	await page.locator(`.rail li a[href^="${path}"]`).click();
	await page.clock.runFor(2000);
	await page.waitForFunction(() => !document.querySelector('main .skeleton, main [aria-busy=true]'), null, { timeout: 20000 });
};
async function hour(number) {
	for (let i = 0; i < ALERTS_AN_HOUR; i++) {
		execFileSync(program, ['alerts', 'note', ids[(number * ALERTS_AN_HOUR + i) % ids.length], `hour ${number}`, '--state', desk, '--by', 'night'], { stdio: 'ignore' });
	}
	await go(rail[number % rail.length]);
	await go('/alerts');
	await page.locator('.alert-list a').nth(number % ids.length).click();
	await page.clock.runFor(3600 * 1000);
	await page.waitForTimeout(250);
}

const samples = [];
const hours = Number(HOURS);
const before = 3 * rail.length;
for (let i = 0; i < before + hours; i++) {
	await hour(i);
	if (i >= before && (i - before) % rail.length === rail.length - 1) {
		await go('/overview');
		samples.push({ hour: i + 1 - before, ...(await held()) });
		console.log(`# ${JSON.stringify(samples.at(-1))}`);
	}
}
const middle = (some, key) => some.map((one) => one[key]).sort((a, b) => a - b)[1];
function stays(key, what) {
	const [first, last] = [middle(samples.slice(0, 3), key), middle(samples.slice(-3), key)];
	ok(last <= 1.1 * first, `${what}: ${first}, then ${last}`);
}
ok(samples.length >= 6, `${hours} hours went by`);
stays('kilobytes', 'the heap is where it was, kB');
stays('nodes', 'so is the document, nodes');
stays('listeners', 'and what listens');
ok(troubles.length === 0, 'without an error', [...new Set(troubles)].join('\n'));
await browser.close();
finish();
