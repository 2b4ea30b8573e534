// A value that parts of the page follow.
import { useEffect, useState } from 'preact/hooks';

export function store(first) {
	let value = first;
	const followers = new Set();
	return {
		get: () => value,
		set(next) {
			value = next;
			followers.forEach((follow) => follow(value));
		},
		follow(follow) {
			followers.add(follow);
			return () => followers.delete(follow);
		},
		use() {
			const [seen, setSeen] = useState(value);
			useEffect(() => {
				setSeen(value);
				followers.add(setSeen);
				return () => followers.delete(setSeen);
			}, []);
			return seen;
		},
	};
}
