import { useTranslation } from 'react-i18next';
import { useAccountActsInfiniteQuery, useDecisionsInfiniteQuery } from '../../api/operator.ts';

export interface Act {
  readonly at: string;
  readonly what: string;
  readonly about: string;
  readonly detail: string;
  readonly by: string;
}

interface Found<T> {
  readonly data?: { readonly pages: readonly { readonly items: readonly T[] }[] } | undefined;
}

const itemsOf = <T>(found: Found<T>): readonly T[] => found.data?.pages.flatMap(({ items }) => items) ?? [];
const endOf = (found: Found<{ readonly at: string }>): string => itemsOf(found).at(-1)?.at ?? '';

/** What was done about links and about accounts, as one list that goes on as long as one of the two does. */
export function useAudit() {
  const { t } = useTranslation();
  const decisions = useDecisionsInfiniteQuery();
  const accountActs = useAccountActsInfiniteQuery();
  const unread = [decisions, accountActs].filter(({ hasNextPage }) => hasNextPage);
  // Of what is older than the end of a list that goes on, some is still to come.
  const complete =
    unread
      .map((found) => endOf(found))
      .sort()
      .at(-1) ?? '';
  const found = {
    hasNextPage: unread.length > 0,
    isFetchingNextPage: unread.some(({ isFetchingNextPage }) => isFetchingNextPage),
    fetchNextPage: () => unread.map(({ fetchNextPage }) => fetchNextPage()),
  };
  const acts: Act[] = [
    ...itemsOf(decisions).map(({ at, action, linkId, note, by }) => ({
      ...{ at, about: linkId, detail: note, by },
      what: t(`operator.${action}`),
    })),
    ...itemsOf(accountActs).map(({ at, action, subject, detail, actor }) => ({
      ...{ at, about: subject, detail, by: actor },
      what: t(`operator.acts.${action}` as 'operator.acts.other', { defaultValue: action }),
    })),
  ]
    .filter(({ at }) => at >= complete)
    .sort((a, b) => (a.at < b.at ? 1 : -1));
  return { acts, problem: decisions.error ?? accountActs.error, found };
}
