/** CODE: the agent as a TypeScript project, and the process model as a file. */
import type { NewArtifact } from '../../modules/artifact/artifact.ts';
import { ARTIFACT_LIMIT_BYTES, storeArtifacts } from '../../modules/artifact/artifact-store.ts';
import { generateBundle } from '../../modules/code/generate-bundle.ts';
import { zipBundle } from '../../modules/code/zip-bundle.ts';
import { count, PhaseFailure, resultOf, type Phase } from '../phase.ts';
import { analysisSchema } from './analysis-phase.ts';
import { designSchema } from './design-phase.ts';
import { toSlug } from './slug.ts';

export const codePhase: Phase = async ({ session, results }) => {
  const { model: processModel } = resultOf(results, 'ANALYSIS', analysisSchema);
  const { definition, proposal } = resultOf(results, 'DESIGN', designSchema);
  const slug = toSlug(proposal.name);
  const { files } = generateBundle({ name: proposal.name, slug, definition, processModel });
  const bundle = zipBundle(files);
  const artifacts: readonly NewArtifact[] = [
    { kind: 'BUNDLE', name: `${slug}.zip`, mediaType: 'application/zip', content: bundle },
    {
      kind: 'PROCESS_MODEL',
      name: `${slug}-process.json`,
      mediaType: 'application/json',
      content: new TextEncoder().encode(`${JSON.stringify(processModel, null, 2)}\n`),
    },
  ];
  requireStorable(artifacts);
  return {
    message: `${count(files.length, 'file')} of TypeScript, ${Math.ceil(bundle.byteLength / 1024)} kB as a zip.`,
    result: {},
    store: (tx, tenantId, now) => storeArtifacts(tx, { tenantId, sessionId: session.id, artifacts, now }),
  };
};

export function requireStorable(artifacts: readonly NewArtifact[]): void {
  const tooLarge = artifacts.find(({ content }) => content.byteLength > ARTIFACT_LIMIT_BYTES);
  if (!tooLarge) return;
  throw new PhaseFailure({
    code: 'ARTIFACT_TOO_LARGE',
    message: `${tooLarge.name} is larger than ${ARTIFACT_LIMIT_BYTES / 1024 / 1024} MB. Shorten the description.`,
    retryable: false,
  });
}
