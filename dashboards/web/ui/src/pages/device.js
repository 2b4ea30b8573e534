// A device, for roles that may see one: its time line of bindings, apps, findings, gaps and changes of the policy, which can
// be copied as text. Each look is written down on the server.
import { html } from '../core/dom.js';
import { Handle } from '../components/handle.js';
import { Answer, Empty } from '../components/states.js';
import { Table } from '../components/table.js';
import { count, moment, size } from '../core/format.js';
import { t, word } from '../core/messages.js';
import { asked } from '../core/period.js';
import { place } from '../core/place.js';
import { copy } from '../core/say.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';
import { Facts } from '../parts/subject.js';

const KINDS = { binding: 'binding', app: 'app', finding: 'finding', alert: 'finding', gap: 'gap', policy: 'policy' };
const kindOf = (event) => t(`device_kind_${KINDS[event.kind] ?? 'binding'}`);
const timeOf = (event) => (event.to && event.to !== event.from ? `${moment(event.from)} – ${moment(event.to)}` : moment(event.from));
export const asText = (id, events) => [id, ...events.map((event) => `${timeOf(event)}\t${kindOf(event)}\t${event.sentence ?? event.name ?? ''}`)].join('\n');

const columns = () => [
	{ key: 'time', title: t('device_when'), cell: (event) => html`<span class="number">${timeOf(event)}</span>` },
	{ key: 'kind', title: t('device_what'), cell: kindOf },
	{ key: 'text', title: t('device_told'), cell: (event) => (event.alert ? html`<a href=${`/alerts/${encodeURIComponent(event.alert)}`}>${event.sentence}</a>` : event.app ? html`<${Handle} by="app" value=${event.app} name=${event.name} />${event.sentence && ` ${event.sentence}`}` : event.sentence) },
	{ key: 'bytes', title: t('flow_sent'), isFigure: true, cell: (event) => (event.bytes_up === undefined ? '' : size(event.bytes_up)) },
];

export function Page({ id }) {
	const { query } = place.use();
	const answer = useApi(`/devices/${encodeURIComponent(id)}`, asked(query));
	return html`<header class="page-head"><div><p class="muted">${t('kind_device')}</p><h1 class="hash">${id}</h1><p class="lead-more">${t('device_logged')}</p></div></header>
		<${Answer} of=${answer} rows=${8}>${(device) => html`
			<${Facts} facts=${[
				[t('by_unit'), device.unit && html`<${Handle} by="unit" value=${device.unit} />`], [t('by_class'), device.class && html`<${Handle} by="class" value=${device.class} />`],
				[t('device_sort'), device.kind && word('device_kind', device.kind).replace('{count}', count(device.at_least ?? 0))], [t('device_first'), device.first && moment(device.first)], [t('device_last'), device.last && moment(device.last)],
				[t('device_addresses'), device.addresses?.map((one) => html`<span class="line" key=${one.address ?? one}>${one.address ?? one}</span>`)], [t('device_why'), device.why],
			]} />
			<${Section} id="line" title=${t('device_line')} end=${device.events?.length > 0 && html`<button type="button" class="button" onClick=${() => copy(asText(id, device.events), t('device_copied'))}>${t('device_copy')}</button>`}>
				${device.events?.length > 0 ? html`<${Table} isWide caption=${t('device_line')} columns=${columns()} rows=${device.events} />` : html`<${Empty} title=${t('device_nothing')} />`}</${Section}>`}</${Answer}>`;
}
