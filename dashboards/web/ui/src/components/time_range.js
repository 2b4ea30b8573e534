// The time that all figures are of: the last hours or days, or from one moment to another.
import { html, useState } from '../core/dom.js';
import { period as periodText } from '../core/format.js';
import { t } from '../core/messages.js';
import { asked, bounds, LASTS } from '../core/period.js';
import { change, place } from '../core/place.js';
import { session } from '../core/session.js';
import { Dialog } from './dialog.js';

// "the last 7 days", inside a sentence; alone it begins with a capital.
export const lastText = (last) => t('time_last', { number: last.slice(0, -1), unit: last.endsWith('h') ? t('time_hours', { n: last.slice(0, -1) }) : t('time_days', { n: last.slice(0, -1) }) });

const alone = (text) => text[0].toLocaleUpperCase() + text.slice(1);

export const askedText = (query) => {
	const period = asked(query);
	return period.last ? lastText(period.last) : periodText(...bounds(period));
};

// What an <input type="datetime-local"> shows: the wall of the organisation's zone.
function wall(time, zone) {
	const parts = Object.fromEntries(
		new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
			.formatToParts(new Date(time)).map((part) => [part.type, part.value]),
	);
	return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

// And back: the moment at which that wall shows it.
function momentOf(text, zone) {
	const guess = Date.parse(`${text}Z`);
	const shown = Date.parse(`${wall(guess, zone)}Z`);
	return new Date(guess - (shown - guess)).toISOString();
}

export function TimeRange({ isInSentence = false }) {
	const { query } = place.use();
	const { timezone = 'UTC', source } = session.use() ?? {};
	const [isOpen, setOpen] = useState(false);
	const period = asked(query);
	const [from, to] = bounds(period);
	const choose = (changes) => {
		setOpen(false);
		change({ last: null, from: null, to: null, first: null, ...changes });
	};
	const submit = (event) => {
		event.preventDefault();
		const form = new FormData(event.currentTarget);
		const [start, end] = ['from', 'to'].map((name) => momentOf(form.get(name), timezone));
		choose(start < end ? { from: start, to: end } : { from: end, to: start });
	};
	return html`<button type="button" class="button time-range" aria-haspopup="dialog" onClick=${() => setOpen(true)}>${isInSentence ? askedText(query) : alone(askedText(query))}</button>
	<${Dialog} isOpen=${isOpen} onClose=${() => setOpen(false)} title=${t('time_title')}>
		<div class="choices">${LASTS.map((last) => html`<button type="button" class="button" aria-pressed=${period.last === last} onClick=${() => choose({ last })}>${alone(lastText(last))}</button>`)}
		${source?.from && html`<button type="button" class="button" onClick=${() => choose({ from: source.from, to: source.to })}>${t('time_all')}</button>`}</div>
		<form class="fields" onSubmit=${submit}>
			<label>${t('time_from')} <input type="datetime-local" name="from" required defaultValue=${wall(from, timezone)} /></label>
			<label>${t('time_to')} <input type="datetime-local" name="to" required defaultValue=${wall(to, timezone)} /></label>
			<button type="submit" class="button is-first">${t('time_show')}</button>
			<p class="muted">${t('time_zone', { zone: timezone })}</p>
		</form>
	</${Dialog}>`;
}
