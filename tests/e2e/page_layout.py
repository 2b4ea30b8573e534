#!/usr/bin/env python3
"""page_layout.py MARGIN PDF...: what a reader of the paper would miss, a line each, of `pdftotext -bbox`: words beyond the
margins (millimetres; a table wider than the paper), words over other words, names whose end is cut. Then "N pages"."""
import html
import re
import subprocess
import sys

WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')
POINTS_PER_MM = 72 / 25.4


def is_over(one, other):
	across = min(one[2], other[2]) - max(one[0], other[0])
	down = min(one[3], other[3]) - max(one[1], other[1])
	return across > 1 and down > 0.4 * min(one[3] - one[1], other[3] - other[1])


def faults(page, margin):
	width = float(re.search(r'width="([\d.]+)"', page)[1])
	words = [(*map(float, word[:4]), html.unescape(word[4])) for word in WORD.findall(page)]
	for word in words:
		if word[0] < margin - 1 or word[2] > width - margin + 1:
			yield f'beyond the margin: {word[4]}'
		if '…' in word[4] and word[4] != '…':
			yield f'cut: {word[4]}'
	for place, word in enumerate(words):
		for other in words[place + 1:]:
			if is_over(word, other):
				yield f'over each other: {word[4]}, {other[4]}'


for pdf in sys.argv[2:]:
	text = subprocess.run(['pdftotext', '-bbox', pdf, '-'], capture_output=True, text=True, check=True).stdout
	pages = text.split('<page ')[1:]
	for number, page in enumerate(pages, 1):
		for fault in faults(page, float(sys.argv[1]) * POINTS_PER_MM):
			print(f'{pdf}: page {number}: {fault}')
	print(f'{len(pages)} pages')
