import { schemaProperties } from '@fieldkit/core';
import type { Conversation } from './conversation.ts';
import { questionTerms } from './evidence-features.ts';
import { fillSchema, matchesOf, shapePattern } from './fill-schema.ts';
import { overlap } from './select-evidence.ts';
import { type Neighbour, neighboursOf, rarityOf, translationsOf } from './word-vectors.ts';
import { contentTerms, contentWords } from './words.ts';

type Schema = Readonly<Record<string, unknown>>;

export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Schema;
}

export interface ChosenCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Most calls in one turn. */
const MAX_CALLS = 5;
/** Different content terms that a tool without a better reason must share with the question. */
const ENOUGH_OVERLAP = 2;

/**
 * Which of the offered tools fit the question, with arguments from the messages only.
 *
 * - A tool with a required property whose pattern (or the shape of its examples) occurs in what the user said: one call for each.
 * - A tool that needs one free string and nothing else is a search: the one that shares most with the question, with each part of it.
 * - Any other tool whose required properties can be filled needs two content words of the question in its name or description.
 *
 * `force` picks the best tool even without a reason.
 */
export function chooseTools(tools: readonly OfferedTool[], conversation: Conversation, force: boolean): ChosenCall[] {
  const terms = new Set(contentTerms(conversation.standalone));
  const shared = new Map(
    tools.map((tool) => [
      tool,
      overlap(terms, `${tool.name.replace(/[-_]/g, ' ')} ${tool.description} ${propertyWords(tool)}`),
    ]),
  );
  const likeness = (tool: OfferedTool) => shared.get(tool) ?? 0;
  const lookups = tools.flatMap((tool) => lookupCalls(tool, conversation));
  const searches = tools.filter(isSearch).sort((a, b) => likeness(b) - likeness(a));
  const best = searches[0];
  const alike = searches.filter(
    (tool) => best !== undefined && likeness(tool) === likeness(best) && likeness(tool) >= ENOUGH_OVERLAP,
  );
  const chosenSearches = alike.length > 0 ? alike : best === undefined ? [] : [best];
  const searchCalls = chosenSearches.flatMap((tool) =>
    queriesOf(conversation).map((query, index) =>
      // parts are looked for as they are: the whole question brings what is called by other names
      searchCall(tool, query, conversation, index === 0 ? widenQuery : asItIs),
    ),
  );
  const others = tools
    .filter(
      (tool) => !isSearch(tool) && !lookups.some(({ name }) => name === tool.name) && likeness(tool) >= ENOUGH_OVERLAP,
    )
    .flatMap((tool) => otherCall(tool, conversation));
  const calls = [...lookups, ...searchCalls, ...others].slice(0, MAX_CALLS);
  if (calls.length > 0 || !force) return calls;
  const [favourite] = [...tools].sort((a, b) => likeness(b) - likeness(a));
  return favourite === undefined ? [] : [forcedCall(favourite, conversation)];
}

/** The same search in other words, of both languages; nothing when that is what was asked already. */
export function otherForm(tools: readonly OfferedTool[], conversation: Conversation): ChosenCall[] {
  const search = tools.filter(isSearch)[0];
  const own = contentWords(conversation.standalone);
  const alike = questionTerms(conversation.standalone).flatMap((term) => [
    ...wordsOf(neighboursOf(term)),
    ...wordsOf(translationsOf(term)),
  ]);
  const words = [...new Set([...own, ...alike])].join(' ').slice(0, MAX_QUERY);
  if (search === undefined || words === '') return [];
  const call = searchCall(search, words, conversation, asItIs);
  const made = conversation.calls.some(({ arguments: text }) => text.includes(JSON.stringify(call.arguments)));
  return made || words === conversation.standalone ? [] : [call];
}

/** Words alike to each word of a question that found nothing, of each language. */
const MOST_OTHER_WORDS = 2;

function wordsOf(alike: readonly Neighbour[]): string[] {
  return alike.slice(0, MOST_OTHER_WORDS).map(({ word }) => word);
}

/** A call that was demanded by name, as good as the messages allow. */
export function forcedCall(tool: OfferedTool, conversation: Conversation): ChosenCall {
  const [lookup] = lookupCalls(tool, conversation);
  const filled = fillSchema(tool.parameters, conversation);
  const fallback = filled !== null && typeof filled === 'object' ? { ...filled } : {};
  return lookup ?? { name: tool.name, arguments: fallback };
}

function queriesOf({ standalone, parts }: Conversation): string[] {
  return [...new Set([standalone, ...(parts.length > 1 ? parts : [])])].slice(0, 3);
}

function requiredOf({ parameters }: OfferedTool): readonly unknown[] {
  return Array.isArray(parameters.required) ? parameters.required : [];
}

function propertyWords({ parameters }: OfferedTool): string {
  return schemaProperties(parameters)
    .map(
      ([name, { description }]) =>
        `${name.replace(/([a-z])([A-Z])/g, '$1 $2')} ${typeof description === 'string' ? description : ''}`,
    )
    .join(' ');
}

