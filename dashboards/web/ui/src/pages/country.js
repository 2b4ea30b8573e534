// A country, in its two roles that are easily taken for one another: where servers stand, and from where services are
// controlled.
import { html } from '../core/dom.js';
import { country, t, word } from '../core/messages.js';
import { change, place } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';
import { Breakdown, Facts, Subject, SubjectCourse, SubjectNumbers, useSubject } from '../parts/subject.js';

function Roles({ role }) {
	return html`<div class="choices" role="group" aria-label=${t('country_role')}>${['server', 'parent'].map((one) => html`<button key=${one} type="button" class="button" aria-pressed=${one === role ? 'true' : 'false'} onClick=${() => change({ role: one === 'server' ? null : one }, { isReplacing: true })}>${t(`country_${one}`)}</button>`)}</div>`;
}

export function Page({ id }) {
	const { query } = place.use();
	const role = query.get('role') === 'parent' ? 'parent' : 'server';
	const mine = useSubject(query, { [role]: id });
	const about = useApi(`/countries/${encodeURIComponent(id)}`).data ?? {};
	return html`<${Subject} kind=${t('kind_country')} name=${html`${about.name ?? country(id)} <span class="muted">${id}</span>`} lead=${about.zone && word('zone', about.zone)} query=${mine}>
		<${Roles} role=${role} /><p class="muted">${t(`country_${role}_lead`)}</p>
		<${SubjectNumbers} query=${mine} /><${SubjectCourse} query=${mine} />
		<div class="columns"><${Breakdown} query=${mine} by="app,control" title=${t('unit_apps')} /><${Breakdown} query=${mine} by=${role === 'server' ? 'parent,control' : 'server,zone'} title=${role === 'server' ? t('unit_control') : t('app_lands')} /></div>
		<div class="columns"><${Breakdown} query=${mine} by="unit" title=${t('app_users')} /><${Breakdown} query=${mine} by="verdict" title=${t('app_verdicts')} /></div>
		${about.adequacy && html`<${Section} id="law" title=${t('country_law')}><${Facts} facts=${[[t('country_adequacy'), about.adequacy], [t('country_scope'), about.adequacy_scope]]} /></${Section}>`}
	</${Subject}>`;
}
