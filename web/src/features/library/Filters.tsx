import type { LibrarySummary } from '@ptsdly/contract';
import { Button as AriaButton } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { cx } from '../../ui/cx.ts';
import { formatCount } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Menu, MenuItem } from '../../ui/Menu.tsx';
import styles from './Library.module.css';
import type { ChangeView } from './LibraryToolbar.tsx';
import { type LibraryView, type Narrowing, narrowings } from './useLibraryView.ts';

interface FiltersProps {
  readonly view: LibraryView;
  readonly change: ChangeView;
  readonly summary: LibrarySummary | undefined;
}

/** What can narrow the list, each with how many there are; what would show nothing is not offered. */
export function Filters({ view, change, summary }: FiltersProps) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const count = (narrowing: Narrowing) => (summary ? countOf(summary, narrowing) : 0);
  const offered = narrowings.filter((one) => one === 'all' || one === view.narrowing || count(one) > 0);
  return (
    <div className={styles.filters}>
      {offered.map((one) => (
        <AriaButton
          key={one}
          className={cx(styles.chip, view.narrowing === one && styles.chosen)}
          aria-pressed={view.narrowing === one}
          onPress={() => change({ narrowing: one, ...(one === 'all' && { tag: null, search: '' }) })}
          data-testid={`show-${one}`}
        >
          {t(`library.show.${one}`)}
          {summary && <span className={styles.count}>{formatCount(count(one), language)}</span>}
        </AriaButton>
      ))}
      {summary && (summary.tags.length > 0 || view.tag) && (
        <TagMenu tags={summary.tags} tag={view.tag} onTag={(tag) => change({ tag })} />
      )}
      <Link to="/app/trash" className={cx(styles.chip, styles.toTrash)} data-testid="to-trash">
        <Icon name="trash" size={16} />
        {t('trash.title')}
        {summary && summary.trash.count > 0 && (
          <span className={styles.count}>{formatCount(summary.trash.count, language)}</span>
        )}
      </Link>
    </div>
  );
}

function countOf(summary: LibrarySummary, narrowing: Narrowing): number {
  const { videos, favorites, processing, unplayable } = summary;
  return { all: videos, favorites, processing, unplayable }[narrowing].count;
}

interface TagMenuProps {
  readonly tags: LibrarySummary['tags'];
  readonly tag: string | null;
  readonly onTag: (tag: string | null) => void;
}

function TagMenu({ tags, tag, onTag }: TagMenuProps) {
  const { t } = useTranslation();
  const trigger = (
    <AriaButton className={cx(styles.chip, tag && styles.chosen)} data-testid="tags">
      <Icon name="tag" size={16} />
      {tag ?? t('library.tags')}
    </AriaButton>
  );
  return (
    <Menu label={t('library.tags')} trigger={trigger}>
      {tag !== null && (
        <MenuItem icon="close" onAction={() => onTag(null)}>
          {t('library.anyTag')}
        </MenuItem>
      )}
      {tags.map(({ name, count }) => (
        <MenuItem key={name} icon={name === tag ? 'check' : 'tag'} onAction={() => onTag(name)} testId="tag">
          {`${name} · ${count}`}
        </MenuItem>
      ))}
    </Menu>
  );
}
