/** MODEL: the agent and its process as an ArchiMate exchange file. */
import { toArchimateExchange } from '../../modules/archimate/to-archimate-exchange.ts';
import { storeArtifacts } from '../../modules/artifact/artifact-store.ts';
import { count, resultOf, type Phase } from '../phase.ts';
import { analysisSchema } from './analysis-phase.ts';
import { requireStorable } from './code-phase.ts';
import { designSchema } from './design-phase.ts';
import { toSlug } from './slug.ts';

export const modelPhase: Phase = async ({ session, results }) => {
  const { model: processModel } = resultOf(results, 'ANALYSIS', analysisSchema);
  const { definition, proposal } = resultOf(results, 'DESIGN', designSchema);
  const xml = toArchimateExchange({ name: proposal.name, processModel, definition });
  const artifact = {
    kind: 'ARCHIMATE',
    name: `${toSlug(proposal.name)}-archimate.xml`,
    mediaType: 'application/xml',
    content: new TextEncoder().encode(xml),
  } as const;
  requireStorable([artifact]);
  const elements = xml.match(/<element /g)?.length ?? 0;
  const relationships = xml.match(/<relationship /g)?.length ?? 0;
  return {
    message: `${count(elements, 'element')} and ${count(relationships, 'relationship')} of ArchiMate drawn.`,
    result: {},
    store: (tx, tenantId, now) =>
      storeArtifacts(tx, { tenantId, sessionId: session.id, artifacts: [artifact], now }),
  };
};
