import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/Button.tsx';

interface MoreButtonProps {
  /** As the hook of an infinite query gives it. */
  readonly found: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => unknown;
  };
}

/** Asks for the next page of a list, where there is one. */
export function MoreButton({ found }: MoreButtonProps) {
  const { t } = useTranslation();
  if (!found.hasNextPage) return null;
  return (
    <Button
      look="quiet"
      isPending={found.isFetchingNextPage}
      onPress={() => found.fetchNextPage()}
      data-testid="more"
    >
      {t('links.more')}
    </Button>
  );
}
