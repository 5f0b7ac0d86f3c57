/** The pages of the console, built when they are not: a folder of static files that any server can deliver. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { consoleFolder } from '@fieldkit/console';

const folder = await consoleFolder({ onBuild: () => console.log('building, once …') });
assert.ok(readdirSync(folder).includes('index.html'));
