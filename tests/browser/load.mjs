// load.mjs LINK: how fast a large body's pages are, measured in the browser (tests/proof/load.sh). Prints TAP.
import { enter, launch, settle } from './open.mjs';
import { finish, ok } from './tap.mjs';

const VIEW_MS = 1000;
const INTERACTION_MS = 100;
const DETAIL_MS = 100;
const [, , link] = process.argv;
const { origin } = new URL(link);
const browser = await launch();
const context = await enter(browser, link);
const page = await context.newPage();
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

// What the browser itself says of each interaction: from the key or the click to the next frame.
await page.addInitScript(() => {
	globalThis.slow = [];
	new PerformanceObserver((list) => globalThis.slow.push(...list.getEntries().filter((one) => one.interactionId).map((one) => [one.name, one.duration]))).observe({ type: 'event', durationThreshold: 16, buffered: true });
});

// From the address to everything of the page that is asked for being there.
async function view(path, isThere) {
	const times = [];
	for (let i = 0; i < 3; i++) {
		const start = Date.now();
		await page.goto(origin + path, { waitUntil: 'commit' });
		await page.waitForFunction((selector) => document.querySelector(selector) && !document.querySelector('main .skeleton, main [aria-busy=true]'), isThere, { timeout: 60000 });
		times.push(Date.now() - start);
	}
	ok(median(times) <= VIEW_MS, `${path}: seen in ${median(times)} ms`, times.join(' '));
}

async function interactions(what, act) {
	await page.evaluate(() => (globalThis.slow.length = 0));
	await act();
	await page.waitForTimeout(300);
	const slow = await page.evaluate(() => globalThis.slow);
	const worst = Math.max(0, ...slow.map(([, duration]) => duration));
	ok(worst <= INTERACTION_MS, `${what}: the slowest of its interactions took ${worst <= 16 ? 'less than 16' : worst} ms`, JSON.stringify(slow.sort((a, b) => b[1] - a[1]).slice(0, 4)));
}

await view('/overview', '.matrix td, table.matrix');
await view('/alerts', '.alert-list a');
await view('/explore?by=app', 'main table tbody tr');
await view('/apps', 'main table tbody tr');
await view('/units', 'main table tbody tr');

await page.goto(`${origin}/alerts`);
await settle(page);
const details = [];
page.on('requestfinished', (request) => /\/api\/1\/alerts\/[^/?]+/.test(request.url()) && details.push(request.timing().responseEnd));
await interactions('Alerts, ten times j', async () => {
	for (let i = 0; i < 10; i++) {
		await page.keyboard.press('j');
		await page.waitForTimeout(250);
	}
});
ok(details.length >= 5 && median(details) <= DETAIL_MS, `an alert whole: ${median(details)?.toFixed(0)} ms`, details.join(' '));
await interactions('Alerts, a text is typed', async () => {
	await page.locator('input[type=search]').last().click();
	await page.keyboard.type('tiktok', { delay: 60 });
});
await page.goto(`${origin}/explore?by=app`);
await settle(page);
await interactions('Explore, a handle is opened and closed', async () => {
	await page.locator('main tbody button, main tbody .handle').first().click();
	await page.keyboard.press('Escape');
});
await interactions('Overview, the theme is changed', async () => {
	await page.goto(`${origin}/overview`);
	await settle(page);
	await page.evaluate(() => (globalThis.slow.length = 0));
	await page.keyboard.press('?');
	await page.waitForTimeout(200);
	await page.keyboard.press('Escape');
});
await browser.close();
finish();
