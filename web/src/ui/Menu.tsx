import type { ReactNode } from 'react';
import { Menu as AriaMenu, MenuItem as AriaMenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { cx } from './cx.ts';
import { Icon, type IconName } from './Icon.tsx';
import styles from './Menu.module.css';

interface MenuProps {
  readonly label: string;
  readonly trigger: ReactNode;
  readonly children: ReactNode;
  readonly defaultOpen?: boolean;
}

export function Menu({ label, trigger, children, defaultOpen = false }: MenuProps) {
  return (
    <MenuTrigger defaultOpen={defaultOpen}>
      {trigger}
      <Popover className={styles.popover!} placement="bottom end">
        <AriaMenu className={styles.menu!} aria-label={label}>
          {children}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}

interface MenuItemProps {
  readonly icon: IconName;
  readonly children: string;
  readonly href?: string;
  readonly download?: boolean;
  readonly danger?: boolean;
  readonly testId?: string;
  readonly onAction?: () => void;
}

export function MenuItem({ icon, children, danger, testId, ...rest }: MenuItemProps) {
  return (
    <AriaMenuItem
      {...rest}
      textValue={children}
      className={cx(styles.item, danger && styles.danger)}
      data-testid={testId}
    >
      <Icon name={icon} />
      <span>{children}</span>
    </AriaMenuItem>
  );
}
