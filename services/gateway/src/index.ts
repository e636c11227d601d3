export { type GatewayOptions, openGateway } from './app.ts';