function isFreeString(schema: Schema): boolean {
  return (
    schema.type === 'string' &&
    patternOf(schema) === undefined &&
    schema.enum === undefined &&
    schema.format === undefined
  );
}

function patternOf(schema: Schema): string | undefined {
  if (schema.type !== 'string') return undefined;
  return typeof schema.pattern === 'string' ? schema.pattern : shapePattern(schema);
}

function isSearch(tool: OfferedTool): boolean {
  const required = schemaProperties(tool.parameters).filter(([name]) => requiredOf(tool).includes(name));
  return required.length === 1 && required.every(([, schema]) => isFreeString(schema));
}

function searchCall(
  tool: OfferedTool,
  query: string,
  conversation: Conversation,
  form: (query: string, maxLength: number) => string,
): ChosenCall {
  const [name = 'query', schema = {}] =
    schemaProperties(tool.parameters).find(([key]) => requiredOf(tool).includes(key)) ?? [];
  const said = form(query, typeof schema.maxLength === 'number' ? schema.maxLength : MAX_QUERY);
  const filled = fillSchema(schema, { ...conversation, standalone: said, question: said, parts: [said] });
  return { name: tool.name, arguments: { [name]: filled } };
}

const asItIs = (query: string): string => query;

/** Longest query, in UTF-16 code units, when the tool names no length. */
const MAX_QUERY = 1_000;
/** Words alike that are looked for as well: more bring as much that is beside the point. */
const MAX_ALIKE = 3;
/** Least likeness of such a word. */
const ALIKE = 0.6;
/** What the likeness of words without rarity counts: words alike to a rare one are looked for first. */
const COMMON = 0.3;

/**
 * A query with its words that carry meaning behind it, which so count twice, and up to three words that mean something alike, as documents call
 * things by other names than people who ask: "… — broken part — faulty".
 */
export function widenQuery(query: string, maxLength = MAX_QUERY): string {
  const words = contentWords(query);
  const alike = wordsAlike(query);
  const widened = [query, words.join(' '), alike.join(' ')].filter((part) => part !== '').join(' — ');
  return words.length + alike.length < 2 || widened.length > maxLength ? query : widened;
}

/** The word most alike to each word of a query, of its own language; those of rare words first. */
function wordsAlike(query: string): string[] {
  const terms = questionTerms(query);
  const scores = new Map<string, number>();
  for (const term of terms) {
    const best = neighboursOf(term).find(({ term: other }) => !terms.includes(other) && !term.includes(other));
    if (best === undefined || best.alike < ALIKE) continue;
    scores.set(best.word, Math.max(scores.get(best.word) ?? 0, best.alike * (COMMON + rarityOf(term))));
  }
  return [...scores]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_ALIKE)
    .map(([word]) => word);
}

function lookupCalls(tool: OfferedTool, conversation: Conversation): ChosenCall[] {
  const properties = schemaProperties(tool.parameters);
  const required = properties.filter(([name]) => requiredOf(tool).includes(name));
  const keyed = (required.length > 0 ? required : properties).find(([, schema]) => patternOf(schema) !== undefined);
  if (keyed === undefined) return [];
  const [name, schema] = keyed;
  const texts = [
    conversation.standalone,
    ...(conversation.standalone === conversation.question ? [] : conversation.userTexts),
  ];
  return matchesOf(patternOf(schema) ?? '', texts).flatMap((value) => {
    const rest = fillRequired(tool, conversation, [name]);
    return rest === undefined ? [] : [{ name: tool.name, arguments: { [name]: value, ...rest } }];
  });
}

function otherCall(tool: OfferedTool, conversation: Conversation): ChosenCall[] {
  const rest = fillRequired(tool, conversation, []);
  return rest === undefined ? [] : [{ name: tool.name, arguments: rest }];
}

/** Values for the required properties besides `done`; undefined when one cannot be taken from the messages. */
function fillRequired(
  tool: OfferedTool,
  conversation: Conversation,
  done: readonly string[],
): Record<string, unknown> | undefined {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of schemaProperties(tool.parameters)) {
    if (done.includes(name) || !requiredOf(tool).includes(name)) continue;
    const pattern = patternOf(schema);
    if (pattern !== undefined) {
      const [match] = matchesOf(pattern, [conversation.standalone]);
      if (match === undefined) return undefined;
      values[name] = match;
    } else if (schema.type === 'number' || schema.type === 'integer') {
      const said = conversation.standalone.match(/(?<![\w-])\d+(?:\.\d+)?(?![\w-])/)?.[0] ?? schema.default;
      if (said === undefined || (schema.type === 'integer' && !Number.isInteger(Number(said)))) return undefined;
      values[name] = Number(said);
    } else if (typeof schema.format === 'string') {
      const date = conversation.standalone.match(/\d{4}-\d{2}-\d{2}/)?.[0];
      if (!schema.format.startsWith('date') || date === undefined) return undefined;
      values[name] = date;
    } else {
      values[name] = fillSchema(schema, conversation, name, 1);
    }
  }
  return values;
}
