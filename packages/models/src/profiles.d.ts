import type { EndpointProfile } from './profiles/profile.ts';
/** Every kind of endpoint; adding one is a file and a line here. */
export declare const profiles: readonly EndpointProfile[];
