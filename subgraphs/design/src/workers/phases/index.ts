import type { DesignPhase } from '../../modules/session/session.ts';
import type { Phase } from '../phase.ts';
import { analysisPhase } from './analysis-phase.ts';
import { codePhase } from './code-phase.ts';
import { contextPhase } from './context-phase.ts';
import { designPhase } from './design-phase.ts';
import { modelPhase } from './model-phase.ts';
import { validationPhase } from './validation-phase.ts';

/** The work of a design, in its order. */
export const PHASES: readonly (readonly [Exclude<DesignPhase, 'DONE'>, Phase])[] = [
  ['CONTEXT', contextPhase],
  ['ANALYSIS', analysisPhase],
  ['DESIGN', designPhase],
  ['VALIDATION', validationPhase],
  ['CODE', codePhase],
  ['MODEL', modelPhase],
];
