export { migrations, type Tables } from './schema.ts';
export { openSubscriptions, type SubscriptionsOptions } from './service.ts';
