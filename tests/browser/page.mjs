// The page of borderflow serve in a real browser, over a real server, archive and desk. Prints TAP. FULL=1: every page in
// both themes and four widths (640 is 1280 at 200 %), where the languages take turns so that each page is seen in all six.
import { execFileSync } from 'node:child_process';
import { cut, enter, harm, launch, settle, show, violations, watch } from './open.mjs';
import { server } from './server.mjs';
import { equal, finish, ok } from './tap.mjs';

const isFull = process.env.FULL === '1';
const LANGUAGES = ['en', 'sv', 'nb', 'nn', 'da', 'fi'];
const serving = await server();
const browser = await launch();
const context = await enter(browser, await serving.start());
const page = await context.newPage();
const troubles = watch(page, serving.root);
const api = (path) => page.evaluate(async (url) => (await fetch(url)).json(), `/api/1${path}`);
const at = (path) => show(page, serving.root + path);
const text = (selector) => page.locator(selector).first().innerText();

await at('/overview');
const session = await api('/session');
const PERIOD = `from=${encodeURIComponent(session.source.from)}&to=${encodeURIComponent(session.source.to)}`;
const { alerts } = await api('/alerts?state=open');
const units = await api(`/table?by=unit&${PERIOD}`);
const hostile = units.rows.find((row) => /[<=]/.test(row.values[0]))?.values[0];
const flow = (await api(`/flows?${PERIOD}&most=1`)).flows[0];
const PAGES = ['/overview', '/explore?by=unit', '/explore?by=server,parent&flows=0', '/alerts', `/alerts/${alerts[0].id}`, '/morning', '/apps', '/apps/tiktok', '/units',
	`/units/${encodeURIComponent(hostile)}`, '/countries/US', '/countries/CN?role=parent', '/networks/32934', `/devices/${flow.source?.ip ?? flow.borderflow.device}`,
	`/flows/${flow.borderflow.flow.id}`, '/policy', '/reports', '/sensors', '/nothing-here'].map((path) => path + (path.includes('?') ? '&' : '?') + PERIOD);

async function pagesLoad() {
	for (const path of PAGES) {
		troubles.length = 0;
		await at(path);
		const short = path.replace(/[?&]from=.*/, '');
		const isDevice = short.startsWith('/devices/'); // needs the keys of the sensor, and says so
		ok(isDevice || troubles.length === 0, `${short}: loads without an error`, troubles.join('\n'));
		equal(`${short}: nothing that an attacker wrote did anything`, [], await harm(page));
		ok(await page.locator('main h1, main .state').count() > 0, `${short}: says what it is`);
	}
}

async function figuresAreTheApis() {
	const count = (value) => new Intl.NumberFormat('en-GB').format(value);
	const total = (await api(`/table?by=app&zone=!internal&${PERIOD}`)).total;
	await at(`/overview?${PERIOD}`);
	ok((await text('.numbers')).includes(count(total.flows)), `Overview: ${count(total.flows)} flows`, await text('.numbers'));
	await page.locator('.numbers a').last().click();
	await settle(page);
	ok((await text('main tfoot')).includes(count(total.flows)), 'where a figure leads, that figure stands', `${page.url()} ${await text('main tfoot')}`);
	const apps = await api(`/table?by=app,parent,control&sort=up&zone=!internal&${PERIOD}`);
	await at(`/apps?${PERIOD}`);
	equal('Apps: in the order of the API', apps.rows.slice(0, 10).map((row) => row.names[0]), (await page.locator('tbody th').allInnerTexts()).slice(0, 10));
	equal('Apps: with its flows', apps.rows.slice(0, 10).map((row) => count(row.total.flows)), (await page.locator('tbody td:nth-last-child(2)').allInnerTexts()).slice(0, 10));
	await at('/alerts');
	equal('Alerts: all that are open', alerts.map((alert) => alert.id), await page.locator('.alert-list a').evaluateAll((links) => links.map((link) => link.pathname.split('/')[2])));
	await at('/alerts?state=all');
	equal('and all of them, open or not', (await api('/alerts')).alerts.map((alert) => alert.id), await page.locator('.alert-list a').evaluateAll((links) => links.map((link) => link.pathname.split('/')[2])));
	await at(`/units?${PERIOD}`);
	ok((await page.locator('tbody th').allInnerTexts()).includes(hostile), 'a hostile name is shown as it is');
}

