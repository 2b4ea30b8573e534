// An app: who owns it, who controls the owner, where it lands, what proves it, who uses it, which rule applies, since when.
import { html } from '../core/dom.js';
import { Handle } from '../components/handle.js';
import { Answer } from '../components/states.js';
import { day } from '../core/format.js';
import { t, word } from '../core/messages.js';
import { place } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';
import { Breakdown, Facts, Subject, SubjectCourse, SubjectNumbers, useSubject } from '../parts/subject.js';

const NAMES_SHOWN = 40;

const country = (by, code, name) => code && html`<${Handle} by=${by} value=${code} name=${name ?? code} />`;

// Many names: the first, and the rest when they are wanted.
function Names({ names }) {
	const text = (list) => list.map((one) => (typeof one === 'string' ? one : one.name)).join('  ');
	return html`<span class="names">${text(names.slice(0, NAMES_SHOWN))}</span>${names.length > NAMES_SHOWN && html`<details><summary>${t('app_names_more', { count: names.length - NAMES_SHOWN })}</summary><span class="names">${text(names.slice(NAMES_SHOWN))}</span></details>`}`;
}

function Dossier({ app }) {
	return html`<${Section} id="dossier" title=${t('app_dossier')} lead=${t('app_dossier_lead')}><${Facts} facts=${[
		[t('app_owner'), app.owner],
		[t('app_owner_country'), country('server', app.owner_country, app.owner_country_name)],
		[t('app_parent'), app.parent],
		[t('by_parent'), country('parent', app.parent_country, app.parent_country_name)],
		[t('by_control'), app.control && word('zone', app.control)],
		[t('app_category'), app.category],
		[t('app_names'), app.hosts?.length > 0 && html`<${Names} names=${app.hosts} />`],
		[t('app_embedded'), app.embedded?.length > 0 && html`<${Names} names=${app.embedded} />`],
		[t('app_networks'), app.networks?.length > 0 && app.networks.map((one, i) => html`${i > 0 && ', '}${one.asn ? html`<a href=${`/networks/${one.asn}`}>AS${one.asn}${one.name && ` ${one.name}`}</a>` : one.prefix ?? String(one)}`)],
		[t('app_note'), app.note],
	]} /></${Section}>`;
}

const Rules = ({ rules }) => html`<${Section} id="rules" title=${t('app_rules')}>${rules.length === 0 ? html`<p class="muted">${t('app_rules_none')}</p>` : html`<ul class="sentences">${rules.map((rule) => html`<li key=${rule.id}><${Handle} by="rule" value=${rule.id} name=${rule.id} /> ${rule.sentence}${rule.since && html` <span class="muted">${t('since', { day: day(rule.since) })}</span>`}</li>`)}</ul>`}</${Section}>`;

export function Page({ id }) {
	const { query } = place.use();
	const mine = useSubject(query, { app: id });
	const dossier = useApi(`/apps/${encodeURIComponent(id)}`);
	const app = dossier.data;
	const lead = app?.parent_country && t('app_lead', { owner: app.owner ?? t('value_unknown'), country: app.parent_country_name ?? app.parent_country });
	return html`<${Subject} kind=${t('kind_app')} name=${app?.name ?? id} lead=${lead} query=${mine}>
		<${SubjectNumbers} query=${mine} /><${SubjectCourse} query=${mine} />
		<div class="columns"><${Breakdown} query=${mine} by="server,zone" title=${t('app_lands')} /><${Breakdown} query=${mine} by="unit" title=${t('app_users')} /></div>
		<div class="columns"><${Breakdown} query=${mine} by="verdict" title=${t('app_verdicts')} /><${Breakdown} query=${mine} by="block" title=${t('app_blocks')} /></div>
		<${Answer} of=${dossier} rows=${5}>${(one) => html`<${Rules} rules=${one.rules ?? (one.rule ? [one.rule] : [])} /><${Dossier} app=${one} />`}</${Answer}>
	</${Subject}>`;
}
