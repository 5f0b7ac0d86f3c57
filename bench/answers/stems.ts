/** The index terms of each word of a JSON list, for make-word-vectors.py. Usage: node --conditions=@fieldkit/source bench/answers/stems.ts WORDS.json > stems.json */
import { readFileSync } from 'node:fs';
import { analyzeText } from '@fieldkit/core';

const words: string[] = JSON.parse(readFileSync(process.argv[2] ?? 'words.json', 'utf8'));
console.log(JSON.stringify(words.map((word) => analyzeText(word))));
