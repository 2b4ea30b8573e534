// An app: who owns it, who controls the owner, where it lands, what proves it, who uses it, which rule applies, since when.
import { html } from '../core/dom.js';
import { Handle } from '../components/handle.js';
import { Answer } from '../components/states.js';
import { t, word } from '../core/messages.js';
import { nameOf, remember } from '../core/names.js';
import { place } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';
import { Breakdown, Facts, Subject, SubjectCourse, SubjectNumbers, useSubject } from '../parts/subject.js';

const NAMES_SHOWN = 40;

const country = (by, code) => code && html`<${Handle} by=${by} value=${code} />`;

// Many names: the first, and the rest when they are wanted.
function Names({ names }) {
	const rest = names.slice(NAMES_SHOWN);
	return html`<span class="names">${names.slice(0, NAMES_SHOWN).join('  ')}</span>${rest.length > 0 && html`<details><summary>${t('app_names_more', { count: rest.length })}</summary><span class="names">${rest.join('  ')}</span></details>`}`;
}

// Names and networks of the catalogue, by whether they are the app's own use or embedded in pages of others.
const valuesOf = (rules, isWanted) => rules.filter(isWanted).map((rule) => rule.value);
const isNetwork = (rule) => ['asn', 'prefix'].includes(rule.kind);

function Dossier({ dossier }) {
	const rules = dossier.rules ?? [];
	const networks = rules.filter(isNetwork);
	return html`<${Section} id="dossier" title=${t('app_dossier')} lead=${t('app_dossier_lead')}><${Facts} facts=${[
		[t('app_owner'), dossier.owner?.name],
		[t('app_owner_country'), country('server', dossier.owner?.country)],
		[t('app_parent'), dossier.parent?.name],
		[t('by_parent'), country('parent', dossier.parent?.country)],
		[t('by_control'), dossier.parent?.zone && word('zone', dossier.parent.zone)],
		[t('app_category'), dossier.category && word('category', dossier.category)],
		[t('app_names'), rules.some((rule) => !isNetwork(rule) && !rule.embedded) && html`<${Names} names=${valuesOf(rules, (rule) => !isNetwork(rule) && !rule.embedded)} />`],
		[t('app_embedded'), rules.some((rule) => rule.embedded) && html`<${Names} names=${valuesOf(rules, (rule) => rule.embedded)} />`],
		[t('app_networks'), networks.length > 0 && networks.map((one, i) => html`${i > 0 && ', '}${one.kind === 'asn' ? html`<a href=${`/networks/${one.value.replace(/^AS/, '')}`}>${one.value}</a>` : one.value}`)],
		[t('app_note'), dossier.note],
	]} /></${Section}>`;
}

export function Page({ id }) {
	const { query } = place.use();
	const mine = useSubject(query, { app: id });
	const blocked = useSubject(query, { app: id, block: '!none' });
	const answer = useApi(`/apps/${encodeURIComponent(id)}`);
	const { dossier } = answer.data ?? {};
	const name = dossier?.name ?? id;
	remember('app', id, name);
	const lead = dossier?.parent && t('app_lead', { owner: dossier.owner?.name ?? t('value_unknown'), country: nameOf('parent', dossier.parent.country) });
	return html`<${Subject} kind=${t('kind_app')} name=${name} lead=${lead} query=${mine}>
		<${SubjectNumbers} query=${mine} /><${SubjectCourse} query=${mine} />
		<div class="columns"><${Breakdown} query=${mine} by="server,zone" title=${t('app_lands')} /><${Breakdown} query=${mine} by="unit" title=${t('app_users')} /></div>
		<div class="columns"><${Breakdown} query=${mine} by="rule,verdict" title=${t('app_rules')} /><${Breakdown} query=${blocked} by="block" title=${t('app_blocks')} /></div>
		<${Answer} of=${answer} rows=${5}>${(one) => html`<${Dossier} dossier=${one.dossier} />`}</${Answer}>
	</${Subject}>`;
}
