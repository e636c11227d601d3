import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly destination?: DestinationStream;
}

/** One JSON line an event. Secrets, tokens, cookies and codes are never passed in; the paths below are a net. */
export function createLog(options: LogOptions): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: ['*.authorization', '*.cookie', '*.password', '*.token', '*.grant', '*.secret'],
      censor: '[hidden]',
    },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

export const silentLog: Logger = pino({ level: 'silent' });
