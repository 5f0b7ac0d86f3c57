import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const MIB = 2 ** 20;
/** Old objects are collected when they have grown by this much; V8 waits for two to four times what is alive. */
const GROWTH_PERCENT = 25;

/**
 * Has V8 collect garbage before it asks the system for more memory, for as long as the process lives: in a run of many thousand answers most
 * of its heap is garbage that it has not looked at. The young generation, which it doubles again and again up to 128 MiB although each
 * collection leaves a few hundred kilobytes, is held at about `youngMib` MiB. `--max-semi-space-size` says the same from outside; inside it
 * comes too late, but growth can be stopped. Returns a function that ends it.
 */
export function limitGarbage({ youngMib = 32, growthPercent = GROWTH_PERCENT } = {}): () => void {
  let growing = true;
  const look = () => {
    const size = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0;
    // It may have been taken back while nothing went on: then it may grow again.
    const grow = size < youngMib * MIB;
    if (grow === growing) return;
    growing = grow;
    setFlagsFromString(`--semi-space-growth-factor=${grow ? 2 : 1}`);
  };
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  const timer = setInterval(look, 20); // seldom enough to cost nothing; in 200 ms it doubles twice
  timer.unref();
  look();
  return () => {
    clearInterval(timer);
    setFlagsFromString('--heap-growing-percent=0');
    if (!growing) setFlagsFromString('--semi-space-growth-factor=2');
  };
}
