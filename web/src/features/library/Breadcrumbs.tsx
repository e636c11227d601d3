import type { Folder } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { cx } from '../../ui/cx.ts';
import { Icon } from '../../ui/Icon.tsx';
import { type Dropped, useDropTarget } from './dragged.ts';
import styles from './Library.module.css';
import type { LibraryActions } from './useLibraryActions.ts';

interface BreadcrumbsProps {
  readonly path: readonly Folder[];
  readonly folderId: string | null;
  readonly actions: LibraryActions;
}

/** The way to the folder that is shown; videos can be dropped on every place on it. */
export function Breadcrumbs({ path, folderId, actions }: BreadcrumbsProps) {
  const { t } = useTranslation();
  const drop = (target: string | null) => (dropped: Dropped) => {
    void actions.move(dropped.videoIds, target, folderId);
    if (dropped.folderId) void actions.moveFolder(dropped.folderId, target);
  };
  return (
    <nav className={styles.crumbs} aria-label={t('library.path')}>
      <ol>
        <Crumb name={t('library.top')} to="/app/server" onDrop={drop(null)} />
        {path.map(({ id, name }, i) => (
          <Crumb
            key={id}
            name={name}
            to={`/app/server?folder=${id}`}
            isHere={i === path.length - 1}
            onDrop={drop(id)}
          />
        ))}
      </ol>
    </nav>
  );
}

interface CrumbProps {
  readonly name: string;
  readonly to: string;
  readonly isHere?: boolean;
  readonly onDrop: (dropped: Dropped) => void;
}

function Crumb({ name, to, isHere, onDrop }: CrumbProps) {
  const { isOver, props } = useDropTarget(onDrop);
  return (
    <li className={styles.crumb}>
      <Link
        to={to}
        aria-current={isHere ? 'page' : undefined}
        className={cx(isOver && styles.over)}
        {...(isHere ? {} : props)}
      >
        {name}
      </Link>
      {!isHere && <Icon name="forward" size={16} />}
    </li>
  );
}
