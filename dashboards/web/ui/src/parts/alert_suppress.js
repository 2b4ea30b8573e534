// A suppression: what it covers, why and until when; what it would have hidden is shown before it begins.
import { html, useEffect, useState } from '../core/dom.js';
import { Dialog } from '../components/dialog.js';
import { Refused } from '../components/states.js';
import { send } from '../core/api.js';
import { count } from '../core/format.js';
import { language, t, word } from '../core/messages.js';
import { say } from '../core/say.js';
import { AlertLine } from './alert_list.js';

const DAYS = [7, 30, 90];
const LONGEST_DAYS = 365;
const PARTS = ['kind', 'app', 'unit'];

const dayAfter = (days) => new Date(Date.now() + days * 86400e3).toISOString().slice(0, 10);
const nameOf = (part, alert) => (part === 'kind' ? word('web.alert_kind', alert.kind) : part === 'app' ? alert.app_name ?? alert.app : alert[part]);

function Preview({ found, error }) {
	if (error) {
		return html`<${Refused} error=${error} />`;
	}
	return found && html`<div aria-live="polite"><p><strong>${t('suppress_would', { count: count(found.covered), all: count(found.all) })}</strong></p>
		${found.alerts.length > 0 && html`<ul class="alert-lines">${found.alerts.slice(0, 5).map((one) => html`<li key=${one.id}><${AlertLine} alert=${one} /></li>`)}</ul>`}</div>`;
}

export function Suppress({ isOpen, alert, onClose, onDone }) {
	const [covered, setCovered] = useState({});
	const [until, setUntil] = useState(dayAfter(DAYS[1]));
	const [reason, setReason] = useState('');
	const [preview, setPreview] = useState({});
	const parts = PARTS.filter((part) => alert?.[part]);
	const body = { ...Object.fromEntries(parts.filter((part) => covered[part] ?? true).map((part) => [part, alert[part]])), until, reason };
	const isAny = parts.some((part) => covered[part] ?? true);
	const question = JSON.stringify({ ...body, reason: '' });

	useEffect(() => {
		setPreview({});
		if (!isOpen || !isAny) {
			return;
		}
		let isWanted = true;
		send(`/suppressions/preview?language=${language.get()}`, body).then(
			(found) => isWanted && setPreview({ found }),
			(failed) => isWanted && setPreview({ error: failed }),
		);
		return () => {
			isWanted = false;
		};
	}, [isOpen, question]);
	const submit = async (event) => {
		event.preventDefault();
		try {
			await send('/suppressions', body);
			say(t('did_suppress'));
			onDone();
			onClose();
		} catch (failed) {
			setPreview({ error: failed });
		}
	};
	return html`<${Dialog} isOpen=${isOpen} onClose=${onClose} title=${t('suppress_title')}><p class="muted">${t('suppress_lead')}</p>
		<form class="fields" onSubmit=${submit}>
			<fieldset class="verdicts"><legend>${t('suppress_what')}</legend>${parts.map((part) => html`<label class="option" key=${part}><input type="checkbox" checked=${covered[part] ?? true} onChange=${(event) => setCovered({ ...covered, [part]: event.currentTarget.checked })} /> ${t(`suppress_${part}`, { name: nameOf(part, alert) })}</label>`)}</fieldset>
			<label>${t('suppress_until')} <input type="date" required value=${until} min=${dayAfter(1)} max=${dayAfter(LONGEST_DAYS)} onInput=${(event) => setUntil(event.currentTarget.value)} /></label>
			<label>${t('suppress_why')} <textarea rows="2" required maxlength="500" value=${reason} onInput=${(event) => setReason(event.currentTarget.value)}></textarea></label>
			<${Preview} ...${preview} />
			<div class="choices"><button type="submit" class="button is-first" disabled=${!isAny}>${t('act_suppress')}</button><button type="button" class="button" onClick=${onClose}>${t('cancel')}</button></div>
		</form></${Dialog}>`;
}
