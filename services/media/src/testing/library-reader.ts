import type { IncomingMessage } from 'node:http';
import { type LibraryEvent, libraryEvent } from '@ptsdly/contract';
import { eventually, type Rig } from './server.ts';

/** The owner's page, listening to the library. */
export class LibraryReader {
  readonly events: LibraryEvent[] = [];
  readonly closed: Promise<void>;

  private constructor(response: IncomingMessage) {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data) this.events.push(libraryEvent.parse(JSON.parse(data)));
      }
    });
    this.closed = new Promise((resolve) => response.once('close', resolve));
  }

  static async open(rig: Pick<Rig, 'open'>): Promise<LibraryReader> {
    const response = await rig.open('GET', '/events');
    if (response.statusCode !== 200) throw new Error(`${response.statusCode}`);
    const reader = new LibraryReader(response);
    await eventually(() => reader.events.length > 0);
    return reader;
  }

  /** The first event that `matches`, of all that came. */
  until(matches: (event: LibraryEvent) => boolean): Promise<LibraryEvent> {
    return eventually(() => this.events.find(matches));
  }
}
