// How grave: a word and one to four bars; only critical has a colour.
import { html } from '../core/dom.js';
import { word } from '../core/messages.js';

const LEVELS = ['low', 'medium', 'high', 'critical'];

export function Severity({ level }) {
	const bars = LEVELS.indexOf(level) + 1;
	return html`<span class="severity severity-${LEVELS[bars - 1] ?? 'low'}"><svg viewBox="0 0 22 12" width="22" height="12" aria-hidden="true">${LEVELS.map((_, i) => html`<rect x=${i * 6} y=${9 - i * 3} width="4" height=${3 + i * 3} class=${i < bars ? 'is-on' : ''} />`)}</svg> ${word('desk_severity', level)}</span>`;
}
