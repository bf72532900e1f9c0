/** How the work on an input grows with its size, measured in this thread's CPU time, so that a busy machine does not matter. */

const ROUNDS = 3;
/** Below this the clock and the compiler weigh more than the work. */
const NOISE_MS = 25;

/** How many times longer `large` takes than `small`, each at its best of a few rounds: 4 for linear work on four times the input, 16 for quadratic. */
export function cpuGrowth(work: { readonly small: () => unknown; readonly large: () => unknown }): number {
  let small = Infinity;
  let large = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    small = Math.min(small, cpuTime(work.small));
    large = Math.min(large, cpuTime(work.large));
  }
  return large / Math.max(small, NOISE_MS);
}

function cpuTime(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
