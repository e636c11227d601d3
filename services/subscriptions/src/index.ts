export { migrations } from './schema.ts';
export { openSubscriptions, type SubscriptionsOptions } from './service.ts';