async function triageByKeys() {
	await at('/alerts');
	const press = async (key) => {
		await page.keyboard.press(key);
		await settle(page);
	};
	await press('j');
	await press('j');
	const id = new URL(page.url()).pathname.split('/')[2];
	equal('j j: the second alert is read', alerts[1].id, id);
	await press('k');
	equal('k: the one before', alerts[0].id, new URL(page.url()).pathname.split('/')[2]);
	await press('j');
	await press('a');
	await page.waitForTimeout(300);
	equal('a: it is acknowledged', 'acknowledged', (await api(`/alerts/${id}`)).alert.state);
	await press('e');
	await page.keyboard.type('night shift');
	await press('Enter');
	await page.waitForTimeout(300);
	const escalated = (await api(`/alerts/${id}`)).alert;
	equal('e, a name, Enter: it is escalated', ['escalated', 'night shift'], [escalated.state, escalated.owner]);
	await press('s');
	await page.waitForSelector('dialog[open] [aria-live] strong');
	ok(/hidden \d+ of \d+/.test(await text('dialog[open]')), 's: what a suppression would have hidden is shown first', await text('dialog[open]'));
	await press('Escape');
	await press('c');
	await page.keyboard.press('Space');
	await page.keyboard.press('Tab');
	await page.keyboard.type('asked the unit');
	await page.keyboard.press('Tab');
	await press('Enter');
	await page.waitForTimeout(300);
	const closed = await api(`/alerts/${id}`);
	equal('c, a verdict, what was done: it is closed', ['closed', 'true', 'asked the unit'], [closed.alert.state, closed.alert.verdict, closed.done]);
	ok(await page.locator(`.alert-list a[href*="${id}"]`).count() === 1, 'the list keeps its place: the closed one stays until it is left');
	await at(`/alerts/${id}`); // by a link: the list of what is open does not have it
	const button = (name) => page.locator('.alert-detail .actions button').filter({ hasText: name });
	await button('Note').click();
	await page.keyboard.type('seen again');
	await page.locator('dialog[open] button[type=submit]').click();
	await page.waitForTimeout(300);
	await button('Reopen').click();
	ok((await text('dialog[open]')).includes('Reopen: 1 alert'), 'a closed alert by its link: the dialog is about it', await text('dialog[open]'));
	await page.keyboard.type('it goes on');
	await page.locator('dialog[open] button[type=submit]').click();
	await page.waitForTimeout(300);
	const again = await api(`/alerts/${id}`);
	equal('… a note, then opened again with a reason', ['acknowledged', 'seen again', 'it goes on'], [again.alert.state, ...again.history.slice(-2).map((step) => step.text)]);
	await press('?');
	ok((await text('dialog[open]')).includes('the next alert'), '?: says the keys');
	await press('Escape');
}

async function fromAlertToFlows() {
	await at('/alerts');
	const one = alerts.find((alert) => alert.kind === 'policy.violation' && alert.id !== alerts[1].id) ?? alerts[0];
	await page.locator(`.alert-list a[href*="${one.id}"]`).click();
	await settle(page);
	const ids = await page.locator('.alert-detail table a').allInnerTexts();
	equal('one click: the flows behind an alert', (await api(`/alerts/${one.id}`)).flows.map((row) => row.id), ids);
	// As of a series, of which no flows are counted, only kept.
	await page.route(`**/api/1/alerts/${one.id}*`, async (route) => {
		const answer = await (await route.fetch()).json();
		await route.fulfill({ json: { ...answer, alert: { ...answer.alert, flows: 0, bytes_up: null, bytes_down: null } } });
	});
	await at(`/alerts/${one.id}`);
	ok(await page.locator('.alert-detail table a').count() > 0 && !(await text('.alert-detail')).includes('0 flows'), 'flows that are shown are not told as none');
	await page.unroute(`**/api/1/alerts/${one.id}*`);
	await at(`/alerts/${one.id}`);
	await page.locator('.all-flows').click();
	await settle(page);
	const behind = new URL(page.url()).searchParams;
	behind.delete('flows');
	equal('and they are those that it counts, no others', one.flows, (await api(`/table?${behind}`)).total.flows);
	ok(await page.locator('main table a[href^="/flows/"]').count() > 0, 'two clicks: all flows of that time', page.url());
}

async function linkShowsTheSame() {
	await at(`/explore?by=server&app=tiktok&${PERIOD}`);
	const other = await context.newPage();
	await show(other, page.url());
	const table = (one) => one.locator('main table').first().innerText();
	equal('a link shows the same to whoever opens it', await table(page), await table(other));
	await other.close();
}

