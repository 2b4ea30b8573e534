// Who is here and what they may: /api/1/session. undefined: not asked yet; null: nobody is let in without a token.
import { store } from './store.js';

export const session = store(undefined);
export const seesDevices = () => session.get()?.sees_devices === true;
export const useSession = () => session.use();
