import { LogOut, Monitor, Moon, Sun } from 'lucide-preact';
import { useText } from '../text/use-text.ts';
import type { Language, Theme } from './preferences.ts';

const THEMES = [
  { id: 'system', Icon: Monitor },
  { id: 'light', Icon: Sun },
  { id: 'dark', Icon: Moon },
] as const;

export interface SettingsMenuProps {
  readonly language: Language;
  readonly setLanguage: (language: Language) => void;
  readonly theme: Theme;
  readonly setTheme: (theme: Theme) => void;
  /** Forgets the key; undefined when there is none. */
  readonly leave: (() => void) | undefined;
}

/** Language, light or dark, and leaving: one button each, so that nothing hides in a menu. */
export function SettingsMenu({ language, setLanguage, theme, setTheme, leave }: SettingsMenuProps) {
  const text = useText();
  const at = THEMES.findIndex(({ id }) => id === theme);
  const next = THEMES[(at + 1) % THEMES.length] ?? THEMES[0];
  const { Icon } = THEMES[at] ?? THEMES[0];
  const other = language === 'en' ? 'zh' : 'en';
  const themeLabel = `${text.settings.theme}: ${text.settings.themes[theme]}`;
  return (
    <div class="settings">
      <button
        type="button"
        class="icon-button"
        lang={other === 'zh' ? 'zh-CN' : 'en'}
        aria-label={other === 'zh' ? '切换到中文' : 'EN: switch to English'}
        title={other === 'zh' ? '切换到中文' : 'EN: switch to English'}
        onClick={() => setLanguage(other)}
      >
        {other === 'zh' ? '中' : 'EN'}
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={themeLabel}
        title={themeLabel}
        onClick={() => setTheme(next.id)}
      >
        <Icon size={18} aria-hidden="true" />
      </button>
      {leave !== undefined && (
        <button
          type="button"
          class="icon-button"
          aria-label={text.settings.leave}
          title={text.settings.leave}
          onClick={leave}
        >
          <LogOut size={18} aria-hidden="true" />
        </button>
      )}
    </div>
  );
}
