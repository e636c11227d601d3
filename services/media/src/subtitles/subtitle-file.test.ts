import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSubtitleFile } from './subtitle-file.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => readSubtitleFile(utf8(text));
/** The cues of our own WebVTT, as pairs of a timing and a text. */
const cuesOf = ({ vtt }: { vtt: string }) =>
  vtt
    .split('\n\n')
    .slice(1)
    .map((block) => block.trim().split('\n'))
    .map(([timing, ...lines]) => [timing, lines.join('|')]);

const SRT = `1
00:00:01,000 --> 00:00:02,500
안녕하세요
<i>두 번째 줄</i>

2
00:00:03,000 --> 00:00:04,000 X1:10 Y1:20
<font color="red">빨강</font> & {\\an8}위
`;

describe('subtitles of every kind become plain WebVTT', () => {
  it('SRT', () => {
    const file = read(SRT);
    expect(file).toMatchObject({ format: 'srt', cues: 2, language: 'ko' });
    expect(cuesOf(file)).toEqual([
      ['00:00:01.000 --> 00:00:02.500', '안녕하세요|<i>두 번째 줄</i>'],
      ['00:00:03.000 --> 00:00:04.000 line:0', '빨강 &amp; 위'],
    ]);
    expect(file.words).toContain('두 번째 줄');
  });

  it('SRT with Windows line ends, no empty lines and cues out of order', () => {
    const [first = '', second = ''] = SRT.trimEnd().split('\n\n');
    const text = `${second}\n${first}`.replace(/\n/g, '\r\n');
    expect(cuesOf(read(text))).toEqual(cuesOf(read(SRT)));
  });

  it('WebVTT: notes, styles and regions go, places stay', () => {
    const file = read(`\uFEFFWEBVTT - a title
X-HEADER: 1

STYLE
::cue { background: url(https://elsewhere.test/x) }

NOTE a remark
that goes on

intro
00:01.000 --> 00:02.000 line:0 align:start region:fred evil:1
<v Kim><c.loud>Hello</c> <ruby>漢<rt>かん</rt></ruby></v>

01:00:00.000 --> 01:00:01.000
<00:01.500>later &lt;b&gt; &nbsp;x
`);
    expect(file).toMatchObject({ format: 'vtt', cues: 2 });
    expect(cuesOf(file)).toEqual([
      ['00:00:01.000 --> 00:00:02.000 line:0 align:start', 'Hello 漢かん'],
      ['01:00:00.000 --> 01:00:01.000', 'later &lt;b&gt; \u00a0x'],
    ]);
  });

  it('ASS: overrides become tags, drawings and comments go', () => {
    const file = read(`[Script Info]
Title: x
[V4+ Styles]
Format: Name
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,no
Dialogue: 0,0:00:01.50,0:00:03.00,Default,,0,0,0,,{\\an8\\i1}One, two{\\i0}\\Nthree <x>
Dialogue: 0,0:00:02.00,0:00:03.00,Default,,0,0,0,,{\\p1}m 0 0 l 10 10{\\p0}
`);
    expect(file).toMatchObject({ format: 'ass', cues: 1 });
    expect(cuesOf(file)).toEqual([
      ['00:00:01.500 --> 00:00:03.000 line:0', '<i>One, two</i>|three &lt;x&gt;'],
    ]);
  });

  it('SMI: the class that says most, each until the next', () => {
    const file = read(`<SAMI><HEAD><STYLE><!-- .KRCC {Name:한국어;} --></STYLE></HEAD><BODY>
<SYNC Start=1000><P Class=KRCC>안녕<br>하세요
<SYNC Start=2000><P Class=ENCC>Hi
<SYNC Start=3000><P Class=KRCC>&nbsp;
<SYNC Start=4000><P Class=KRCC>마지막 말</BODY></SAMI>`);
    expect(file).toMatchObject({ format: 'smi', cues: 2, language: 'ko' });
    expect(cuesOf(file)).toEqual([
      ['00:00:01.000 --> 00:00:03.000', '안녕|하세요'],
      ['00:00:04.000 --> 00:00:09.000', '마지막 말'],
    ]);
  });
});

