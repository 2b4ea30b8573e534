// One sentence in words, and four numbers with their usual band.
import { html } from '../core/dom.js';
import { Band, isBand, standing } from '../charts/band.js';
import { Answer, Skeleton } from '../components/states.js';
import { askedText } from '../components/time_range.js';
import { count, devices, isCounted, percent, sent, size } from '../core/format.js';
import { t, tx } from '../core/messages.js';
import { useApi } from '../core/use_api.js';
import { exploreLeaving, leaving, outside, useUsual } from './question.js';

const FIGURES = { on: ['figures'] };

// The band of a figure as it is shown; null where there is none.
const of = (band, now) => (isBand(band) && now !== null ? { ...band, now } : null);

// What did not cross the sensor is no share of nothing.
const isSeen = (figures) => figures.bytes_up_count !== 'unknown';

function Sentence({ total, out, control, usual, query }) {
	const values = {
		bytes: html`<strong>${sent(total)}</strong>`,
		time: askedText(query),
		outside: out && html`<strong>${sent(out)}</strong>`,
		percent: out && html`<span class="display">${percent(out.bytes_up, total.bytes_up)}</span>`,
	};
	const band = out ? of(usual?.outside, out.bytes_up) : of(usual?.bytes_up, total.bytes_up);
	const key = !out ? 'lead_sent' : isSeen(out) ? 'lead_outside' : 'lead_outside_unseen';
	return html`<h1 class="lead">${tx(key, values)}</h1>
		<p class="lead-more">${band && t(`lead_${standing(band)}`)}${usual && !band && t('lead_no_usual')}${control && isSeen(control) && total.bytes_up_count === 'exact' && html` ${tx('lead_control', { percent: percent(control.bytes_up, total.bytes_up) })}`}</p>`;
}

function Number({ title, value, band, show, reason, to }) {
	const now = band && standing(band);
	return html`<li class="number-box"><a class="number-title" href=${to}>${title}</a><span class="number-value">${value}</span>
		${now ? html`<${Band} ...${band} /><span class="small muted">${t(`usual_${now}`, { low: show(band.low), high: show(band.high) })}</span>` : html`<span class="small muted">${reason}</span>`}</li>`;
}

function Numbers({ total, out, usual, query, notes }) {
	const reason = usual === null ? '' : t(usual.reason === 'too_little_history' ? 'usual_too_little' : 'usual_none');
	const to = (sort, changes = {}) => exploreLeaving(query, { sort, ...changes });
	return html`<ul class="numbers">
		<${Number} title=${t('number_sent')} value=${sent(total)} band=${of(usual?.bytes_up, total.bytes_up)} show=${size} reason=${reason} to=${to('up')} />
		${out && html`<${Number} title=${t('number_outside')} value=${sent(out)} band=${of(usual?.outside, out.bytes_up)} show=${size} reason=${reason} to=${to('up', { zone: 'outside-eea' })} />`}
		<${Number} title=${t('number_devices')} value=${devices(total, notes.k)} band=${isCounted(total, notes) ? of(usual?.devices, total.devices) : null} show=${count} reason=${total.devices_count !== 'unknown' ? reason : notes.protection === 'none' ? t('devices_uncounted') : ''} to=${to('devices', { by: 'unit' })} />
		<${Number} title=${t('number_flows')} value=${count(total.flows)} band=${of(usual?.flows, total.flows)} show=${count} reason=${reason} to=${to('flows')} />
	</ul>`;
}

export function Headline({ query }) {
	const all = useApi('/table', leaving(query), FIGURES);
	const out = useApi(outside(query, 'zone') && '/table', outside(query, 'zone') ?? {}, FIGURES);
	const control = useApi(outside(query, 'control') && '/table', outside(query, 'control') ?? {}, FIGURES);
	const usual = useUsual(query, all.data !== undefined);
	const band = usual.error ? {} : usual.data ?? null;
	return html`<header class="reading"><${Answer} of=${all} rows=${3}>${(answer) =>
		answer.total.is_hidden
			? html`<h1 class="lead">${t('lead_hidden', { k: answer.notes.k })}</h1>`
			: out.isLoading && outside(query, 'zone') && !out.data
				? html`<${Skeleton} rows=${3} />`
				: html`<${Sentence} total=${answer.total} out=${out.data?.total} control=${control.data?.total} usual=${band} query=${query} />
					<${Numbers} total=${answer.total} out=${out.data?.total} usual=${band} query=${query} notes=${answer.notes} />`}</${Answer}></header>`;
}
