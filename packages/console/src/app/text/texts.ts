import type { Language } from '../settings/preferences.ts';
import { en, type Texts } from './en.ts';
import { zh } from './zh.ts';

export const texts: Readonly<Record<Language, Texts>> = { en, zh };
