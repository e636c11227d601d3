import type { Server } from '@ptsdly/contract';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { say } from '../../ui/toasts.ts';
import { isBeingCreated } from './serverStates.ts';

/** Says how long it took, to somebody who saw the server being created. */
export function useReadyWords(server: Server | null): void {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const watched = useRef(false);
  useEffect(() => {
    if (!server) return;
    if (isBeingCreated(server.state)) watched.current = true;
    if (server.state !== 'ready' || !server.readyAt || !watched.current) return;
    watched.current = false;
    const seconds = (Date.parse(server.readyAt) - Date.parse(server.createdAt)) / 1000;
    const shown = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(seconds);
    say(t('server.readyIn', { seconds: shown }));
  }, [server, language, t]);
}