describe('encodings', () => {
  // 안녕, and three syllables that CP949 has and EUC-KR has not
  const korean = [0xbe, 0xc8, 0xb3, 0xe7, 0x20, 0x8c, 0x63, 0x94, 0xee, 0xc1, 0x64];
  const around = (words: Uint8Array | number[]) =>
    Uint8Array.from([...utf8('1\n00:00:01,000 --> 00:00:02,000\n'), ...words, 10]);

  it('reads CP949', () => {
    expect(readSubtitleFile(around(korean)).words).toBe('안녕 똠뷁햏');
  });

  it('reads UTF-16 with and without a mark', () => {
    const text = '1\n00:00:01,000 --> 00:00:02,000\n안녕\n';
    const little = Buffer.from(text, 'utf16le');
    expect(readSubtitleFile(Buffer.concat([Buffer.from([0xff, 0xfe]), little])).words).toBe('안녕');
    expect(readSubtitleFile(little).words).toBe('안녕');
    expect(readSubtitleFile(Buffer.from(little).swap16()).words).toBe('안녕');
  });
});

describe('hostile files', () => {
  it.each(['', 'hello', '\u0000\u0001', '<html><script>alert(1)</script></html>', 'WEBVTT\n\nNOTE x\n'])(
    'refuses %j',
    (text) => {
      expect(() => read(text)).toThrow(/subtitles_unreadable/);
    },
  );

  it('lets nothing but text, b, i and u through, whatever comes', () => {
    const bits = fc.constantFrom(
      ...[
        '<b>',
        '</b>',
        '<i>',
        '</i>',
        '<script>',
        '</script>',
        '<img src=x onerror=1>',
        '-->',
        '\n\n',
        '\n',
      ],
      ...[
        '&lt;script&gt;',
        '&#60;',
        '&#x3c;b&#x3e;',
        '{\\i1}',
        '<c.x',
        '>',
        '<',
        '&',
        'WEBVTT',
        'NOTE ',
        '말',
        '\u0000',
      ],
      ...[
        '00:00:05,000 --> 00:00:06,000',
        '<SYNC Start=1><P Class=K>',
        '[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,,,,,,,',
      ],
    );
    const head = fc.constantFrom('WEBVTT\n\n', '1\n', '<SAMI>', '[Events]\n');
    const timing = '00:00:01.000 --> 00:00:02.000\nx';
    fc.assert(
      fc.property(head, fc.array(bits, { maxLength: 30 }), (start, parts) => {
        let file: ReturnType<typeof read>;
        try {
          file = read(`${start}${timing}${parts.join('')}`);
        } catch {
          return; // refused is fine
        }
        const [first, ...blocks] = file.vtt.trimEnd().split('\n\n');
        expect(first).toBe('WEBVTT');
        expect(blocks).toHaveLength(file.cues);
        for (const block of blocks) {
          const [head = '', ...lines] = block.split('\n');
          expect(head).toMatch(/^\d{2,}:\d\d:\d\d\.\d{3} --> \d{2,}:\d\d:\d\d\.\d{3}( [a-z]+:[\w.,%-]+)*$/);
          const text = lines.join('\n');
          expect(text).not.toContain('-->');
          expect(text.replace(/<\/?[biu]>/g, '')).not.toMatch(/[<>]/);
          for (const tag of ['b', 'i', 'u']) {
            expect(text.split(`<${tag}>`)).toHaveLength(text.split(`</${tag}>`).length);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is not slow on what is made to be slow', () => {
    const started = performance.now();
    for (const text of [
      '<'.repeat(1e6),
      '{'.repeat(1e6),
      `WEBVTT\n\n${'<b>'.repeat(3e5)}`,
      '<SYNC '.repeat(2e5),
    ]) {
      expect(() => read(text)).toThrow();
      expect(() => read(`1\n00:00:01,000 --> 00:00:02,000\n${text}`)).not.toThrow(RangeError);
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
