import { join } from 'node:path';
import type { Logger, Service } from '@ptsdly/kit';
import { type Broker, openBroker } from '@ptsdly/transcoder';
import type { Config } from './config.ts';

/** The scheme of a host whose servers' folders lie on this machine. */
const LOCAL = 'process:';

/** The transcoder of this machine, made once for all servers of its host; none where it is switched off. */
export function openTranscoder(config: Config, log: Logger): Broker | undefined {
  const { serverHost, transcodeSlots: slots, ffmpeg, encoder } = config;
  if (!serverHost.startsWith(LOCAL) || slots === 0) return undefined;
  const scratch = join(serverHost.slice(LOCAL.length), '.transcode'); // no server id begins with a dot
  return openBroker({ scratch, slots, ffmpeg, encoder, log: log.child({ part: 'transcoder' }) });
}

/** A service that ends its transcoder with itself. */
export async function withTranscoder(
  transcoder: Broker | undefined,
  open: (transcoder: Broker | undefined) => Promise<Service>,
): Promise<Service> {
  const service = await open(transcoder).catch(async (error: unknown) => {
    await transcoder?.close();
    throw error;
  });
  const close = async () => {
    await transcoder?.close();
    await service.close();
  };
  return { ...service, close };
}
