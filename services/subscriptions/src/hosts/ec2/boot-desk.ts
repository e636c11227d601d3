import { createHash, timingSafeEqual } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LentKeys, type MediaConfig, mediaConfig, Problem } from '@ptsdly/contract';
import { Bell, readJson, validate } from '@ptsdly/kit';
import { z } from 'zod';
import { databaseUrlOf } from '../database-place.ts';
import type { Boot, HostOptions, ServerSpec } from '../host.ts';
import type { Fleet, Seen } from './fleet.ts';
import { MEDIA_PORT } from './launches.ts';
import type { Ec2Notes, Kept } from './note.ts';
import { type PackedFile, tarOf } from './package.ts';

export interface BootDeskOptions {
  readonly host: HostOptions;
  readonly notes: Ec2Notes;
  readonly fleet: Fleet;
  readonly controlUrl: string;
  /** Of a server, for the control API. */
  readonly tokenOf: (serverId: string) => string;
  readonly bootTokenOf: (serverId: string, launch: number) => string;
  readonly storageUrlOf: (serverId: string) => string;
  readonly lendKeys: (serverId: string) => Promise<LentKeys>;
  /** A server says that it answers. */
  readonly isUp: (serverId: string) => void;
  /** A server is about to be started anew with another configuration. */
  readonly renews: (serverId: string) => void;
}

const order = z.strictObject({
  serverId: z.string().min(1).max(64),
  launch: z.int().positive(),
  token: z.string().min(1).max(500),
  nonce: z.string().regex(/^[0-9a-f]{64}$/),
  instanceId: z.string().min(1).max(40),
});

const FOLDER = '/var/lib/ptsdly/data';
const MAX_BODY = 4096;
const LONGEST_WAIT_S = 60;
/** What another control plane has changed shows at the next look. */
const LOOK_MS = 3000;
/** Whoever asks for the server next has heard by then that it is being renewed, and waits. */
const NOTICE_MS = 150;
const AGAIN_S = 1;

/** What instances call: their boot token becomes the token of their server, once; then they fetch what to run. */
export class BootDesk implements Boot {
  readonly #options: BootDeskOptions;
  readonly #bell = new Bell();
  readonly #stop = new AbortController();
  readonly #program: readonly PackedFile[];
  readonly #release: string;

  constructor(options: BootDeskOptions) {
    this.#options = options;
    this.#program = programOf(options.host.mediaCommand);
    this.#release = options.host.release ?? '';
  }

  lendKeys(serverId: string): Promise<LentKeys> {
    return this.#options.lendKeys(serverId);
  }

  /** Something about a configuration has changed. */
  ring(): void {
    this.#bell.ring();
  }

  close(): void {
    this.#stop.abort();
  }

  async fetch(request: Request, caller: string | undefined): Promise<Response> {
    const url = new URL(request.url);
    const call = `${request.method} ${url.pathname}`;
    if (call === 'POST /boot/token') return this.#redeem(request);
    if (caller === undefined) throw new Problem('unauthenticated');
    if (call === 'GET /boot/package')
      return this.#package(request, caller, Number(url.searchParams.get('wait') ?? 0));
    if (call !== 'POST /boot/up') throw new Problem('not_found');
    this.#options.isUp(caller);
    return new Response(null, { status: 204 });
  }

