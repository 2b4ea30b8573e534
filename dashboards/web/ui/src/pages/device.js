// A device, for roles that may see one: its time line, which can be copied as text. Each look is written down on the server.
import { html } from '../core/dom.js';
import { Answer } from '../components/states.js';
import { t } from '../core/messages.js';
import { asked } from '../core/period.js';
import { href, place } from '../core/place.js';
import { copy } from '../core/say.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';

export function Page({ id }) {
	const { query } = place.use();
	const answer = useApi(`/devices/${encodeURIComponent(id)}`, asked(query));
	const flows = href('/explore', { where: `device == "${id}"`, flows: '0' }, query);
	return html`<header class="page-head"><div><p class="muted">${t('kind_device')}</p><h1 class="hash">${id}</h1><p class="lead-more">${t('device_logged')}</p></div>
		<div class="choices"><a class="button" href=${flows}>${t('device_flows')}</a></div></header>
		<${Answer} of=${answer} rows=${8}>${(device) => html`<${Section} id="line" title=${t('device_line')} end=${html`<button type="button" class="button" onClick=${() => copy(device.text, t('device_copied'))}>${t('device_copy')}</button>`}>
			<pre class="policy-text" tabindex="0">${device.text}</pre></${Section}>`}</${Answer}>`;
}
