import type { EndpointProfile } from './profile.ts';
/** A vLLM or SGLang server: thinking is a variable of the chat template; rerank is at `/rerank`. */
export declare const vllmProfile: EndpointProfile;
