import { DESIGN_PHASES, type DesignPhase } from '../session/session.ts';

const PERCENT_AFTER: Readonly<Record<DesignPhase, number>> = {
  CONTEXT: 10,
  ANALYSIS: 40,
  DESIGN: 60,
  VALIDATION: 70,
  CODE: 85,
  MODEL: 95,
  DONE: 100,
};

/** How far a session is when the phase has finished. */
export const percentAfter = (phase: DesignPhase): number => PERCENT_AFTER[phase];

/** Where a session goes on when these phases have finished, and how far it is. */
export function nextPhase(finished: ReadonlySet<DesignPhase>): { phase: DesignPhase; percent: number } {
  const at = DESIGN_PHASES.findIndex((phase) => !finished.has(phase));
  const before = DESIGN_PHASES[at - 1];
  return { phase: DESIGN_PHASES[at] ?? 'DONE', percent: before === undefined ? 0 : percentAfter(before) };
}
