/** A JSON object of unknown content, as it comes off the wire. */
export type JsonObject = Readonly<Record<string, unknown>>;
export declare function isObject(value: unknown): value is JsonObject;
/** The object under a key, or an empty one. */
export declare function objectAt(value: unknown, key: string): JsonObject;
/** The list under a key, or an empty one. */
export declare function listAt(value: unknown, key: string): readonly unknown[];
export declare function stringAt(value: unknown, key: string): string | undefined;
export declare function numberAt(value: unknown, key: string): number | undefined;
/** A count off the wire: whole and not negative, or undefined. */
export declare function countAt(value: unknown, key: string): number | undefined;
/** Parses JSON, or undefined: for text that a model or a server wrote. */
export declare function tryJson(text: string): unknown;
