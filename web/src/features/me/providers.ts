import type { TFunction } from 'i18next';

/** `credential`, `google` … as words; one that we do not know keeps its own name. */
export const providerName = (t: TFunction, provider: string, otherwise = provider) =>
  t(`me.provider.${provider}` as 'me.provider.google', { defaultValue: otherwise });

export const providerNames = (t: TFunction, providers: readonly string[]) =>
  providers.map((provider) => providerName(t, provider)).join(', ');
