import type { Subtitle } from '@ptsdly/contract';
import type { TFunction } from 'i18next';
import { rates } from './keys.ts';
import type { Setting } from './SettingsMenu.tsx';
import type { Quality, Sound } from './streams.ts';
import type { useCaptions } from './useCaptions.ts';
import type { useLoudness } from './useLoudness.ts';
import type { useRate } from './useRate.ts';
import type { ShownSource } from './useSource.ts';

export interface Choices {
  readonly source: ShownSource;
  readonly rate: ReturnType<typeof useRate>;
  readonly captions: ReturnType<typeof useCaptions> & { readonly all: readonly Subtitle[] };
  readonly loudness: ReturnType<typeof useLoudness>;
}

/** What can be set of what plays; a choice of one is none. */
export function playerSettings(t: TFunction, language: string, choices: Choices): Setting[] {
  const all = [
    qualitySetting(t, choices.source),
    rateSetting(t, language, choices.rate),
    soundSetting(t, language, choices.source),
    captionSetting(t, language, choices.captions),
    loudnessSetting(t, choices.loudness),
  ];
  return all.filter((setting) => setting.options.length > 1);
}

function qualitySetting(t: TFunction, { streams, chooseQuality }: ShownSource): Setting {
  const { qualities, quality, shownHeight } = streams;
  const auto = shownHeight ? t('player.autoNow', { height: shownHeight }) : t('player.auto');
  const chosen = qualities.find(({ id }) => id === quality);
  const options = qualities.map((one) => ({
    id: String(one.id),
    label: qualityName(t, one),
    isChosen: one.id === quality,
    choose: () => chooseQuality(one.id),
  }));
  const automatic = { id: 'auto', label: auto, isChosen: !chosen, choose: () => chooseQuality(null) };
  return {
    ...{ id: 'quality', label: t('player.quality'), value: chosen ? qualityName(t, chosen) : auto },
    options: options.length > 1 ? [automatic, ...options] : [],
  };
}

const qualityName = (t: TFunction, { height, isOriginal }: Quality) =>
  isOriginal ? t('player.original', { height }) : `${height}p`;

function rateSetting(t: TFunction, language: string, { rate, choose }: Choices['rate']): Setting {
  const name = (value: number) =>
    value === 1 ? t('player.normalSpeed') : `${new Intl.NumberFormat(language).format(value)}×`;
  const options = rates.map((value) => ({
    id: String(value),
    label: name(value),
    isChosen: value === rate,
    choose: () => choose(value),
  }));
  return { id: 'speed', label: t('player.speed'), value: name(rate), options };
}

function soundSetting(t: TFunction, language: string, { streams, chooseSound }: ShownSource): Setting {
  const options = streams.sounds.map((sound) => ({
    id: String(sound.id),
    label: soundName(language, sound),
    isChosen: sound.id === streams.sound,
    choose: () => chooseSound(sound.id),
  }));
  const value = options.find(({ isChosen }) => isChosen)?.label ?? '';
  return { id: 'sound', label: t('player.sound'), value, options };
}

const soundName = (language: string, sound: Sound) =>
  [sound.language ? languageName(language, sound.language) : '', sound.name].find((name) => name) ??
  String(sound.id + 1);

function captionSetting(
  t: TFunction,
  language: string,
  { all, shown, choose }: Choices['captions'],
): Setting {
  const options = all.map((caption) => ({
    id: caption.id,
    label: caption.label || languageName(language, caption.language),
    isChosen: caption.id === shown,
    choose: () => choose(caption.id),
  }));
  const off = { id: 'off', label: t('player.off'), isChosen: shown === null, choose: () => choose(null) };
  const value = options.find(({ isChosen }) => isChosen)?.label ?? off.label;
  return {
    id: 'captions',
    label: t('player.captions'),
    value,
    options: all.length > 0 ? [off, ...options] : [],
  };
}

function loudnessSetting(t: TFunction, { isOn, choose, isOffered }: Choices['loudness']): Setting {
  const option = (on: boolean) => ({
    id: on ? 'on' : 'off',
    label: t(on ? 'player.on' : 'player.off'),
    isChosen: isOn === on,
    choose: () => choose(on),
  });
  const options = isOffered ? [option(true), option(false)] : [];
  return {
    id: 'loudness',
    label: t('player.normalise'),
    value: t(isOn ? 'player.on' : 'player.off'),
    options,
  };
}

/** The name of a language in another; the tag itself where nobody knows it. */
function languageName(shown: string, tag: string): string {
  try {
    return new Intl.DisplayNames([shown], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