async function eventsSurviveARestart() {
	await at('/alerts');
	const before = await page.locator('.alert-list li').count();
	await serving.stop();
	execFileSync(process.env.BORDERFLOW_BIN, ['analyze', '--summary', 'none', '--policy', process.env.LATER_POLICY, '--desk', `${process.env.WORK}/desk`, process.env.CAPTURE], { stdio: 'ignore' });
	await serving.start();
	const fresh = page.locator('.alerts-new');
	const came = await fresh.waitFor({ timeout: 15000 }).then(() => true, () => false);
	ok(came, 'what came while the server was away is told after it is back');
	equal('… and nothing moved until it is taken', before, await page.locator('.alert-list li').count());
	if (came) {
		const waiting = Number(/\d+/.exec(await fresh.innerText())[0]);
		await fresh.click();
		equal('… then all of it is there, once', before + waiting, await page.locator('.alert-list li').count());
	}
	troubles.length = 0;
}

// Texts of the page that are English in another language: those of the English table that the other one says otherwise.
async function english(code) {
	const [here, theirs] = await Promise.all(['en', code].map((one) => api(`/messages?language=${one}`)));
	const foreign = new Set(Object.entries(here).filter(([key, said]) => typeof said === 'string' && said !== theirs[key] && !said.includes('{')).map(([, said]) => said));
	const own = new Set(Object.values(theirs));
	const seen = await page.evaluate(() => {
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		const all = [];
		while (walk.nextNode()) {
			all.push(walk.currentNode.data.trim());
		}
		return all;
	});
	return [...new Set(seen.filter((one) => /\p{L}/u.test(one) && foreign.has(one) && !own.has(one)))];
}

async function looks(path, { language = 'en', theme = 'light', width = 1280, isAxe = true }) {
	await page.setViewportSize({ width, height: 800 });
	await page.emulateMedia({ colorScheme: theme });
	await page.evaluate((code) => localStorage.setItem('language', code), language);
	await at(path);
	const name = `${path.replace(/[?&]from=.*/, '')}, ${language}, ${theme}, ${width} px`;
	if (isAxe) {
		equal(`${name}: axe finds nothing`, [], await violations(page));
	}
	equal(`${name}: nothing is cut`, [], await cut(page));
	if (language !== 'en') {
		// Of a flow the record itself is shown, whose values are ids.
		const isRecord = path.startsWith('/flows/');
		equal(`${name}: no English is left`, [], (await english(language)).filter((one) => !isRecord || /[A-Z ]/.test(one)));
	}
}

// What the desk says, list and detail, is in the reader's language too.
async function alertsSpeakIt() {
	await page.evaluate(() => localStorage.setItem('language', 'fi'));
	const [first] = (await api('/alerts?state=open&language=fi')).alerts;
	await at(`/alerts/${first.id}`);
	equal('an alert of the list, in Finnish', first.sentence, await text('.alert-list .alert-line-text'));
	equal('and the one that is read: the sentence, and what to do by itself', first.sentence, `${await text('.alert-detail h2')} ${await text('.alert-next')}`);
	await page.evaluate(() => localStorage.setItem('language', 'en'));
}

async function everyLook() {
	if (isFull) {
		const ways = ['light', 'dark'].flatMap((theme) => [320, 640, 1280, 3840].map((width) => ({ theme, width })));
		for (const [i, path] of PAGES.entries()) {
			for (const [j, way] of ways.entries()) {
				await looks(path, { ...way, language: LANGUAGES[(i + j) % 6] });
			}
		}
		return;
	}
	// A page, a look: over all pages every language, both themes and the narrow widths come up.
	for (const [i, path] of PAGES.entries()) {
		await looks(path, { language: LANGUAGES[i % 6], theme: i % 2 ? 'dark' : 'light', width: [320, 640, 1280][i % 3] });
	}
	for (const language of LANGUAGES) { // the bar above is as wide as its words
		await looks('/reports', { language, width: 320, isAxe: false });
	}
}

await pagesLoad();
await figuresAreTheApis();
await triageByKeys();
await fromAlertToFlows();
await linkShowsTheSame();
await everyLook();
await alertsSpeakIt();
await looks('/alerts', {});
await eventsSurviveARestart();
await browser.close();
await serving.stop();
finish();
