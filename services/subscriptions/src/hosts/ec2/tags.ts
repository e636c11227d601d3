/** Two installations in one account never touch what is the other's. */
export const INSTALLATION_TAG = 'ptsdly:installation';
export const SERVER_TAG = 'ptsdly:server';
/** Which instance of its server: the number in its ClientToken. */
export const LAUNCH_TAG = 'ptsdly:launch';
