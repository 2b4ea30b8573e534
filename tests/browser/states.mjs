// states.mjs: what the page says while a source of its server is stopped, slow, away, refuses, or is gone, and that it is whole
// again by itself; and what each role is told of what it may not see. Nothing is pretended: the Redis and the archive are real,
// and what befalls them too. Prints TAP (tests/proof/states.sh).
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync } from 'node:fs';
import { cut, enter, launch, settle, show, watch } from './open.mjs';
import { server } from './server.mjs';
import { equal, finish, ok } from './tap.mjs';

const { BORDERFLOW_BIN: program, WORK: work, POLICY: policy, CAPTURE: capture, PICTURES: pictures } = process.env;
const socket = `${work}/redis.sock`;
const SOON = 20000; // a question to Redis waits for 5 s, and is asked again after 10
const redisCli = (...words) => execFileSync('redis-cli', ['-s', socket, ...words], { encoding: 'utf8' });

async function startRedis() {
	const redis = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', work, '--hash-max-listpack-entries', '300'], { stdio: 'ignore' });
	for (let i = 0; i < 100; i++) {
		await new Promise((tell) => setTimeout(tell, 100));
		try {
			if (existsSync(socket) && redisCli('PING').startsWith('PONG')) {
				return redis;
			}
		} catch {
			// not yet
		}
	}
	throw new Error('redis-server does not answer');
}

let redis = await startRedis();
execFileSync(program, ['analyze', '--summary', 'none', '--policy', policy, '--redis', `unix://${socket}`, '--archive', `${work}/archive`, capture], { stdio: 'ignore' });
const serving = await server(['--redis', `unix://${socket}`]);
const browser = await launch();
const context = await enter(browser, await serving.start());
const page = await context.newPage();
watch(page, serving.root);
const api = (path) => page.evaluate(async (url) => (await fetch(url)).json(), `/api/1${path}`);
const at = (path) => show(page, serving.root + path);
const banner = page.locator('main > .away');
const pulse = () => page.locator('.pulse').innerText();
const comes = (locator) => locator.first().waitFor({ timeout: SOON }).then(() => true, () => false);
const goes = (locator) => locator.first().waitFor({ state: 'detached', timeout: SOON }).then(() => true, () => false);
const picture = (name) => pictures && page.screenshot({ path: `${pictures}/${name}.png` });
const isIn = async () => (await page.locator('main.login').count()) === 0;

await at('/alerts');
const { alerts } = await api('/alerts?state=open');
await page.setViewportSize({ width: 320, height: 800 });
for (const code of ['en', 'sv', 'nb', 'nn', 'da', 'fi']) {
	await page.evaluate((chosen) => localStorage.setItem('language', chosen), code);
	await at('/alerts');
	equal(`live, at 320 px, ${code}: nothing is cut`, [], await cut(page));
}
await page.evaluate(() => localStorage.setItem('language', 'en'));
await page.setViewportSize({ width: 1280, height: 800 });
const list = () => page.locator('.alert-list a').count();

// What is seen of trouble(): the banner, on a page that was open, and on one that is opened then; and of mend(): all of it again.
async function befalls(name, trouble, says, mend) {
	await at('/alerts');
	equal(`${name}: before, it is live and nothing is said`, ['Live', 0], [await pulse(), await banner.count()]);
	await trouble();
	ok(await comes(banner), `${name}: the open page says that a source does not answer`, await page.locator('main').innerText());
	ok(await comes(banner.filter({ hasText: /as of \d/ }).filter({ hasText: says })), '… as of when, and why', await banner.innerText());
	equal('… it is not called live, and what was there stays', ['No connection', alerts.length], [await pulse(), await list()]);
	await picture(`${name.replaceAll(' ', '-')}-alerts`);
	await at('/sensors');
	ok(await comes(page.locator('main .state-error .state-title').filter({ hasText: 'asked again by itself' })), '… a page that is opened now says that it is asked again', await page.locator('main').innerText());
	await picture(`${name.replaceAll(' ', '-')}-sensors`);
	ok(await isIn(), '… and nobody is logged out');
	await mend();
	ok(await goes(page.locator('main .state-error')), `${name}: over, and the page is whole again without a hand`, await page.locator('main').innerText());
	await at('/alerts');
	equal('… with every alert once', [alerts.length, 'Live'], [await list(), await pulse()]);
}