  /**
   * A token is good for the instance of its launch, as long as that has not answered; who shows it first keeps it
   * by a number that nobody else knows, so that a lost reply may be asked for again.
   */
  async #redeem(request: Request): Promise<Response> {
    const asked = validate(order, await readJson(request, MAX_BODY));
    const { serverId, launch, token, nonce, instanceId } = asked;
    const { notes, bootTokenOf, tokenOf, host } = this.#options;
    if (!same(token, bootTokenOf(serverId, launch))) throw new Problem('forbidden');
    const kept = await notes.of(serverId);
    const { note } = kept;
    const redeemedBy = createHash('sha256').update(nonce).digest('hex');
    const good = note.spec && note.wanted === 'running' && note.launch === launch && !note.booted;
    if (!good || (note.redeemedBy !== null && note.redeemedBy !== redeemedBy)) throw new Problem('forbidden');
    const seen = await this.#shown(instanceId);
    const own = seen?.serverId === serverId && seen.launch === launch;
    if (seen && (!own || (note.instanceId ?? instanceId) !== instanceId)) throw new Problem('forbidden');
    if (!seen) throw new Problem('unavailable', { retryAfter: AGAIN_S }); // EC2 does not show it yet
    if (note.redeemedBy === null || note.instanceId === null)
      await notes.change(kept, { redeemedBy, instanceId });
    host.log.info({ serverId, launch }, 'an instance has redeemed its boot token');
    return new Response(tokenOf(serverId), { headers: { 'cache-control': 'no-store' } });
  }

  /** Program and configuration as a tar; 304 when they are still those of `If-None-Match` after the wait. */
  async #package(request: Request, serverId: string, wait: number): Promise<Response> {
    const known = request.headers.get('if-none-match') ?? '';
    const deadline = performance.now() + Math.min(LONGEST_WAIT_S, Number.isFinite(wait) ? wait : 0) * 1000;
    const signal = AbortSignal.any([request.signal, this.#stop.signal]);
    for (;;) {
      const rung = this.#bell.wait(LOOK_MS, signal);
      const config = await this.#configOf(await this.#options.notes.of(serverId));
      const etag = etagOf(config, this.#release);
      if (etag !== known) return this.#packed(config, etag, known !== '');
      if (performance.now() >= deadline || signal.aborted) return new Response(null, { status: 304 });
      await rung;
    }
  }

  async #packed(config: MediaConfig, etag: string, isRenewal: boolean): Promise<Response> {
    if (isRenewal) {
      this.#options.renews(config.serverId);
      await sleep(NOTICE_MS);
    }
    const own = { 'config.json': JSON.stringify(config), etag };
    const files = Object.entries(own).map(([name, text]) => ({ name, bytes: Buffer.from(text) }));
    const headers = { 'content-type': 'application/x-tar', 'cache-control': 'no-store', etag };
    return new Response(new Uint8Array(tarOf([...this.#program, ...files])), { headers });
  }

  async #configOf({ note }: Kept): Promise<MediaConfig> {
    if (!note.spec || note.wanted === 'gone') throw new Problem('forbidden');
    const seen = note.instanceId ? await this.#shown(note.instanceId) : undefined;
    if (!seen?.privateIp) throw new Problem('unavailable', { retryAfter: AGAIN_S });
    return this.#config(note.spec, seen.privateIp);
  }

  async #config(spec: ServerSpec, privateIp: string): Promise<MediaConfig> {
    const { host, controlUrl, tokenOf, storageUrlOf } = this.#options;
    return mediaConfig.parse({
      ...spec,
      basePath: `/m/${spec.slug}`,
      folder: FOLDER,
      databaseUrl: await databaseUrlOf(spec, `${FOLDER}/media.db`, host.databases),
      storageUrl: storageUrlOf(spec.serverId),
      lentKeys: true,
      listen: { host: privateIp, port: MEDIA_PORT },
      controlAddress: controlUrl,
      controlToken: tokenOf(spec.serverId),
      transcoder: {},
      publicUrl: host.mediaOrigin,
      idleSeconds: host.idleSeconds,
      logLevel: mediaConfig.shape.logLevel.catch('info').parse(host.log.level),
    });
  }

  async #shown(instanceId: string): Promise<Seen | undefined> {
    const { fleet } = this.#options;
    if (!fleet.get(instanceId)?.privateIp) await fleet.look();
    return fleet.get(instanceId);
  }
}

/** The bundle of a media server; what stands in several folders is no bundle, and cannot be sent. */
function programOf(command: readonly string[]): PackedFile[] {
  const program = command.findLast((part) => part.endsWith('.mjs'));
  if (program === undefined) throw new Error('ec2: sends the bundled media server, which is not built here');
  const folder = dirname(program);
  const names = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  return names.sort().map((name) => {
    return { name: name === basename(program) ? 'media.mjs' : name, bytes: readFileSync(join(folder, name)) };
  });
}

const etagOf = (config: MediaConfig, release: string): string =>
  `"${createHash('sha256').update(release).update(JSON.stringify(config)).digest('hex').slice(0, 24)}"`;

function same(a: string, b: string): boolean {
  const [x, y] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(x as Buffer, y as Buffer);
}
