import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';
import { Link, type LinkProps } from 'react-router';
import styles from './Button.module.css';
import { cx } from './cx.ts';
import { Icon, type IconName } from './Icon.tsx';

export type Look = 'primary' | 'quiet' | 'plain' | 'danger';

interface Appearance {
  readonly look?: Look;
  readonly size?: 'm' | 'l';
  readonly wide?: boolean;
  readonly icon?: IconName;
}

const classOf = ({ look = 'primary', size = 'm', wide }: Appearance, extra?: string) =>
  cx(styles.button, styles[look], size === 'l' && styles.large, wide && styles.wide, extra);

interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'children'>, Appearance {
  readonly className?: string;
  readonly children: ReactNode;
}

export function Button({ look, size, wide, icon, className, children, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={classOf({ look, size, wide }, className)}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </AriaButton>
  );
}

interface LinkButtonProps extends Omit<LinkProps, 'className' | 'children'>, Appearance {
  readonly className?: string;
  readonly children: ReactNode;
}

export function LinkButton({ look, size, wide, icon, className, children, ...rest }: LinkButtonProps) {
  return (
    <Link {...rest} className={classOf({ look, size, wide }, className)}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </Link>
  );
}

interface IconButtonProps extends Omit<AriaButtonProps, 'className' | 'children'> {
  readonly icon: IconName;
  readonly label: string;
  readonly className?: string;
}

export function IconButton({ icon, label, className, ...rest }: IconButtonProps) {
  return (
    <AriaButton {...rest} aria-label={label} className={cx(styles.icon, className)}>
      <Icon name={icon} />
    </AriaButton>
  );
}
