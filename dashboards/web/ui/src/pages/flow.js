// One flow, all that was recorded of it: every part, every field; values are handles, and all of it can be copied.
import { html } from '../core/dom.js';
import { Handle } from '../components/handle.js';
import { Answer, Empty } from '../components/states.js';
import { second, size } from '../core/format.js';
import { t } from '../core/messages.js';
import { copy } from '../core/say.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';

// Fields that can be asked by, and as what.
const ASKED = {
	'network.application': 'app', 'network.protocol': 'protocol', 'network.direction': 'direction', 'borderflow.unit': 'unit', 'borderflow.class': 'class',
	'borderflow.server_country': 'server', 'borderflow.app.parent_country': 'parent', 'borderflow.zone': 'zone', 'borderflow.control': 'control',
	'borderflow.policy.rule': 'rule', 'borderflow.policy.action': 'action', 'borderflow.policy.verdict': 'verdict', 'borderflow.policy.exception': 'exception',
	'borderflow.block': 'block', 'borderflow.via': 'via', 'borderflow.device': 'device', 'source.ip': 'device',
};

function fields(value, path = '') {
	if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
		return Object.entries(value).flatMap(([name, inner]) => fields(inner, path ? `${path}.${name}` : name));
	}
	return [[path, Array.isArray(value) ? value.join(', ') : String(value)]];
}

const Field = ({ path, value }) => html`<tr><th scope="row"><code>${path}</code></th><td><${Handle} by=${ASKED[path] ?? path} value=${value} /></td></tr>`;

function Part({ flow, number, many }) {
	const title = many ? t('flow_part', { number }) : t('flow_all');
	return html`<${Section} id="part-${number}" title=${title} lead=${second(flow.event.start)} end=${html`<button type="button" class="button" onClick=${() => copy(JSON.stringify(flow), t('copied', { text: title }))}>${t('flow_copy')}</button>`}>
		<table class="fields-table reading"><caption class="unseen">${title}</caption><tbody>${fields(flow).map(([path, value]) => html`<${Field} key=${path} path=${path} value=${value} />`)}</tbody></table></${Section}>`;
}

export function Page({ id }) {
	const answer = useApi(`/flows/${encodeURIComponent(id)}`);
	return html`<h1>${t('page_flow')} <span class="muted">${id}</span></h1>
		<${Answer} of=${answer} rows=${12} isEmpty=${(one) => one.flows.length === 0} empty=${html`<${Empty} />`}>${({ flows }) => html`
			<p class="lead-more">${t('flow_sentence', {
				server: flows[0].destination?.domain ?? flows[0].destination?.ip ?? '',
				up: size(flows.reduce((sum, flow) => sum + (flow.source?.bytes ?? 0), 0)),
				down: size(flows.reduce((sum, flow) => sum + (flow.destination?.bytes ?? 0), 0)),
			})}</p>
			${flows.map((flow, i) => html`<${Part} key=${i} flow=${flow} number=${i + 1} many=${flows.length > 1} />`)}`}</${Answer}>`;
}
