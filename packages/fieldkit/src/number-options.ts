import { FieldkitError } from '@fieldkit/core';
import { type CommandInput, stringOption } from './command.ts';

/** A whole number from 1. @throws {FieldkitError} `INVALID_OPTION`. */
export function wholeNumber(input: CommandInput, name: string): number | undefined {
  const text = stringOption(input, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new FieldkitError('INVALID_OPTION', `--${name} must be a whole number from 1, not "${text}"`);
  return value;
}

/** Seconds as milliseconds. @throws {FieldkitError} `INVALID_OPTION`. */
export function secondsOption(input: CommandInput, name: string): number | undefined {
  const text = stringOption(input, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new FieldkitError('INVALID_OPTION', `--${name} must be a number of seconds, not "${text}"`);
  return value * 1000;
}
