// What the page makes of an address: filters, times, and filters in the language of flows; and its colours. Prints TAP; run by
// tests/unit/page_core.sh with the folder of the page.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

globalThis.location = { pathname: '/', search: '', origin: 'http://localhost' };
globalThis.history = { state: null };
const of = (path) => import(pathToFileURL(join(process.argv[2], 'src', path)).href);
const { changed, filters, href } = await of('core/place.js');
const { flowFilter } = await of('core/flow_filter.js');
const { asked, bounds, stepOf } = await of('core/period.js');
const { session } = await of('core/session.js');

let number = 0;
function is(got, wanted, what) {
	const [a, b] = [got, wanted].map((one) => JSON.stringify(one));
	number++;
	console.log(`${a === b ? 'ok' : 'not ok'} ${number} - ${what}`);
	if (a !== b) {
		console.log(`# got ${a}\n# wanted ${b}`);
		process.exitCode = 1;
	}
}
const query = (text) => new URLSearchParams(text);

is(filters(query('unit=!School&app=tiktok&app=telegram&sort=up')), [
	{ by: 'app', value: 'tiktok', isExcluded: false },
	{ by: 'app', value: 'telegram', isExcluded: false },
	{ by: 'unit', value: 'School', isExcluded: true },
], 'filters of an address, in the order of a sentence');
is(changed('app', 'tiktok', 'include', query('app=!tiktok&app=signal')), ['signal', 'tiktok'], 'included, and no longer excluded');
is(changed('app', 'tiktok', 'exclude', query('app=tiktok')), ['!tiktok'], 'excluded, and no longer included');
is(changed('app', 'tiktok', 'only', query('app=signal&app=!x')), ['tiktok'], 'only this');
is(changed('app', 'tiktok', 'drop', query('app=tiktok&app=signal')), ['signal'], 'dropped alone');
is(href('/explore', { app: ['a b', '!c'], first: null }, query('first=50&last=7d')), '/explore?last=7d&app=a+b&app=!c', 'an address keeps what is not changed');
is(href('/overview', { app: [] }, query('app=x')), '/overview', 'no filter, no query');
is(href('/explore', { unit: ['<img src=x onerror=alert(1)>&app=y'] }).includes('<'), false, 'a hostile name stays a value');

is(flowFilter(query('')), '', 'no filter asks for all flows');
is(flowFilter(query('app=tiktok&app=signal&unit=!School')),
	'((app == "tiktok" and not inferred) or (app == "signal" and not inferred)) and not unit == "School"', 'alternatives, and all dimensions');
is(flowFilter(query('app=unknown')), '((app == "unknown" or inferred))', 'an app that nothing names');
is(flowFilter(query('rule=none&zone=outside-eea')), '(zone == "outside-eea") and ((not rule or rule == "none"))', 'what records lack');
is(flowFilter(query('server=!internal')), 'not zone == "internal"', 'our own networks have no country');
is(flowFilter(query('server=unknown')), '((not zone == "internal" and (not country or country == "unknown")))', 'a country that is not known is not ours');
is(flowFilter(query('hidden=ech')), null, 'why a name is hidden cannot be asked of flows');
is(flowFilter(query('text=tik')), null, 'neither can texts of groups');
is(flowFilter(query('unit=a" or app == "b')), null, 'a value cannot leave its quotes');

session.set({ source: { from: '2026-03-01T00:12:57.000Z', to: '2026-03-17T21:59:08.043Z', is_running: false } });
is(asked(query('')), { from: '2026-03-10T21:00:00.000Z', to: '2026-03-17T22:00:00.000Z' }, 'the last week of what there is, by whole hours');
is(asked(query('last=24h')), { last: '24h' }, 'what the address says comes first');
is(asked(query('from=2026-03-17T08:01:30.000Z&to=2026-03-17T08:06:00.000Z')), { from: '2026-03-17T08:00:00.000Z', to: '2026-03-17T08:10:00.000Z' },
	'a moment becomes the edge of five minutes');
is(asked(query('from=2026-03-17')), { from: '2026-03-17', to: null }, 'a day stays a day');
session.set({ source: { from: null, to: null, is_running: true } });
is(asked(query('')), { last: '7d' }, 'of what runs the last week');
is(bounds({ from: '2026-03-17T08:00:00Z', to: '2026-03-17T09:00:00Z' }).map((at) => at % 3600e3), [0, 0], 'bounds are times');
is([['2026-03-17T00:00:00Z', '2026-03-18T00:00:00Z'], ['2026-03-01T00:00:00Z', '2026-03-31T00:00:00Z'], ['2025-03-01T00:00:00Z', '2026-03-01T00:00:00Z']]
	.map(([from, to]) => stepOf({ from, to })), [300, 3600, 86400], 'a day by five minutes, a month by hours, a year by days');
// Every fill has 3:1 against its surface, text 7:1 and muted text 4.5:1, in both themes; and both themes know all tokens.
const themes = readFileSync(join(process.argv[2], 'style/tokens.css'), 'utf8').split('}').filter((rule) => rule.includes('--surface'))
	.map((rule) => Object.fromEntries([...rule.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, token, colour]) => [token, colour])));
function light(colour) {
	const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
	const [high, low] = [light(a), light(b)].sort((one, other) => other - one);
	return (high + 0.05) / (low + 0.05);
}
const fills = ['accent', 'edge', 'eu', 'eea', 'adequate', 'adequate_partial', 'third', 'watched', 'unknown', 'internal', 'critical'];
for (const theme of themes) {
	is(fills.filter((token) => contrast(theme[token], theme.surface) < 3), [], `fills on ${theme.surface}`);
	is([contrast(theme.text, theme.surface) >= 7, contrast(theme.muted, theme.raised) >= 4.5, contrast(theme['on-accent'], theme.accent) >= 3],
		[true, true, true], `text on ${theme.surface}`);
}
is(new Set(themes.map((theme) => Object.keys(theme).sort().join(' '))).size, 1, 'each theme has each token');
is(JSON.stringify(themes[1]), JSON.stringify(themes[2]), 'dark by choice is dark by the system');
console.log(`1..${number}`);
