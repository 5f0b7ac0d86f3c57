/**
 * A JSON value out of what a model wrote instead of one, or undefined. Mended are: a code fence or prose around it, commas before a closing
 * bracket, single quotes, Python's `True`, `False`, `None`, raw line breaks in strings, missing closing brackets at the end. A string or
 * number that breaks off is not completed: its value is not known.
 */
export declare function repairJson(text: string):
  | {
      readonly value: unknown;
      readonly repaired: boolean;
    }
  | undefined;
