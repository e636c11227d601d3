export { describeStorage } from '../storage/conformance.ts';
export { openRemote, openStorage } from '../storage/open.ts';
