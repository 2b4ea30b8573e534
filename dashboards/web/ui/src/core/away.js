// Whether the server answers at all. While it does not, that is said once, above the page, and it is asked again by itself.
import { store } from './store.js';

export const away = store(null); // the error, or null
export const rounds = store(0); // whoever follows asks anew when it changes
export const retry = () => rounds.set(rounds.get() + 1);
