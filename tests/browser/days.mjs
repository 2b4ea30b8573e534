// days.mjs LINK DESK: what 72 hours of an open page leave behind: every page in turn, with the ticks and the alerts of that time as
// fast as the page takes them: alerts are worked on at a real desk, and the stream of events tells each. Heap and nodes of the
// document after the first tenth and at the end. Prints TAP (tests/proof/days.sh).
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
for (let i = 0; i < hours; i++) {
	await hour(i);
	if (i % 8 === 7) {
		await go('/overview');
		samples.push({ hour: i + 1, ...(await held()) });
		console.log(`# ${JSON.stringify(samples.at(-1))}`);
	}
}
const [first, last] = [samples[1] ?? samples[0], samples.at(-1)];
const grown = (key) => last[key] / first[key];
ok(samples.length > 2, `${hours} hours went by`);
ok(grown('kilobytes') <= 1.15, `the heap is where it was: ${first.kilobytes} kB, then ${last.kilobytes} kB`);
ok(grown('nodes') <= 1.1, `so is the document: ${first.nodes} nodes, then ${last.nodes}`);
ok(grown('listeners') <= 1.1, `and what listens: ${first.listeners}, then ${last.listeners}`);
ok(troubles.length === 0, 'without an error', [...new Set(troubles)].join('\n'));
await browser.close();
finish();
