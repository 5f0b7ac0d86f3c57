import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const MIB = 2 ** 20;

/**
 * Holds V8's young generation at about `mib` MiB for as long as the process lives. In a run of many thousand answers V8 doubles it again and again
 * up to 128 MiB, although each collection leaves a few hundred kilobytes. `--max-semi-space-size` says the same from outside; inside it comes
 * too late, but growth can be stopped. Returns a function that ends it.
 */
export function limitYoungGeneration(mib = 32): () => void {
  let growing = true;
  const look = () => {
    const size = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0;
    // It may have been taken back while nothing went on: then it may grow again.
    const grow = size < mib * MIB;
    if (grow === growing) return;
    growing = grow;
    setFlagsFromString(`--semi-space-growth-factor=${grow ? 2 : 1}`);
  };
  const timer = setInterval(look, 200);
  timer.unref();
  look();
  return () => {
    clearInterval(timer);
    if (!growing) setFlagsFromString('--semi-space-growth-factor=2');
  };
}
