// The few sentences that the page says before it may ask the server for its words: those whose key begins with "web.first_",
// in every language.
import { readFileSync } from 'node:fs';

export function firstWords(path) {
	const [head, ...rows] = readFileSync(path, 'utf8')
		.split('\n')
		.filter((line) => line !== '' && !line.startsWith('#'))
		.map((line) => line.split('\t'));
	const words = {};
	head.slice(1).forEach((language, i) => {
		words[language] = Object.fromEntries(
			rows.filter((row) => row[0].startsWith('web.first_')).map((row) => [row[0], row[i + 1]]),
		);
	});
	return words;
}
