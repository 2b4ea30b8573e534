// Where a number stands in its usual band: the band, what is usual, and the number now, on a line from zero.
import { html } from '../core/dom.js';

export function Band({ now, low, usual, high }) {
	const most = Math.max(now, high) * 1.15 || 1;
	const at = (value) => `${(100 * value) / most}%`;
	return html`<svg class="band" width="100%" height="14" aria-hidden="true">
		<line x1="0" x2="100%" y1="7" y2="7" class="band-line" />
		<rect x=${at(low)} width=${at(high - low)} y="2" height="10" rx="2" class="band-usual" />
		<line x1=${at(usual)} x2=${at(usual)} y1="2" y2="12" class="band-middle" />
		<circle cx=${at(now)} cy="7" r="4.5" class="band-now" />
	</svg>`;
}

// With too little history there is no band.
export const isBand = (band) => band?.low !== undefined && band?.low !== null;

// "above", "below" or "within".
export const standing = ({ now, low, high }) => (now > high ? 'above' : now < low ? 'below' : 'within');
