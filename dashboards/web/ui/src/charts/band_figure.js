// A number in its usual band, large: nothing to the left, the band, what is usual, and the moment's own number.
import { html } from '../core/dom.js';
import { moment, size } from '../core/format.js';
import { t } from '../core/messages.js';

const WIDE = 640;
const HIGH = 84;
const EDGE = 16;
const LINE = 44;

export function BandFigure({ band }) {
	const most = Math.max(band.value, band.high, band.usual) * 1.12 || 1;
	const at = (value) => EDGE + ((WIDE - 2 * EDGE) * value) / most;
	const anchor = (x) => (x > WIDE - 160 ? 'end' : x < 160 ? 'start' : 'middle');
	const [low, high, now] = [at(band.low ?? 0), at(band.high), at(band.value)];
	const said = { value: size(band.value), usual: size(band.usual), high: size(band.high), time: band.marked ? moment(band.marked) : '' };
	return html`<figure class="band-frame"><svg class="band-figure" viewBox="0 0 ${WIDE} ${HIGH}" role="img" aria-label=${t('band_label', said)}>
		<line x1=${EDGE} x2=${WIDE - EDGE} y1=${LINE} y2=${LINE} class="band-line" />
		<rect x=${low} width=${Math.max(3, high - low)} y=${LINE - 10} height="20" rx="3" class="band-usual" />
		<line x1=${at(band.usual)} x2=${at(band.usual)} y1=${LINE - 12} y2=${LINE + 12} class="band-middle" />
		<line x1=${now} x2=${now} y1=${LINE - 18} y2=${LINE + 18} class="band-moment" /><circle cx=${now} cy=${LINE} r="6" class="band-now" />
		<text x=${now} y="18" text-anchor=${anchor(now)} class="band-text">${said.value}</text>
	</svg><figcaption class="muted">${t('band_caption', said)}</figcaption></figure>`;
}
