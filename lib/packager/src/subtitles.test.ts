import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cueText } from './cue-text.ts';
import { decodeIndex, encodeIndex } from './index-file.ts';
import { indexSource } from './index-source.ts';
import { createPresentation } from './presentation.ts';
import { bytesSource } from './source.ts';
import { readChapters, readCues, writeWebVtt } from './subtitles.ts';
import { ffmpeg, hasFfmpeg } from './testing/fixtures.ts';

const SRT = `1
00:00:01,000 --> 00:00:02,500
안녕 <i>세계</i> & <script>alert(1)</script>

2
00:00:03,000 --> 00:00:04,000
second --> line
of two
`;
const CHAPTERS = `;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=0
END=2000
title=Opening
[CHAPTER]
TIMEBASE=1/1000
START=2000
END=5000
title=둘째
`;

describe.skipIf(!hasFfmpeg)('embedded text', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ptsdly-text-'));
    await writeFile(join(folder, 'text.srt'), SRT);
    await writeFile(join(folder, 'chapters.txt'), CHAPTERS);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const made = async (name: string, codec: string) => {
    const path = join(folder, name);
    await ffmpeg([
      ...['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=10:d=5', '-i', join(folder, 'text.srt')],
      ...['-i', join(folder, 'chapters.txt'), '-map', '0', '-map', '1', '-map_metadata', '2'],
      ...[
        '-c:v',
        'libx264',
        '-pix_fmt',
        'yuv420p',
        '-bf',
        '2',
        '-c:s',
        codec,
        '-metadata:s:s:0',
        'language=kor',
      ],
      ...['-metadata:s:s:0', 'title=자막', '-disposition:s:0', 'forced', path],
    ]);
    const source = bytesSource(await readFile(path));
    return { source, index: decodeIndex(encodeIndex(await indexSource(source))) };
  };

  it.each([
    ['in.mp4', 'mov_text', 'tx3g'],
    ['in.mkv', 'srt', 'subrip'],
    ['ass.mkv', 'ass', 'ass'],
    ['vtt.mkv', 'webvtt', 'webvtt'],
  ])(
    'of %s becomes cues with their times, without anything that could do harm',
    async (name, codec, format) => {
      const { source, index } = await made(name, codec);
      const [track] = index.subtitles ?? [];
      if (!track) throw new Error('no subtitles');
      expect(track).toMatchObject({ format, language: 'ko' });
      const cues = await readCues(source, track);
      expect(cues).toHaveLength(2);
      expect(cues[0]?.start).toBeCloseTo(1, 1);
      expect(cues[0]?.end).toBeCloseTo(2.5, 1);
      const vtt = writeWebVtt(cues);
      expect(vtt).toMatch(/^WEBVTT\n\n00:00:01\.\d{3} --> 00:00:02\.\d{3}\n안녕/);
      expect(vtt).not.toContain('<script');
      expect(vtt).toContain('second --&gt; line\nof two\n');
      const master = createPresentation(index).masterPlaylist();
      expect(master).toMatch(
        /TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="[^"]+",LANGUAGE="ko",.*URI="s0\.m3u8"/,
      );
      expect(master).toContain('SUBTITLES="subtitles"');
      expect(createPresentation(index).mediaPlaylist('s0')).toContain('\ns0.vtt\n#EXT-X-ENDLIST\n');
      expect(() => createPresentation(index).mediaPlaylist('s1')).toThrow('no track');
    },
  );

  it.each([
    ['chapters.mp4', 'mov_text'],
    ['chapters.mkv', 'srt'],
  ])('that names the chapters of %s is a list', async (name, codec) => {
    const { source, index } = await made(name, codec);
    const chapters = await readChapters(source, index);
    expect(chapters.map(({ title }) => title)).toEqual(['Opening', '둘째']);
    expect(chapters[1]?.start).toBeCloseTo(2, 1);
    const { chapters: _, ...told } = index;
    if (told.chapterTrack) expect((await readChapters(source, told)).length).toBe(2);
    expect(index.subtitles).toHaveLength(1);
  });
});

describe('the text of a cue', () => {
  it('keeps bold, italic and underline, and nothing else', () => {
    const text = (value: string, format: 'subrip' | 'ass' = 'subrip') =>
      cueText(new TextEncoder().encode(value), format);
    expect(text('<B>x</b> <font color="red">y</font> <i onclick=1>z')).toBe('<b>x</b> y z');
    expect(text('a\n\n\nb\u0000\r\n')).toBe('a\nb');
    expect(text('1 & 2 < 3')).toBe('1 &amp; 2 &lt; 3');
    expect(text('0,0,Default,,0,0,0,,{\\b1}Hi\\Nthere, you', 'ass')).toBe('Hi\nthere, you');
  });

  it('never opens a tag of another kind, whatever the bytes', () => {
    const formats = fc.constantFrom('tx3g' as const, 'subrip' as const, 'ass' as const, 'webvtt' as const);
    const wild = fc.string({
      unit: fc.constantFrom('<', '>', 'b', '/', 'script', '\n', '-', '\ue000', '&', ','),
    });
    fc.assert(
      fc.property(formats, wild, (format, text) => {
        const cue = cueText(new TextEncoder().encode(`\0\u0020${text}`), format);
        expect(cue.replaceAll(/<\/?[biu]>/g, '')).not.toMatch(/[<>]/);
        expect(cue).not.toContain('\n\n');
      }),
    );
  });
});
