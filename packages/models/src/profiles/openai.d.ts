import type { EndpointProfile } from './profile.ts';
/** OpenAI's own service and exact copies of it. It has no rerank: the path is the one most gateways in front of it serve. */
export declare const openaiProfile: EndpointProfile;
