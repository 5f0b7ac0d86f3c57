/** A process that syncs a made-up corpus and can be killed: `node sync-child.ts DIRECTORY VERSION`. Prints `ready` before it begins. */
import { createLanceIndex } from '../indexes/lance-index.ts';
import { syncMadeUpCorpus } from './made-up-corpus.ts';

const [directory = '', version = '0'] = process.argv.slice(2);
const index = await createLanceIndex({ directory });
console.log('ready');
await syncMadeUpCorpus(index, Number(version));
await index.close();
