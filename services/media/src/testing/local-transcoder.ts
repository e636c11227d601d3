import { join } from 'node:path';
import { silentLog } from '@ptsdly/kit';
import { openBroker } from '@ptsdly/transcoder';
import { settle } from '../host/host-transcoder.ts';
import type { Transcoder } from '../transcoder.ts';

export interface LocalTranscoder extends Transcoder {
  close(): Promise<void>;
}

/** The host's transcoder in this process, for one media server with this folder. */
export function openLocalTranscoder(folder: string): LocalTranscoder {
  const broker = openBroker({ scratch: join(folder, 'scratch'), log: silentLog });
  const never = new AbortController().signal;
  return {
    run: (task, options = {}) =>
      settle(broker.run({ serverId: 'test', folder, task, signal: options.signal ?? never }), options),
    close: () => broker.close(),
  };
}
