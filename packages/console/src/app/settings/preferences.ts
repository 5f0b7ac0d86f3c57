import { useEffect, useState } from 'preact/hooks';

export type Language = 'en' | 'zh';
export type Theme = 'system' | 'light' | 'dark';

const LANGUAGE = 'fieldkit.language';
const THEME = 'fieldkit.theme';

/** What was chosen here before, else the first language of the browser that there is. */
export function initialLanguage(): Language {
  const chosen = localStorage.getItem(LANGUAGE);
  if (chosen === 'en' || chosen === 'zh') return chosen;
  const known = navigator.languages
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag) => tag === 'en' || tag === 'zh');
  return known === 'zh' ? 'zh' : 'en';
}

export function useLanguage(): [Language, (language: Language) => void] {
  const [language, setLanguage] = useState(initialLanguage);
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [language]);
  const choose = (next: Language) => {
    localStorage.setItem(LANGUAGE, next);
    setLanguage(next);
  };
  return [language, choose];
}

export function initialTheme(): Theme {
  const chosen = localStorage.getItem(THEME);
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(initialTheme);
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  const choose = (next: Theme) => {
    if (next === 'system') localStorage.removeItem(THEME);
    else localStorage.setItem(THEME, next);
    setTheme(next);
  };
  return [theme, choose];
}
