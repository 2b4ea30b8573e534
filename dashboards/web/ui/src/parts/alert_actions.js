// What can be done with alerts, one or many: acknowledge, escalate, close with a verdict, open again what is closed, write a
// note, suppress what is like it. If somebody was faster the server says so, and nothing is overwritten.
import { html, useEffect, useState } from '../core/dom.js';
import { Dialog } from '../components/dialog.js';
import { send } from '../core/api.js';
import { count } from '../core/format.js';
import { t } from '../core/messages.js';
import { say } from '../core/say.js';
import { session } from '../core/session.js';
import { Suppress } from './alert_suppress.js';

const ACTIONS = ['ack', 'escalate', 'close', 'reopen', 'note', 'suppress'];
const FORMS = ['escalate', 'close', 'reopen', 'note'];
export const mayTriage = () => session.get()?.may?.includes('triage') ?? false;
const isOver = (alert) => ['closed', 'erased'].includes(alert?.state);
const isClosed = (alert) => alert?.state === 'closed';

// What makes sense for all of them.
function makesSense(action, alerts) {
	switch (action) {
	case 'note':
		return true;
	case 'reopen':
		return alerts.every(isClosed);
	case 'suppress':
		return alerts.length === 1 && !isOver(alerts[0]);
	default:
		return !alerts.every(isOver);
	}
}
const possible = (alerts) => ACTIONS.filter((action) => makesSense(action, alerts));

async function act(alerts, action, body) {
	if (alerts.length === 1) {
		await send(`/alerts/${encodeURIComponent(alerts[0].id)}/${action}`, { rev: alerts[0].rev, ...body });
		return { done: 1, failed: [] };
	}
	return send('/alerts/actions', { ids: alerts.map((alert) => alert.id), revs: alerts.map((alert) => alert.rev), action, ...body });
}

export function ActionButtons({ alerts, onAsk }) {
	return mayTriage() && html`<div class="actions" role="group" aria-label=${t('actions')}>${possible(alerts).map((action) => html`<button key=${action} type="button" class="button" onClick=${() => onAsk(action)}>${t(`act_${action}`)}</button>`)}</div>`;
}

function Fields({ action }) {
	if (action === 'escalate') {
		return html`<label>${t('act_whom')} <input name="to" autofocus required maxlength="60" autocomplete="off" /></label>`;
	}
	if (action === 'close') {
		return html`<fieldset class="verdicts"><legend>${t('act_verdict')}</legend>
				<label class="option"><input type="radio" name="verdict" value="true" autofocus required /> ${t('verdict_is_true')}</label>
				<label class="option"><input type="radio" name="verdict" value="false" required /> ${t('verdict_is_false')}</label></fieldset>
			<label>${t('act_done')} <textarea name="done" rows="3" required maxlength="2000"></textarea></label>`;
	}
	return html`<label>${t(action === 'reopen' ? 'act_why_reopened' : 'act_note_text')} <textarea name="note" autofocus rows="4" required maxlength="2000"></textarea></label>`;
}

// asked: the action whose dialog is open. Acknowledging one needs none.
export function AlertActions({ alerts, asked, onAsk, onDone, isMany, onClear }) {
	const [isBusy, setBusy] = useState(false);
	const finish = (action, { done, failed }) => {
		onAsk(null);
		say(t(`did_${action}`, { count: count(done) }));
		failed.forEach((one) => say(`${one.id}: ${t('error_faster')}`, 'error'));
		onDone();
	};
	const run = async (action, body = {}) => {
		setBusy(true);
		try {
			finish(action, await act(alerts, action, body));
		} catch (failed) {
			onAsk(null);
			say(failed.message, 'error');
			onDone();
		}
		setBusy(false);
	};
	useEffect(() => {
		if (asked === 'ack') {
			run('ack');
		}
	}, [asked]);
	const submit = (event) => {
		event.preventDefault();
		run(asked, Object.fromEntries(new FormData(event.currentTarget)));
	};
	if (isMany) {
		return html`<div class="many" role="region" aria-label=${t('many_label')}><strong>${t('many_picked', { count: count(alerts.length) })}</strong>
			<${ActionButtons} alerts=${alerts} onAsk=${onAsk} /><button type="button" class="link" onClick=${onClear}>${t('many_clear')}</button></div>`;
	}
	const isForm = FORMS.includes(asked);
	return html`<${Dialog} isOpen=${isForm} onClose=${() => isForm && onAsk(null)} title=${isForm ? t('act_title', { action: t(`act_${asked}`), count: count(alerts.length) }) : ''}>
			<form class="fields" onSubmit=${submit}><${Fields} action=${asked} />
				<div class="choices"><button type="submit" class="button is-first" disabled=${isBusy}>${t(`act_${asked ?? 'note'}`)}</button>
				<button type="button" class="button" onClick=${() => onAsk(null)}>${t('cancel')}</button></div></form></${Dialog}>
		<${Suppress} isOpen=${asked === 'suppress'} alert=${alerts[0]} onClose=${() => asked === 'suppress' && onAsk(null)} onDone=${onDone} />`;
}
