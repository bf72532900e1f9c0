/**
 * The learnt weights as bytes, gzipped: the length of the header (uint32), the header (JSON, UTF-8), the keys of word features and of segment
 * features (uint32, ascending), then the weights of words, segments and transitions as int16 multiples of `step`. Numbers are little-endian; of
 * the weights all low bytes come before all high bytes, which compresses better.
 */
import { gunzipSync } from 'node:zlib';
import { gzipSync } from 'fflate';
import { z } from 'zod';
import type { Thresholds } from './decision.ts';
import { FeatureTable } from './feature-table.ts';
import { LABEL_COUNT, LABELS } from './labels.ts';
import { STATE_COUNT, TARGET_COUNT } from './lattice.ts';
import { WORD_COLUMNS } from './scoring.ts';
import type { FeatureTables, Weights } from './scoring.ts';

const headerSchema = z.object({
  format: z.literal(1),
  labels: z.array(z.string()),
  wordKeys: z.int().nonnegative(),
  segmentKeys: z.int().nonnegative(),
  step: z.number().positive(),
  thresholds: z.object({ alone: z.number(), withRules: z.number() }),
  /** Where the weights come from, for readers of the file. */
  origin: z.string(),
});
type Header = z.infer<typeof headerSchema>;

export interface TrainedWeights {
  readonly tables: FeatureTables;
  readonly weights: Weights;
  readonly thresholds: Thresholds;
  readonly origin: string;
}

const KEY_BYTES = 4;
const HEADER_LENGTH_BYTES = 4;
const LIMIT = 32_767;

export const quantise = (value: number, step: number): number =>
  Math.max(-LIMIT, Math.min(LIMIT, Math.round(value / step)));

const writeKeys = (bytes: DataView, at: number, keys: Uint32Array): number => {
  keys.forEach((key, index) => bytes.setUint32(at + index * KEY_BYTES, key, true));
  return at + keys.length * KEY_BYTES;
};

const weightCount = ({ wordKeys, segmentKeys }: Pick<Header, 'wordKeys' | 'segmentKeys'>): number =>
  wordKeys * WORD_COLUMNS + segmentKeys * LABEL_COUNT + STATE_COUNT * TARGET_COUNT;

export const writeWeights = (
  { tables, weights, thresholds, origin }: TrainedWeights,
  step: number,
): Uint8Array => {
  const header: Header = {
    format: 1,
    labels: [...LABELS],
    wordKeys: tables.words.keys.length,
    segmentKeys: tables.segments.keys.length,
    step,
    thresholds,
    origin,
  };
  const head = new TextEncoder().encode(JSON.stringify(header));
  const count = weightCount(header);
  const keys = (header.wordKeys + header.segmentKeys) * KEY_BYTES;
  const file = new Uint8Array(HEADER_LENGTH_BYTES + head.length + keys + count * 2);
  const bytes = new DataView(file.buffer);
  bytes.setUint32(0, head.length, true);
  file.set(head, HEADER_LENGTH_BYTES);
  let at = writeKeys(bytes, HEADER_LENGTH_BYTES + head.length, tables.words.keys);
  at = writeKeys(bytes, at, tables.segments.keys);
  for (const part of [weights.words, weights.segments, weights.transitions])
    for (const value of part) {
      const level = quantise(value, step) & 0xffff;
      file[at] = level & 0xff;
      file[at + count] = level >> 8;
      at += 1;
    }
  return gzipSync(file, { level: 9, mtime: 0 });
};

const readKeys = (bytes: DataView, from: number, count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, index) => bytes.getUint32(from + index * KEY_BYTES, true));

const readLevels = (file: Uint8Array, from: number, header: Header): Weights => {
  const count = weightCount(header);
  const values = new Float32Array(count);
  for (let at = 0; at < count; at += 1) {
    const level = ((file[from + at] ?? 0) | ((file[from + count + at] ?? 0) << 8)) << 16;
    values[at] = (level >> 16) * header.step;
  }
  const words = header.wordKeys * WORD_COLUMNS;
  const segments = words + header.segmentKeys * LABEL_COUNT;
  return {
    words: values.subarray(0, words),
    segments: values.subarray(words, segments),
    transitions: Float64Array.from(values.subarray(segments)),
  };
};

export const readWeights = (packed: Uint8Array): TrainedWeights => {
  const file = new Uint8Array(gunzipSync(packed));
  const bytes = new DataView(file.buffer);
  const headLength = bytes.getUint32(0, true);
  const head = file.subarray(HEADER_LENGTH_BYTES, HEADER_LENGTH_BYTES + headLength);
  const header = headerSchema.parse(JSON.parse(new TextDecoder().decode(head)));
  if (header.labels.join() !== LABELS.join())
    throw new Error(`the weights know ${header.labels.join(', ')}, the code ${LABELS.join(', ')}`);
  const wordsAt = HEADER_LENGTH_BYTES + headLength;
  const segmentsAt = wordsAt + header.wordKeys * KEY_BYTES;
  const weightsAt = segmentsAt + header.segmentKeys * KEY_BYTES;
  if (file.length !== weightsAt + weightCount(header) * 2)
    throw new Error(`the weights are ${file.length} bytes long, not as long as their header says`);
  return {
    tables: {
      words: new FeatureTable(readKeys(bytes, wordsAt, header.wordKeys)),
      segments: new FeatureTable(readKeys(bytes, segmentsAt, header.segmentKeys)),
    },
    weights: readLevels(file, weightsAt, header),
    thresholds: header.thresholds,
    origin: header.origin,
  };
};
