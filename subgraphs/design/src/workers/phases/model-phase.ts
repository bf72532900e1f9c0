/** MODEL: the agents and their process as an ArchiMate exchange file. */
import type { DrawInput } from '../../modules/archimate/drawing/draw-input.ts';
import type { Drawing } from '../../modules/archimate/thread/tasks.ts';
import { ArchimateRefusal } from '../../modules/archimate/xml/refusal.ts';
import { storeArtifacts } from '../../modules/artifact/artifact-store.ts';
import { firstAgent } from '../../modules/proposal/proposal.ts';
import { count, PhaseFailure, resultOf, type Phase, type PhaseInput } from '../phase.ts';
import { requireStorable } from './code-phase.ts';
import { designSchema, modelOf } from './design-phase.ts';
import { toSlug } from './slug.ts';

export const modelPhase: Phase = async (input) => {
  const { session, results } = input;
  const { proposal } = resultOf(results, 'DESIGN', designSchema);
  const { agents, automation, approvals } = proposal;
  const name = agents.length > 1 ? session.title : firstAgent(proposal).name;
  const drawing = await draw(input, { name, processModel: modelOf(input), agents, automation, approvals });
  const artifact = {
    kind: 'ARCHIMATE',
    name: `${toSlug(name)}-archimate.xml`,
    mediaType: 'application/xml',
    content: new TextEncoder().encode(drawing.xml),
  } as const;
  requireStorable([artifact]);
  const { elementCount, relationshipCount, viewCount } = drawing;
  return {
    message: `${count(elementCount, 'element')} and ${count(relationshipCount, 'relationship')} of ArchiMate drawn, on ${count(viewCount, 'view')}.`,
    result: {},
    store: (tx, tenantId, now) => storeArtifacts(tx, { tenantId, session, artifacts: [artifact], now }),
  };
};

async function draw({ tools, signal }: PhaseInput, input: DrawInput): Promise<Drawing> {
  try {
    return await tools.archimate.draw(input, signal);
  } catch (error) {
    if (!(error instanceof ArchimateRefusal)) throw error;
    const failure = { code: `MODEL_${error.code}`, message: error.message, retryable: true };
    throw new PhaseFailure(failure, { cause: error });
  }
}
