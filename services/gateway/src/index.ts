export { type GatewayOptions, openGateway } from './app.ts';
export { openTls, type Tls, type TlsOptions } from './tls/open.ts';
