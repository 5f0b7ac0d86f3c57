import { dashscopeProfile } from './profiles/dashscope.ts';
import { genericProfile } from './profiles/generic.ts';
import { openaiProfile } from './profiles/openai.ts';
import type { EndpointProfile } from './profiles/profile.ts';
import { vllmProfile } from './profiles/vllm.ts';

/** Every kind of endpoint; adding one is a file and a line here. */
export const profiles: readonly EndpointProfile[] = [dashscopeProfile, openaiProfile, vllmProfile, genericProfile];
