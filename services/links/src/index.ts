export { type LinksOptions, openLinks } from './service.ts';
