// pictures.mjs LINK FOLDER: the pictures of the README, from a running demo (tools/pictures).
import { enter, launch, show } from './open.mjs';

const [, , link, folder] = process.argv;
const { origin } = new URL(link);
const browser = await launch();
const context = await enter(browser, link, { viewport: { width: 1200, height: 760 } });
const page = await context.newPage();
const shoot = (name) => page.screenshot({ path: `${folder}/${name}.png` });

// Once the server has read the month whole, and knows what is usual.
await show(page, `${origin}/overview`);
const isWhole = () => page.evaluate(async () => !(await (await fetch('/api/1/table?last=7d&by=server,parent&zone=!internal')).json()).notes.is_behind);
for (let i = 0; i < 60 && !(await isWhole()); i++) {
	await page.waitForTimeout(2000);
}
await show(page, `${origin}/overview`);
await page.waitForSelector('.numbers .band', { timeout: 60000 });
await shoot('overview');
// The alert whose number is the largest.
const largest = await page.evaluate(async () => {
	const get = async (url) => (await fetch(url)).json();
	const { alerts } = await get('/api/1/alerts?kind=anomaly.volume');
	const all = await Promise.all(alerts.map((alert) => get(`/api/1/alerts/${alert.id}`)));
	return all.sort((a, b) => (b.band?.value ?? 0) - (a.band?.value ?? 0))[0].alert.id;
});
await page.setViewportSize({ width: 1120, height: 660 });
await show(page, `${origin}/alerts/${largest}`);
await shoot('alerts');
const report = await page.evaluate(async () => {
	const session = await (await fetch('/api/1/session')).json();
	const day = (time) => new Date(time).toISOString().slice(0, 10);
	const answer = await fetch('/api/1/reports', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRF': session.csrf },
		body: JSON.stringify({ from: day(Date.parse(session.source.from) + 86400e3), to: day(Date.parse(session.source.to) - 86400e3), language: 'en' }) });
	return answer.json();
});
const file = report.files?.find((name) => name.endsWith('.en.html'));
if (!file) {
	throw new Error(`no report: ${JSON.stringify(report)}`);
}
await page.setViewportSize({ width: 1200, height: 760 });
await page.goto(`${origin}/api/1/reports/${encodeURIComponent(report.id)}/${encodeURIComponent(file)}`);
await page.waitForTimeout(500);
await shoot('report');
await browser.close();
