import { execFileSync } from 'node:child_process';
import { hasFfmpeg } from '@ptsdly/packager/testing';
import { describe, expect, test } from 'vitest';
import { commandOf, trialCommand, type VideoTask } from './command.ts';
import { type EncoderName, encoderNames, encoders } from './encoder.ts';

const CODECS: Readonly<Record<EncoderName, string>> = {
  libx264: 'libx264',
  vaapi: 'h264_vaapi',
  nvenc: 'h264_nvenc',
  qsv: 'h264_qsv',
};
/** Options that all encoders share. */
const SHARED = new Set(['c', 'b', 'maxrate', 'bufsize', 'g', 'bf', 'threads']);

const place = (name: EncoderName) => ({
  ...{ input: '/in', outputFolder: '/out', threads: 2, encoder: encoders[name] },
});
const task: VideoTask = {
  ...{ kind: 'video', priority: 'background', input: { path: 'a.mp4', demuxer: 'mov' }, track: 0 },
  ...{ from: 10, to: 22, keyFrames: [12, 18], width: 1280, height: 720, maxBitRate: 3_000_000 },
  ...{ toneMap: 'none', output: 'work/v.mp4' },
};

/** `-name value` pairs, the names without what stream they are for. */
function optionsOf(args: readonly string[]): [name: string, value: string][] {
  return args.flatMap((arg, i) =>
    /^-[a-z]/.test(arg) ? [[arg.slice(1).replace(/:v$/, ''), args[i + 1] ?? '']] : [],
  );
}

describe.each(encoderNames)('the encoder %s', (name) => {
  const { args } = commandOf(task, place(name));
  const settings = encoders[name].options({ threads: 2, level: '3.1', maxBitRate: 3_000_000 });
  const options = new Map(optionsOf(args));

  test('opens its device before the input, and takes pictures from the end of the filters', () => {
    const { device, filters } = encoders[name];
    const at = args.indexOf('-i');
    expect(args.slice(0, at)).toEqual(expect.arrayContaining([...device]));
    expect(device.length === 0 || args.indexOf('-init_hw_device') < at).toBe(true);
    expect(options.get('vf')).toMatch(new RegExp(`^trim=.*scale=1280:720.*${filters}$`));
  });

  test('has key frames where they are asked for, and nowhere else', () => {
    expect(options.get('force_key_frames')).toBe('1.999500,7.999500');
    expect(options.get('c')).toBe(CODECS[name]);
    const never = Number(options.get('g')) > 9000 || /keyint=infinite/.test(options.get('x264-params') ?? '');
    expect(never).toBe(true);
  });

  test('stays below its ceiling, and aims below it or at a quality', () => {
    expect([options.get('maxrate'), options.get('bufsize')]).toEqual(['3000000', '6000000']);
    const quality = options.get('crf') ?? options.get('cq');
    const target = Number(options.get('b') ?? 0);
    expect(quality !== undefined ? target === 0 : target > 0 && target < 3_000_000).toBe(true);
  });

  test('is tried with the same settings', () => {
    const { args: trial } = trialCommand(place(name));
    const names = new Set(optionsOf(trial).map(([option]) => option));
    for (const [option] of optionsOf(settings)) expect(names).toContain(option);
  });

  // no hardware is needed to ask ffmpeg which options and which named values its encoder has
  test.skipIf(!hasFfmpeg)('is given what ffmpeg knows', () => {
    const help = execFileSync('ffmpeg', ['-v', 'quiet', '-h', `encoder=${CODECS[name]}`]).toString();
    expect(help).toContain(`Encoder ${CODECS[name]}`);
    for (const [option, value] of optionsOf(settings)) {
      if (SHARED.has(option)) continue;
      const found = new RegExp(`^  -${option} +<(\\w+)>[^\\n]*\\n(?<values>(?:     [^\\n]*\\n)*)`, 'm').exec(
        help,
      );
      expect(found, `-${option}`).not.toBeNull();
      if (found?.[1] !== 'int' || /^\d+$/.test(value)) continue;
      expect(found.groups?.values, `-${option} ${value}`).toMatch(new RegExp(`^ +${value} `, 'm'));
    }
  });
});
