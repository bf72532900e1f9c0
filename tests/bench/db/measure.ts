/** Runs one contender for a while and says how long its work takes, or how much of it gets done. */
import { rounded, median } from '../statistics.ts';

/** One request; the number rises from call to call. */
export type Work = (call: number) => Promise<unknown>;

/** One request after the other: the p50 in milliseconds. */
export async function measureSerial(work: Work, durationMs: number): Promise<number> {
  const latencies: number[] = [];
  const end = performance.now() + durationMs;
  for (let call = 0; ; call += 1) {
    const start = performance.now();
    if (start > end) return rounded(median(latencies), 3);
    await work(call);
    latencies.push(performance.now() - start);
  }
}

export interface Rate {
  readonly perSecond: number;
  /** Of this process, without PostgreSQL; less troubled by a busy machine than the rate. */
  readonly cpuMsPerCall: number;
}

/** So many requests at any time. */
export async function measureRate(work: Work, durationMs: number, ways: number): Promise<Rate> {
  const start = performance.now();
  const cpuBefore = process.cpuUsage();
  const end = start + durationMs;
  let calls = 0;
  const runOneWay = async (): Promise<void> => {
    while (performance.now() < end) await work(calls++);
  };
  await Promise.all(Array.from({ length: ways }, runOneWay));
  const cpu = process.cpuUsage(cpuBefore);
  return {
    perSecond: Math.round((calls * 1000) / (performance.now() - start)),
    cpuMsPerCall: rounded((cpu.user + cpu.system) / 1000 / calls, 3),
  };
}
