// A browser, and pages in it that notice whatever goes wrong: errors of the console and of scripts, reports of the content
// security policy, requests to anywhere else, and texts of attackers that ran.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.NODE_FOLDER}/package.json`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });

// An address that is asked for on purpose and may be missing.
const isForgiven = (url) => /\/api\/1\/doctor/.test(url);

export function watch(page, root) {
	const troubles = [];
	page.on('pageerror', (error) => troubles.push(`script: ${error.message}`));
	page.on('console', (message) => message.type() === 'error' && !isForgiven(message.location().url) && troubles.push(`console: ${message.text()} ${message.location().url}`));
	page.on('request', (request) => !request.url().startsWith(root) && troubles.push(`asked ${request.url()}`));
	page.on('dialog', (dialog) => {
		troubles.push(`dialog: ${dialog.message()}`);
		dialog.dismiss();
	});
	return troubles;
}

export async function enter(browser, link, options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en', reducedMotion: 'reduce', ...options });
	await context.addInitScript(() => {
		globalThis.reported = [];
		document.addEventListener('securitypolicyviolation', (event) => globalThis.reported.push(`${event.violatedDirective} ${event.blockedURI}`));
	});
	if (link) {
		const page = await context.newPage();
		await page.goto(link);
		await page.close();
	}
	return context;
}

// The stream of events stays open, so the network is never idle: what is shown has to be there.
export async function settle(page) {
	await page.waitForSelector('main', { timeout: 8000 }).catch(() => {});
	await page.waitForTimeout(120);
	await page.waitForFunction(() => !document.querySelector('main .skeleton, main [aria-busy=true]'), null, { timeout: 8000 }).catch(() => {});
	await page.waitForTimeout(80);
}

export async function show(page, address) {
	await page.goto(address, { waitUntil: 'domcontentloaded' });
	await settle(page);
}

// What an attacker's text did: reports of the policy, marks that it left.
export const harm = (page) => page.evaluate(() => [...globalThis.reported, ...(globalThis.hacked ? ['a script ran'] : []), ...[...document.querySelectorAll('img, iframe, object, embed, script:not([src])')].map((one) => one.outerHTML)]);

// Violations of the rules of WCAG 2.2 A and AA, a line each.
export async function violations(page) {
	await page.evaluate(axe);
	return page.evaluate(async () => {
		const found = await globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] });
		return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.any[0]?.message ?? ''}`).join('; ')}`);
	});
}

// Elements that stick out of the window, but for what scrolls by itself.
export const cut = (page) => page.evaluate(() => {
	const scrolls = (one) => one && (/(auto|scroll|hidden)/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
	const wide = document.documentElement.scrollWidth - innerWidth;
	return wide <= 1 ? [] : [`${wide} px too wide`, ...[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !scrolls(one.parentElement)).slice(0, 3).map((one) => one.outerHTML.slice(0, 120))];
});
