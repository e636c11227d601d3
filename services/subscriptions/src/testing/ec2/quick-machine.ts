import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MediaConfig, mediaConfig } from '@ptsdly/contract';
import type { BootMachine, MachineOptions } from './machine.ts';

const RETRY_MS = 10;
const FIRST = /'(\{"serverId".*?)'/;

/** What the scripts of the user data do, in this process: boots in milliseconds. Its disk is lost with it. */
export const bootQuickMachine: BootMachine = async (options) => {
  const machine = new QuickMachine(options);
  machine.boot();
  return machine;
};

/** Tokens of instances by their disk, which a stop does not change. */
const disks = new Map<string, string>();

class QuickMachine {
  readonly #options: MachineOptions;
  readonly #stop = new AbortController();
  #media: Server | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  get runs(): boolean {
    return !this.#stop.signal.aborted;
  }

  boot(): void {
    const order = FIRST.exec(this.#options.userData)?.[1];
    const control = /control='([^']+)'/.exec(this.#options.userData)?.[1];
    if (order && control) this.#running = this.#run(order, control).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#endMedia();
  }

  cutPower = () => this.stop();

  async #run(order: string, control: string): Promise<void> {
    const { instanceId, disk } = this.#options;
    const nonce = createHash('sha256').update(instanceId).digest('hex');
    while (!disks.has(disk)) {
      const body = JSON.stringify({ ...JSON.parse(`${order}}`), nonce, instanceId });
      const token = await this.#call(`${control}/boot/token`, { method: 'POST', body });
      if (token) disks.set(disk, token.toString());
    }
    const headers = { authorization: `Bearer ${disks.get(disk)}` };
    for (let etag = ''; this.runs; ) {
      const url = `${control}/boot/package?wait=${etag === '' ? 0 : 20}`;
      const tar = await this.#call(url, { headers: { ...headers, 'if-none-match': etag } });
      if (!tar) continue;
      etag = fileIn(tar, 'etag');
      await this.#serve(mediaConfig.parse(JSON.parse(fileIn(tar, 'config.json'))));
      await this.#call(`${control}/boot/up`, { method: 'POST', headers });
    }
  }

  async #serve({ serverId, generation, listen }: MediaConfig): Promise<void> {
    await this.#endMedia();
    this.#media = createServer((_, response) => response.end(JSON.stringify({ serverId, generation })));
    this.#media.listen(listen?.port, listen?.host);
    await once(this.#media, 'listening');
  }

  async #endMedia(): Promise<void> {
    const media = this.#media;
    this.#media = undefined;
    if (!media) return;
    media.closeAllConnections();
    media.close();
    await once(media, 'close');
  }

  /** The answer, when there is one with content. */
  async #call(url: string, init: RequestInit): Promise<Buffer | undefined> {
    try {
      const json = { 'content-type': 'application/json' };
      const signal = this.#stop.signal;
      const response = await fetch(url, { ...init, headers: { ...json, ...init.headers }, signal });
      const bytes = Buffer.from(await response.arrayBuffer());
      if (response.status === 200) return bytes;
      if (response.status === 304 || response.status === 204) return undefined;
    } catch (error) {
      if (this.#stop.signal.aborted) throw error;
    }
    await sleep(RETRY_MS);
    return undefined;
  }
}

/** The text of a file in a tar. */
function fileIn(tar: Buffer, wanted: string): string {
  for (let at = 0; at < tar.length && tar[at] !== 0; ) {
    const name = tar
      .subarray(at, at + 100)
      .toString()
      .replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.subarray(at + 124, at + 135).toString(), 8);
    if (name === wanted) return tar.subarray(at + 512, at + 512 + size).toString();
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`there is no ${wanted} in the archive`);
}
