import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly destination?: DestinationStream;
}

let last = { ms: Number.NaN, text: '' };

/** The time in ISO 8601; lines of one millisecond share the text, which costs more than the rest of a line. */
export function timestamp(): string {
  const ms = Date.now();
  if (ms !== last.ms) last = { ms, text: `,"time":"${new Date(ms).toISOString()}"` };
  return last.text;
}

/** One JSON line an event. Secrets, tokens, cookies and codes are never passed in; the paths below are a net. */
export function createLog(options: LogOptions): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: ['*.authorization', '*.cookie', '*.password', '*.token', '*.grant', '*.secret'],
      censor: '[hidden]',
    },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

export const silentLog: Logger = pino({ level: 'silent' });
