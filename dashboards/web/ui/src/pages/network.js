// A network by its number: which apps of the catalogue are tied to it, and the flows that went there.
import { html } from '../core/dom.js';
import { Handle } from '../components/handle.js';
import { Answer, Empty } from '../components/states.js';
import { Table } from '../components/table.js';
import { askedText } from '../components/time_range.js';
import { count, moment, received, sent } from '../core/format.js';
import { t } from '../core/messages.js';
import { asked } from '../core/period.js';
import { carried, href, place } from '../core/place.js';
import { seesDevices } from '../core/session.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';

const columns = () => [
	{ key: 'app', title: t('by_app'), cell: (app) => html`<${Handle} by="app" value=${app.id} name=${app.name} />` },
	{ key: 'owner', title: t('app_owner'), cell: (app) => app.owner },
	{ key: 'parent', title: t('app_parent'), cell: (app) => app.parent },
	{ key: 'country', title: t('by_parent'), cell: (app) => (app.parent_country ? html`<${Handle} by="parent" value=${app.parent_country.code} name=${app.parent_country.name} />` : '–') },
];

// Of flows, which are added up when they are asked for; null for who may not see flows.
const Figures = ({ seen, hasMore, time }) => seen && (seen.flows === 0 ? html`<${Empty} title=${t('subject_nothing', { time })} />` : html`<ul class="numbers">
	${[[t('number_sent'), sent(seen)], [t('flow_received'), received(seen)], [t('number_flows'), count(seen.flows)], [t('network_last'), seen.last ? moment(seen.last) : '–']].map(([title, value]) => html`<li key=${title} class="number-box"><span class="number-title">${title}</span><span class="number-value">${value}</span></li>`)}</ul>
	${hasMore && html`<p class="muted">${t('network_cut', { count: count(seen.flows) })}</p>`}`);

export function Page({ id }) {
	const { query } = place.use();
	const number = id.replace(/^AS/i, '');
	const answer = useApi(`/networks/${encodeURIComponent(number)}`, asked(query));
	const flows = href('/explore', { where: `asn == ${number}`, flows: '0' }, carried(false));
	const about = (network) => [network.owner && t('network_owner', { owner: network.owner }), network.owner_country && t('network_control', { country: network.owner_country.name })].filter(Boolean).join(' ');
	const name = answer.data?.name ?? `AS${number}`;
	return html`<header class="page-head"><div><p class="muted">${t('kind_network')}</p><h1>${name}${name !== `AS${number}` && html` <span class="muted">AS${number}</span>`}</h1>${answer.data && html`<p class="lead-more">${about(answer.data)}</p>`}</div>
		${seesDevices() && html`<div class="choices"><a class="button" href=${flows}>${t('network_flows')}</a></div>`}</header>
		<${Answer} of=${answer} rows=${6}>${(network) => html`<${Figures} seen=${network.seen} hasMore=${network.has_more} time=${askedText(query)} />
		<${Section} id="apps" title=${t('network_apps')} lead=${t('network_apps_lead')}>${network.apps.length > 0 ? html`<${Table} caption=${t('network_apps')} columns=${columns()} rows=${network.apps} rowKey=${(app) => app.id} />` : html`<${Empty} title=${t('network_apps_none')}>${t('network_apps_lead')}</${Empty}>`}</${Section}>`}
	</${Answer}>`;
}
