import type { EndpointProfile } from './profile.ts';
/** Alibaba Cloud Model Studio in OpenAI-compatible mode, as documented in November 2026. */
export declare const dashscopeProfile: EndpointProfile;
