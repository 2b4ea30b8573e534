#!/usr/bin/env python3
"""viewer.py ORIGIN VIEWER ANALYST: a viewer who may ask anything looks for groups of fewer than k devices. The tokens are of the two
roles; the analyst's answers are the truth. Every small group (a unit and a value of another dimension, on a day or over days) is
looked for in tables, series, exports, filters, what is usual, and in differences: with and without a filter, a day more and a day
less. Prints "small groups N", "asked N", "shown N" (figures that the viewer was told), "isolated N", and those that were."""
import itertools
import sys

from asking import Role

origin, viewer_token, analyst_token = sys.argv[1:4]
OTHERS = 'app inferred class server parent zone control rule verdict block hidden direction via'.split()
MOST = 400  # small groups that are looked for by filters and differences
asked = shown = 0
isolated = []
viewer, analyst = Role(origin, viewer_token), Role(origin, analyst_token)
k = analyst.session['k'] or 5


def truth(by, window):
    return (analyst.get('table', by=by, most='5000', **window) or {'rows': []})['rows']


def look(route, **pairs):
    """What the viewer is told: the answer, None where it is refused."""
    global asked
    asked += 1
    return viewer.get(route, **pairs)


def weight(figures):
    """Bytes of a figure that may be seen; 0 where it is hidden."""
    global shown
    if not figures or figures.get('is_hidden'):
        return 0
    bytes_ = (figures.get('bytes_up') or 0) + (figures.get('bytes_down') or 0)
    shown += bytes_ > 0
    return bytes_


def day_after(day, days=1):
    import datetime
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days)).isoformat()


first = day_after(analyst.session['source']['from'][:10], 3)
WINDOWS = [{'from': first, 'to': day_after(first)}, {'from': day_after(first, 7), 'to': day_after(first, 10)}, {'from': first, 'to': day_after(first, 7)}]
small = {}
for window, other in itertools.product(WINDOWS, OTHERS):
    by = 'unit,' + other
    for row in truth(by, window):
        if not row['is_remainder'] and 0 < row['total']['devices'] < k:
            small[(tuple(window.values()), other, tuple(row['values']))] = weight(row['total'])
    told = look('table', by=by, most='5000', **window) or {'rows': []}
    series = look('table', by=by, most='5000', step='day', **window) or {'rows': []}
    export = look('table', by=by, most='5000', format='csv', **window) or ''
    for row in told['rows'] + series['rows']:
        key = (tuple(window.values()), other, tuple(row['values']))
        stepped = sum((step['bytes_up'] or 0) + (step['bytes_down'] or 0) for step in row.get('steps', []))
        if not row['is_remainder'] and small.get(key) and (weight(row['total']) or stepped):
            isolated.append(('table', key))
    for line in export.splitlines()[1:]:
        cells = line.split(',')
        key = (tuple(window.values()), other, tuple(cells[:2]))
        if small.get(key) and 'true' not in cells and any(cell not in ('', '0') for cell in cells[2:4]):
            isolated.append(('export', key))

step = max(1, len(small) // MOST)
for (window, other, (unit, value)), bytes_ in list(small.items())[::step]:
    time = {'from': window[0], 'to': window[1]}
    whole = weight((look('table', unit=unit, **time) or {}).get('total'))
    both = weight((look('table', unit=unit, **{other: value}, **time) or {}).get('total'))
    without = weight((look('table', unit=unit, **{other: '!' + value}, **time) or {}).get('total'))
    elsewhere = weight((look('table', unit='!' + unit, **{other: value}, **time) or {}).get('total'))
    everywhere = weight((look('table', **{other: value}, **time) or {}).get('total'))
    usual = (look('usual', unit=unit, **{other: value}, **time) or {}).get('bytes_up') or {}
    longer = weight((look('table', unit=unit, **{other: value, 'from': window[0], 'to': day_after(window[1])}) or {}).get('total'))
    shorter = weight((look('table', unit=unit, **{other: value, 'from': day_after(window[0]), 'to': day_after(window[1])}) or {}).get('total'))
    found = {'filter': both, 'usual': usual.get('now') or 0,
             'unit less the others': whole - without if whole and without else 0,
             'value less other units': everywhere - elsewhere if everywhere and elsewhere else 0,
             'a day more less a day': longer - shorter if longer and shorter else 0}
    isolated += [(way, window, other, unit, value) for way, number in found.items() if number and (number == bytes_ or way in ('filter', 'usual'))]
print(f'small groups {len(small)}\nasked {asked}\nshown {shown}\nisolated {len(isolated)}')
for one in isolated[:10]:
    print('#', one)
