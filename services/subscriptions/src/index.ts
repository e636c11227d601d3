export { openSubscriptions, type SubscriptionsOptions } from './service.ts';
