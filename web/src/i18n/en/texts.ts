import account from './account.json';
import app from './app.json';
import shared from './shared.json';

/** All that the app says. */
export default { ...shared, ...app, ...account };
