import { type Config, settings } from './config.ts';

/** The configuration as lines `NAME=value`, secrets hidden. */
export function printConfig(config: Config): string {
  const lines = Object.entries(settings).map(([name, { env, secret: hidden }]) => {
    const value = config[name as keyof typeof settings];
    return `${env}=${value === undefined ? '' : hidden ? '[hidden]' : withoutPassword(String(value))}`;
  });
  return lines.join('\n');
}

/** An address as it may be shown: a store's password stands in its URL (RFC 3986 §3.2.1). */
function withoutPassword(value: string): string {
  return value.replace(/(:\/\/[^/:@]*:)[^/]*@/, '$1[hidden]@');
}
