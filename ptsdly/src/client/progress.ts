const WIDTH = 24;
const PAUSE_MS = 100;
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A line that shows how far a file is; on a terminal it moves, elsewhere only its end is written. */
export class Progress {
  readonly #out: NodeJS.WriteStream | undefined;
  #name = '';
  #begun = 0;
  #from = 0;
  #drawn = 0;

  /** Without an output nothing is shown. */
  constructor(out: NodeJS.WriteStream | undefined) {
    this.#out = out;
  }

  begin(name: string): void {
    this.#name = name;
    this.#begun = performance.now();
    this.#from = -1;
    this.#drawn = 0;
  }

  /** Bytes of all bytes. */
  show(done: number, total: number): void {
    if (this.#from < 0) this.#from = done; // what an earlier run has sent is no speed of this one
    const now = performance.now();
    if (!this.#out?.isTTY || now - this.#drawn < PAUSE_MS) return;
    this.#drawn = now;
    const share = total > 0 ? done / total : 0;
    const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░');
    const rate = (done - this.#from) / Math.max(0.1, (now - this.#begun) / 1000);
    const left = rate > 0 ? clock((total - done) / rate) : '';
    this.#line(`${bar} ${Math.floor(share * 100)} %  ${readable(rate)}/s  ${left}  ${this.#name}`);
  }

  /** Ends the line with what became of it. */
  end(words: string): void {
    if (!this.#out) return;
    if (this.#out.isTTY) this.#out.write('\r\u001b[K');
    this.#out.write(`${this.#name}: ${words}\n`);
  }

  #line(text: string): void {
    const width = this.#out?.columns ?? 80;
    this.#out?.write(`\r\u001b[K${text.slice(0, width - 1)}`);
  }
}

/** Bytes for people, in powers of a thousand. */
export function readable(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power > 1 ? 1 : 0)} ${UNITS[power]}`;
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
