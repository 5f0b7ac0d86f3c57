import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Me } from '../api/types.ts';
import type { Language } from '../settings/preferences.ts';
import { en, type Texts } from './en.ts';

export const TextContext = createContext<Texts>(en);
export const LanguageContext = createContext<Language>('en');
export const MeContext = createContext<Me | undefined>(undefined);

export function useText(): Texts {
  return useContext(TextContext);
}

export function useLanguageTag(): Language {
  return useContext(LanguageContext);
}

/** Who is asking; only inside the shell, which waits for it. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === undefined) throw new Error('nobody is known yet');
  return me;
}
