// A network by its number: which apps of the catalogue are tied to it, and the flows that went there.
import { html } from '../core/dom.js';
import { Handle } from '../components/handle.js';
import { Answer, Empty } from '../components/states.js';
import { Table } from '../components/table.js';
import { t } from '../core/messages.js';
import { carried, href } from '../core/place.js';
import { seesDevices } from '../core/session.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';

const columns = () => [
	{ key: 'app', title: t('by_app'), cell: (app) => html`<${Handle} by="app" value=${app.id} name=${app.name} />` },
	{ key: 'owner', title: t('app_owner'), cell: (app) => app.owner },
	{ key: 'parent', title: t('app_parent'), cell: (app) => app.parent },
	{ key: 'country', title: t('by_parent'), cell: (app) => (app.parent_country ? html`<${Handle} by="parent" value=${app.parent_country.code} name=${app.parent_country.name} />` : '–') },
];

export function Page({ id }) {
	const number = id.replace(/^AS/i, '');
	const answer = useApi(`/networks/${encodeURIComponent(number)}`);
	const flows = href('/explore', { where: `asn == ${number}`, flows: '0' }, carried(false));
	return html`<${Answer} of=${answer} rows=${6}>${(network) => html`
		<header class="page-head"><div><p class="muted">${t('kind_network')}</p><h1>${network.name}</h1></div>
		${seesDevices() && html`<div class="choices"><a class="button" href=${flows}>${t('network_flows')}</a></div>`}</header>
		<${Section} id="apps" title=${t('network_apps')} lead=${t('network_apps_lead')}>${network.apps.length > 0 ? html`<${Table} caption=${t('network_apps')} columns=${columns()} rows=${network.apps} rowKey=${(app) => app.id} />` : html`<${Empty} title=${t('network_apps_none')} />`}</${Section}>`}
	</${Answer}>`;
}