await befalls('a Redis that is stopped', () => redis.kill('SIGSTOP'), /did not answer/, () => redis.kill('SIGCONT'));

await befalls('a Redis that is killed', async () => {
	redisCli('SAVE');
	redis.kill('SIGKILL');
	await once(redis, 'exit');
}, /Redis/, async () => {
	redis = await startRedis();
});

await befalls('a Redis that wants a password', () => {
	redisCli('CONFIG', 'SET', 'requirepass', 'hemligt');
	redisCli('-a', 'hemligt', '--no-auth-warning', 'CLIENT', 'KILL', 'TYPE', 'normal');
}, /password/, () => redisCli('-a', 'hemligt', '--no-auth-warning', 'CONFIG', 'SET', 'requirepass', ''));

// Slow, but there: what comes late is waited for.
await at('/overview');
redis.kill('SIGSTOP');
await page.goto(`${serving.root}/sensors`, { waitUntil: 'commit' });
ok(await comes(page.locator('main .skeleton')), 'a slow Redis: the shape of the page is there meanwhile');
await page.waitForTimeout(2000);
redis.kill('SIGCONT');
await settle(page);
ok(await goes(page.locator('main .skeleton')) && (await page.locator('main .state-error').count()) === 0, '… and then its answer');

// An archive that goes away and comes back: the share was not mounted.
await at('/overview');
const lead = await page.locator('h1').innerText();
renameSync(`${work}/archive`, `${work}/away`);
ok(await comes(banner), 'an archive that is gone: the open page says so', await page.locator('main').innerText());
equal('… and still shows what it knew', lead, await page.locator('h1').innerText());
await picture('archive-gone-overview');
await at('/explore?by=app&last=30d');
ok(await comes(page.locator('main .state-error .state-title').filter({ hasText: 'asked again by itself' })), '… what it cannot show is no "nothing"', await page.locator('main').innerText());
await picture('archive-gone-explore');
await at(`/networks/${(await api('/search?q=AS32934'))[0].id}`);
ok((await page.locator('main').innerText()).includes('asked again by itself'), '… nor is a network without flows', await page.locator('main').innerText());
await at('/policy');
ok(!/never/i.test(await page.locator('main').innerText()), '… nor has a rule never held', await page.locator('main').innerText());
renameSync(`${work}/away`, `${work}/archive`);
ok(await goes(page.locator('main .state-error')), '… back, and whole again');

// What each role is told of what it may not see.
const flow = (await api('/flows?most=1')).flows[0];
const closed = { viewer: ['/devices/10.0.0.1', `/flows/${flow.borderflow.flow.id}`, `/alerts/${alerts[0].id}`, '/morning'], compliance: ['/devices/10.0.0.1', `/flows/${flow.borderflow.flow.id}`], auditor: ['/devices/10.0.0.1'] };
for (const [role, paths] of Object.entries(closed)) {
	const token = execFileSync(program, ['serve', 'token', 'add', role, '--role', role, '--access', `${work}/access`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
	const other = await enter(browser, null);
	const theirs = await other.newPage();
	await theirs.goto(serving.root);
	await theirs.locator('input').first().fill(token);
	await theirs.keyboard.press('Enter');
	await theirs.waitForSelector('.rail');
	for (const path of paths) {
		await show(theirs, serving.root + path);
		const said = await theirs.locator('main').innerText();
		ok(said.includes(`Your role (${role})`) && /these may: .*analyst.*admin/.test(said) && said.includes('serve token add'), `${role}, ${path.replace(/[^/]*$/, '…')}: who may, and whom to ask`, said);
	}
	await (pictures && theirs.screenshot({ path: `${pictures}/role-${role}.png` }));
	await other.close();
}
await browser.close();
await serving.stop();
redis.kill();
finish();
