// Alerts: the list left, the one that is read right. The list keeps its place and order; what is new waits behind a button.
// All of it works by keys alone: j k move, Enter goes into the alert, a e c n s act, x picks, "?" says so.
import { html, useEffect, useRef, useState } from '../core/dom.js';
import { useKeys } from '../core/keys.js';
import { t } from '../core/messages.js';
import { go, href, place } from '../core/place.js';
import { AlertActions } from '../parts/alert_actions.js';
import { AlertDetail } from '../parts/alert_detail.js';
import { AlertFilters } from '../parts/alert_filters.js';
import { AlertList, useAlertList } from '../parts/alert_list.js';
import { Answer, Empty } from '../components/states.js';

const addressOf = (id) => href(`/alerts/${encodeURIComponent(id)}`, {}, place.get().query);

// Which alerts are picked for an action on many.
function usePicked() {
	const [picked, setPicked] = useState([]);
	const pick = (id) => setPicked((last) => (last.includes(id) ? last.filter((one) => one !== id) : [...last, id]));
	return { picked, pick, clear: () => setPicked([]) };
}

export function Page({ id }) {
	const { query } = place.use();
	const list = useAlertList(query);
	const { picked, pick, clear } = usePicked();
	const [asked, setAsked] = useState(null); // the action whose dialog is open
	const [read, setRead] = useState(null); // the alert that the detail shows
	const detail = useRef(null);
	const at = list.alerts.findIndex((alert) => alert.id === id);

	const move = (by) => () => {
		const next = list.alerts[at < 0 ? 0 : Math.min(list.alerts.length - 1, Math.max(0, at + by))];
		if (next && next.id !== id) {
			go(addressOf(next.id), { isReplacing: id !== undefined });
		}
	};
	// What an action is about: those that are picked, or the one that is read.
	// What is read need not be in the list: a link to one that is closed.
	const ours = list.alerts[at] ?? (read?.id === id ? read : undefined);
	const about = picked.length > 0 ? list.alerts.filter((alert) => picked.includes(alert.id)) : [ours].filter(Boolean);
	const ask = (action) => () => about.length > 0 && setAsked(action);
	useKeys({
		j: [move(1), t('key_next')],
		k: [move(-1), t('key_before')],
		Enter: [() => detail.current?.focus(), t('key_read')],
		x: [() => id && pick(id), t('key_pick')],
		a: [ask('ack'), t('act_ack')],
		e: [ask('escalate'), t('act_escalate')],
		c: [ask('close'), t('act_close')],
		n: [ask('note'), t('act_note')],
		s: [ask('suppress'), t('act_suppress')],
	});
	useEffect(() => {
		document.querySelector('.alert-list [aria-current]')?.scrollIntoView({ block: 'nearest' });
	}, [id, list.alerts.length]);
	const done = () => {
		clear();
		list.again();
	};

	return html`<div class=${id ? 'alerts has-alert' : 'alerts'}>
		<section class="alerts-side" aria-label=${t('alerts_list')}>
			<div class="alerts-head"><h1>${t('page_alerts')}</h1><a href=${href('/morning')}>${t('page_morning')}</a></div>
			<${AlertFilters} query=${query} />
			${list.waiting > 0 && html`<button type="button" class="button is-first alerts-new" onClick=${list.take}>${t('alerts_new', { count: list.waiting })}</button>`}
			<${Answer} of=${list} rows=${10} isEmpty=${() => list.alerts.length === 0} empty=${html`<${Empty} title=${t('alerts_nothing')}>${t('alerts_nothing_do')}</${Empty}>`}>
				${() => html`<${AlertList} list=${list} id=${id} picked=${picked} onPick=${pick} addressOf=${addressOf} />`}
			</${Answer}>
			${picked.length > 0 && html`<${AlertActions} alerts=${about} onAsk=${setAsked} asked=${null} onDone=${done} isMany onClear=${clear} />`}
		</section>
		<article ref=${detail} class="alert-detail" tabindex="-1" aria-label=${t('alert_read')}>
			${id ? html`<${AlertDetail} key=${id} id=${id} line=${list.alerts[at]} onAsk=${setAsked} onRead=${setRead} back=${href('/alerts', {}, query)} changes=${list.changes} />`
				: html`<${Empty} title=${t('alert_choose')}>${t('alert_choose_do')}</${Empty}>`}
		</article>
		<${AlertActions} alerts=${about} asked=${asked} onAsk=${setAsked} onDone=${done} />
	</div>`;
}
