/** Tells those who follow what a phase recognised so far, without an event for each thing. */
import type { Logger } from '@flowgrid/platform';
import type { Found } from '../engine/engine.ts';
import { percentAfter } from '../modules/progress/phase-percent.ts';
import type { DesignPhase } from '../modules/session/session.ts';
import { JobLost, type JobRecord } from './job-record.ts';
import { count } from './phase.ts';

/** At most one event per interval; a phase that ends sooner has none. */
const INTERVAL_MS = 500;
const MAX_NAME_LENGTH = 120;
/** What one event may name; the counts in its message are of all. */
const MAX_LISTED = 100;

/** In the order in which they are told. */
const NOUNS: readonly (readonly [Found['kind'], string])[] = [
  ['AGENT', 'agent'],
  ['ACTIVITY', 'activity'],
  ['ACTOR', 'actor'],
  ['DECISION', 'decision'],
  ['SYSTEM', 'system'],
  ['TOOL', 'tool'],
  ['GUARDRAIL', 'guardrail'],
];

export interface FoundReporterOptions {
  readonly record: Pick<JobRecord, 'reportFound'>;
  readonly phase: DesignPhase;
  /** How far the session is when the phase begins. */
  readonly percent: number;
  readonly logger: Logger;
  readonly intervalMs?: number;
}

export interface FoundReporter extends AsyncDisposable {
  readonly onFound: (found: readonly Found[]) => void;
  /** Aborts, with `JobLost`, when an event was refused because the job is another's. */
  readonly lost: AbortSignal;
  /** Says no more, and waits for an event that is being written. */
  [Symbol.asyncDispose](): Promise<void>;
}

export function reportFound(options: FoundReporterOptions): FoundReporter {
  const { record, phase, percent, logger, intervalMs = INTERVAL_MS } = options;
  const controller = new AbortController();
  const known = new Map<string, Found>();
  const unsaid: Found[] = [];
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  let isOver = false;

  const write = async (): Promise<void> => {
    timer = null;
    if (isOver) return;
    const found = unsaid.splice(0).slice(0, MAX_LISTED);
    const message = describeFound([...known.values()]);
    try {
      await record.reportFound({ phase, message, percent: percentOf(known.size), found });
    } catch (error) {
      if (error instanceof JobLost) controller.abort(error);
      // Nobody waits for it; what becomes of the phase says more.
      else logger.debug({ err: error, phase }, 'what was recognised so far was not told');
    }
    if (unsaid.length > 0) schedule();
  };
  const schedule = (): void => {
    if (isOver || timer !== null) return;
    timer = setTimeout(() => {
      writing = writing.then(write);
    }, intervalMs);
  };
  /** Nears the end of the phase, and never reaches it. */
  const percentOf = (number: number): number =>
    percent + Math.floor(((percentAfter(phase) - 1 - percent) * number) / (number + 10));

  return {
    onFound: (found) => {
      for (const { kind, name } of found) {
        const item = { kind, name: name.slice(0, MAX_NAME_LENGTH) };
        const key = `${kind} ${item.name}`;
        if (known.has(key)) continue;
        known.set(key, item);
        unsaid.push(item);
      }
      if (unsaid.length > 0) schedule();
    },
    lost: controller.signal,
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      if (timer !== null) clearTimeout(timer);
      await writing;
    },
  };
}

/** `4 activities, 2 actors so far.` */
function describeFound(found: readonly Found[]): string {
  const counts = NOUNS.flatMap(([kind, noun]) => {
    const number = found.filter((item) => item.kind === kind).length;
    return number === 0 ? [] : [count(number, noun)];
  });
  return `${counts.join(', ')} so far.`;
}
