#!/usr/bin/env python3
"""two_months.py FOLDER: an attacker who has what was published of bodies (two_months.c) for two consecutive months: the
reports, and the flows of each day, by unit and by unit and app, as anybody may ask for them. How many devices has the small
unit? What is published are sums of unknown numbers, one a unit and day: where they have one solution the attacker knows,
and elsewhere guesses. Prints "worlds right known": right of them by all means, known by solving."""
import json
import pathlib
import random
import sys
from fractions import Fraction

UNITS = [f'unit-{number}' for number in range(6)]
SMALL = UNITS[-1]
SIZES = [1, 2, 3, 4]
APPS = ['tiktok', 'm365']
LEAST_OF_LARGE = 7  # devices of any other unit that is open: of a dozen or more some are away
BYTES = 1000  # of a flow, each way
REST = '(others'


def rows_of(path):
	with open(path) as lines:
		return [json.loads(line) for line in lines]


def solve(equations, unknowns):
	"""What each unknown that has one solution is."""
	matrix = [[Fraction(equation.get(unknown, 0)) for unknown in unknowns] + [Fraction(total)] for equation, total in equations]
	pivots = []
	for column in range(len(unknowns)):
		found = next((row for row in range(len(pivots), len(matrix)) if matrix[row][column]), None)
		if found is None:
			continue
		row = len(pivots)
		matrix[row], matrix[found] = matrix[found], matrix[row]
		matrix[row] = [value / matrix[row][column] for value in matrix[row]]
		for other in range(len(matrix)):
			if other != row and matrix[other][column]:
				factor = matrix[other][column]
				matrix[other] = [a - factor * b for a, b in zip(matrix[other], matrix[row])]
		pivots.append(column)
	return {unknowns[column]: matrix[row][-1] for row, column in enumerate(pivots)
		if sum(1 for value in matrix[row][:-1] if value) == 1}


def of_days(month, app):
	"""Equations, and what of each unit was shown in all."""
	equations, shown = [], {}
	for day, path in enumerate(sorted(month.glob('day-*.ndjson'))):
		rows = [row for row in rows_of(path) if app is None or row['network.application'] == app]
		by_unit, rest = {}, 0
		for row in rows:
			unit = row['borderflow.unit']
			if unit.startswith(REST):
				rest += row['flows']
			else:
				by_unit[unit] = by_unit.get(unit, 0) + row['flows']
		for unit, flows in by_unit.items():
			equations.append(({(day, unit): 1}, flows))
			shown.setdefault(unit, {})[day] = flows
		hidden = {(day, unit): 1 for unit in UNITS if unit not in by_unit}
		equations.append((hidden, rest))
	return equations, shown


def of_report(month, app, shown, days):
	"""The month's sums of each unit, where they say more than its days do."""
	tables = json.load(open(month / 'report' / 'report.json'))['report']['tables']
	rows = tables['units'] if app is None else [row for row in tables['units_services'] if row['service'] == app]
	told = {row['unit']: row['sent'] // BYTES for row in rows if 'sent' in row}
	if app == APPS[0]:
		for row in tables['rule_hits']:
			told.setdefault(row['unit'], row.get('flows', 0))
	in_days = {unit: sum(shown.get(unit, {}).values()) for unit in UNITS}
	says_more = any(told.get(unit, 0) > in_days[unit] for unit in UNITS)
	return [({(day, unit): 1 for day in range(days)}, told[unit]) for unit in UNITS if unit in told and says_more]


def left_of(equation, total, found):
	"""An equation without what is known."""
	unknown = [place for place in equation if place not in found]
	return unknown, total - sum(found[place] for place in equation if place in found)


def attack(month):
	"""Sizes that follow from a month."""
	sizes = set()
	days = len(list(month.glob('day-*.ndjson')))
	for app in [None] + APPS:
		equations, shown = of_days(month, app)
		equations += of_report(month, app, shown, days)
		found = solve(equations, [(day, unit) for day in range(days) for unit in UNITS])
		of_device = 1 if app else len(APPS)
		for equation, total in equations:
			unknown, flows = left_of(equation, total, found)
			is_alone = flows < LEAST_OF_LARGE * of_device and [unit for _, unit in unknown].count(SMALL) == 1
			if is_alone and flows > 0:
				sizes.add(int(flows) // of_device)
		for day in range(days):
			if found.get((day, SMALL)):
				sizes.add(int(found[(day, SMALL)]) // of_device)
	return sizes


folder = pathlib.Path(sys.argv[1])
truth = dict(line.split() for line in open(folder / 'truth.tsv'))
chance = random.Random(5)
right = known = 0
for world, size in truth.items():
	sizes = attack(folder / world / '2026-09') | attack(folder / world / '2026-10')
	known += len(sizes) == 1 and sizes == {int(size)}
	right += (sizes.pop() if len(sizes) == 1 else chance.choice(SIZES)) == int(size)
print(len(truth), right, known)
