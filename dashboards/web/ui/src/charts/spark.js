// A row's course in its cell: as high as its own largest step, a gap where there is nothing.
import { html } from '../core/dom.js';

const WIDTH = 120;
const HEIGHT = 20;

export function Spark({ values, token = 'text' }) {
	const most = Math.max(...values, 1);
	const wide = WIDTH / Math.max(values.length, 1);
	const bars = values.map((value, i) => {
		const high = value > 0 ? Math.max(1, (HEIGHT * value) / most) : 0;
		return high > 0 ? `M${(i * wide).toFixed(1)} ${HEIGHT}v${-high.toFixed(1)}h${Math.max(0.8, wide - 0.4).toFixed(1)}v${high.toFixed(1)}z` : '';
	});
	return html`<svg class="spark ink-${token}" viewBox="0 0 ${WIDTH} ${HEIGHT}" width=${WIDTH} height=${HEIGHT} aria-hidden="true"><path d=${bars.join('')} /></svg>`;
}
