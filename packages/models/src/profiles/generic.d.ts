import type { EndpointProfile } from './profile.ts';
/** Any server that speaks OpenAI's chat protocol of 2023: only fields that all of them know. */
export declare const genericProfile: EndpointProfile;
