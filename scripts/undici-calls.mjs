// As much of undici as a media server calls. All of it is 1.2 MB, which every server would compile, and keep, twice over.
import Agent from 'undici/lib/dispatcher/agent.js';
import retry from 'undici/lib/interceptor/retry.js';
import { fetch } from 'undici/lib/web/fetch/index.js';

const interceptors = { retry };

export { Agent, fetch, interceptors };
