#!/usr/bin/env python3
"""windows.py ORIGIN VIEWER ANALYST COMPLIANCE [DAY…]: of which time is told? The first three words are of `borderflow serve` and of
tokens of the roles; the analyst's answers are the truth. A viewer asks for windows of hours and minutes within and across the days,
with and without a filter, and for series; compliance makes reports of windows of days. Each figure is of the time between two
edges, and the least that a difference of two can be about lies between edges that are neighbours: at least k devices, or none.
Prints "windows N", "told N", "withheld N", "pieces N", "wrong N" (figures that are not those of their time), "steps N" (of series,
that are told), "reports N" (that are made), "refused N", "lonely N" (times of fewer than k devices), and the last ones."""
import datetime
import itertools
import random
import sys

from asking import Role

origin, *tokens = sys.argv[1:5]
days = sys.argv[5:]
viewer, analyst, compliance = (Role(origin, token) for token in tokens)
k = analyst.session['k']
chance = random.Random(11)
edges, wrong, lonely = set(), [], []
count = dict.fromkeys('windows told withheld steps reports refused'.split(), 0)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))


def say(time):
    return time.astimezone(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def bytes_of(figures):
    return 0 if not figures or figures.get('is_hidden') else (figures.get('bytes_up') or 0) + (figures.get('bytes_down') or 0)


def devices_in(begin, end):
    answer = analyst.get('table', **{'from': say(begin), 'to': say(end)})
    return answer['total']['devices'], bytes_of(answer['total'])


def ask(begin, end, **filters):
    """A window, as the viewer is told of it; notes where it begins and ends."""
    count['windows'] += 1
    answer = viewer.get('table', **{'from': say(begin), 'to': say(end)}, **filters)
    told = bytes_of(answer['total'])
    count['told' if told else 'withheld'] += 1
    if told:
        span = moment(answer['notes']['from']), moment(answer['notes']['to'])
        edges.update(span)
        whole = answer['notes']['days_withheld'] == 0
        exact = analyst.get('table', **{'from': say(span[0]), 'to': say(span[1])}, **filters)
        if span[0] < begin or span[1] > end or (whole and bytes_of(exact['total']) != told):
            wrong.append((say(begin), say(end), filters, told, bytes_of(exact['total'])))


def start_of(day):
    """Where a local day begins, as the server has it."""
    return moment(analyst.get('table', **{'from': day, 'to': day_after(day)})['notes']['from'])


def day_after(day, more=1):
    return (datetime.date.fromisoformat(day) + datetime.timedelta(more)).isoformat()


hour, slot = datetime.timedelta(hours=1), datetime.timedelta(minutes=5)
for day in days:
    begin = start_of(day)
    for first, last in itertools.combinations(range(0, 25, 3), 2):
        ask(begin + first * hour, begin + last * hour)
    for _ in range(30):
        first, last = sorted(chance.sample(range(0, 24 * 12 + 60), 2))
        ask(begin + first * slot, begin + last * slot)
        ask(begin + first * slot, begin + last * slot, app='tiktok')
        ask(begin + first * slot, begin + last * slot, zone='third')
    for step in ('3600', '300'):
        series = viewer.get('table', step=step, **{'from': say(begin), 'to': say(begin + 12 * hour)})
        width = datetime.timedelta(seconds=int(step))
        for row in series['rows']:
            for at, figures in enumerate(row['steps']):
                if bytes_of(figures):
                    count['steps'] += 1
                    edges.update((begin + at * width, begin + (at + 1) * width))

ordered = sorted(edges)
for begin, end in zip(ordered, ordered[1:]):
    if end - begin < 30 * hour:
        devices, carried = devices_in(begin, end)
        if carried and devices < k:
            lonely.append((say(begin), say(end), devices))

for first, last in itertools.combinations_with_replacement(range(0, 4), 2):
    window = {'from': day_after(days[0], first), 'to': day_after(days[0], last)}
    page = viewer.get('table', **{'from': window['from'], 'to': day_after(window['to'])})
    made = compliance.post('reports', dict(window, language='en'))
    count['reports' if made else 'refused'] += 1
    report = viewer.get(f"reports/{made['id']}/report.json") if made else None
    sums = [row for row in report['report']['tables']['zones'] if row.get('is_sum')] if report else []
    total = bytes_of({'bytes_up': sums[-1].get('sent'), 'bytes_down': sums[-1].get('received')}) if sums else 0
    if total != bytes_of(page['total']):
        wrong.append(('report', window, total, bytes_of(page['total'])))
    exact = [row for table in (report['report']['tables'].values() if report else []) for row in table if isinstance(row.get('devices'), int) and row['devices'] > 0]
    if exact:
        lonely.append(('devices of a part of a month', window, exact[0]))

print('\n'.join(f'{name} {number}' for name, number in count.items()))
print(f'pieces {len(ordered)}\nwrong {len(wrong)}\nlonely {len(lonely)}')
for one in (wrong + lonely)[:10]:
    print('#', one)
