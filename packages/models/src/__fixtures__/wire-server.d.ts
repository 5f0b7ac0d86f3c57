import { type IncomingMessage, type ServerResponse } from 'node:http';
export interface SeenRequest {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: any;
}
export type Answer = (response: ServerResponse, request: SeenRequest, number: number) => void | Promise<void>;
export interface WireServer {
    /** Ends in `/v1`. */
    readonly url: string;
    readonly port: number;
    readonly requests: readonly SeenRequest[];
    /** Connections that the client closed before the answer was over. */
    readonly aborted: readonly number[];
    close(): Promise<void>;
}
/** A real server on loopback that answers as it is told, and remembers what it was asked. */
export declare function wireServer(answer: Answer, tls?: {
    key: string;
    cert: string;
}): Promise<WireServer>;
export declare function json(response: ServerResponse, body: unknown, status?: number, headers?: Record<string, string>): void;
/** Server-sent events: objects as data, strings as they are; `[DONE]` at the end. */
export declare function events(response: ServerResponse, chunks: readonly unknown[], done?: boolean): void;
export declare function delta(content: Record<string, unknown>, finish?: string | null): unknown;
export declare function usage(prompt?: number, completion?: number): unknown;
/** A short good answer, streamed or not as it was asked for. */
export declare const goodAnswer: Answer;
export declare function apiError(response: ServerResponse, status: number, code: string, message: string, headers?: Record<string, string>): void;
