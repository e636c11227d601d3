import { useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../../ui/cx.ts';
import { Icon } from '../../ui/Icon.tsx';
import control from './Control.module.css';
import styles from './SettingsMenu.module.css';

/** One thing to choose: its name, what is chosen, and what there is. */
export interface Setting {
  readonly id: string;
  readonly label: string;
  /** The chosen option in words. */
  readonly value: string;
  readonly options: readonly SettingOption[];
}

export interface SettingOption {
  readonly id: string;
  readonly label: string;
  readonly isChosen: boolean;
  choose(): void;
}

interface SettingsMenuProps {
  readonly settings: readonly Setting[];
  readonly onHelp: () => void;
  readonly onOpenChange: (isOpen: boolean) => void;
}

/**
 * The menu of the player: a list of settings, each with a list of its own (WAI-ARIA menu button pattern). It is no
 * popover of the page, since in full screen only what stands inside the player is seen.
 */
export function SettingsMenu({ settings, onHelp, onOpenChange }: SettingsMenuProps) {
  const { t } = useTranslation();
  const [page, setPage] = useState<string | null>(null);
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  const show = (open: boolean) => {
    setOpen(open);
    setPage(null);
    onOpenChange(open);
    if (!open) button.current?.focus();
  };
  useOutside(root, isOpen, () => show(false));
  const setting = settings.find((one) => one.id === page);
  return (
    <div ref={root} className={styles.root}>
      <button
        ref={button}
        type="button"
        className={control.control}
        aria-label={t('player.settings')}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => show(!isOpen)}
        data-testid="player-settings"
      >
        <Icon name="settings" size={24} />
      </button>
      {isOpen && (
        <MenuList
          key={page}
          id={id}
          label={setting?.label ?? t('player.settings')}
          onLeave={() => (setting ? setPage(null) : show(false))}
        >
          {setting ? (
            <>
              <Item className={styles.back} onPress={() => setPage(null)}>
                <Icon name="back" />
                {setting.label}
              </Item>
              {setting.options.map((option) => (
                <OptionItem
                  key={option.id}
                  option={option}
                  onPress={() => {
                    option.choose();
                    show(false);
                  }}
                  testId={`${setting.id}-${option.id}`}
                />
              ))}
            </>
          ) : (
            <>
              {settings.map((one) => (
                <Item key={one.id} hasPopup onPress={() => setPage(one.id)} testId={`setting-${one.id}`}>
                  <span className={styles.name}>{one.label}</span>
                  <span className={styles.value}>{one.value}</span>
                </Item>
              ))}
              <Item
                className={styles.help}
                onPress={() => {
                  show(false);
                  onHelp();
                }}
                testId="setting-help"
              >
                <span className={styles.name}>{t('player.keys.title')}</span>
              </Item>
            </>
          )}
        </MenuList>
      )}
    </div>
  );
}

interface MenuListProps {
  readonly id: string;
  readonly label: string;
  readonly onLeave: () => void;
  readonly children: React.ReactNode;
}

/** Arrow keys move, Escape and the left arrow leave; the first or the chosen item has the focus. */
function MenuList({ id, label, onLeave, children }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null);
  const items = () => [...(list.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
  useEffect(() => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
    (all.find((item) => item.ariaChecked === 'true') ?? all[0])?.focus();
  }, []);
  const press = (event: React.KeyboardEvent) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const move = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (move !== undefined) all[(move + all.length) % all.length]?.focus();
    else if (event.key === 'Escape' || event.key === 'ArrowLeft' || event.key === 'Tab') onLeave();
    else if (event.key === 'ArrowRight') (document.activeElement as HTMLElement | null)?.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={list}
      id={id}
      role="menu"
      tabIndex={-1}
      aria-label={label}
      className={styles.list}
      onKeyDown={press}
    >
      {children}
    </div>
  );
}

interface ItemProps {
  readonly onPress: () => void;
  readonly children: React.ReactNode;
  readonly hasPopup?: boolean;
  readonly className?: string;
  readonly testId?: string;
}

function Item({ onPress, children, hasPopup, className, testId }: ItemProps) {
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      aria-haspopup={hasPopup ? 'menu' : undefined}
      className={cx(styles.item, className)}
      onClick={onPress}
      data-testid={testId}
    >
      {children}
      {hasPopup && <Icon name="forward" size={16} />}
    </button>
  );
}

interface OptionItemProps {
  readonly option: SettingOption;
  readonly onPress: () => void;
  readonly testId: string;
}

function OptionItem({ option, onPress, testId }: OptionItemProps) {
  return (
    <button
      type="button"
      role="menuitemradio"
      tabIndex={-1}
      aria-checked={option.isChosen}
      className={styles.item}
      onClick={onPress}
      data-testid={testId}
    >
      <span className={styles.check}>{option.isChosen && <Icon name="check" />}</span>
      {option.label}
    </button>
  );
}

/** A press beside it closes it. */
function useOutside(ref: React.RefObject<HTMLElement | null>, isOpen: boolean, close: () => void) {
  const closeNow = useRef(close);
  closeNow.current = close;
  useEffect(() => {
    if (!isOpen) return;
    const press = (event: PointerEvent) => {
      if (!ref.current || event.composedPath().includes(ref.current)) return;
      closeNow.current();
    };
    document.addEventListener('pointerdown', press, true);
    return () => document.removeEventListener('pointerdown', press, true);
  }, [ref, isOpen]);
}
