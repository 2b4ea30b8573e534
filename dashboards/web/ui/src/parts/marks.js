// What every time line marks: where what is kept begins, and when rules and exceptions of the policy begin and end.
import { isBeforeKept } from '../components/states.js';
import { useMemo } from '../core/dom.js';
import { t, useLanguage } from '../core/messages.js';
import { useSession } from '../core/session.js';
import { useApi } from '../core/use_api.js';

const MOST = 12; // more marks than that are a fence

const ofRule = (rule) => [
	[rule.effective_from, t('mark_rule_from', { rule: rule.id })],
	[rule.grace_until, t('mark_rule_grace', { rule: rule.id })],
	[rule.valid_to, t('mark_rule_to', { rule: rule.id })],
];

const ofException = (exception) => [
	[exception.valid_from, t('mark_exception_from', { exception: exception.id })],
	[exception.valid_to, t('mark_exception_to', { exception: exception.id })],
];

export function useMarks(notes) {
	const { may, has_policy } = useSession();
	const words = useLanguage();
	const policy = useApi(has_policy && may?.includes('policy') ? '/policy' : null);
	return useMemo(() => {
		const { rules = [], exceptions = [] } = policy.data ?? {};
		const all = [...rules.flatMap(ofRule), ...exceptions.flatMap(ofException), [isBeforeKept(notes) ? notes.kept_from : null, t('mark_kept_from')]];
		return all
			.filter(([at]) => at && Date.parse(at) > Date.parse(notes.from) && Date.parse(at) < Date.parse(notes.to))
			.sort((a, b) => Date.parse(a[0]) - Date.parse(b[0]))
			.slice(-MOST)
			.map(([at, label]) => ({ at, label }));
	}, [policy.data, notes, words]);
}
