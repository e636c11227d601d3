import { useTranslation } from 'react-i18next';
import { languageNames, languages } from '../i18n/language.ts';
import { useLanguage } from '../i18n/useLanguage.ts';
import { IconButton } from '../ui/Button.tsx';
import { Menu, MenuItem } from '../ui/Menu.tsx';

export function LanguageMenu() {
  const { t } = useTranslation();
  const [current, choose] = useLanguage();
  return (
    <Menu
      label={t('common.language')}
      trigger={<IconButton icon="globe" label={t('common.language')} data-testid="language-menu" />}
    >
      {languages.map((language) => (
        <MenuItem
          key={language}
          icon={language === current ? 'check' : 'globe'}
          testId={`language-${language}`}
          onAction={() => choose(language)}
        >
          {languageNames[language]}
        </MenuItem>
      ))}
    </Menu>
  );
}
