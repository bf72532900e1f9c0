/** Reads the PET corpus (process descriptions, annotated by hand), one JSON document per line. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Mention, MentionType } from '../src/modules/process-model/analysis/mentions.ts';

export type RelationType =
  | 'FLOW'
  | 'USES'
  | 'ACTOR_PERFORMER'
  | 'ACTOR_RECIPIENT'
  | 'FURTHER_SPECIFICATION'
  | 'SAME_GATEWAY';

export interface CorpusSentence {
  readonly tokens: readonly string[];
  /** In text order, without overlaps. */
  readonly mentions: readonly Mention[];
}

/** A mention of the document: which sentence, and its place in the mentions of that sentence. */
export interface MentionPlace {
  readonly sentence: number;
  readonly mention: number;
}

export interface CorpusRelation {
  readonly type: RelationType;
  readonly source: MentionPlace;
  readonly target: MentionPlace;
}

export interface Document {
  readonly id: string;
  readonly sentences: readonly CorpusSentence[];
  readonly relations: readonly CorpusRelation[];
}

const MENTION_TYPES: Readonly<Record<string, MentionType>> = {
  Activity: 'ACTIVITY',
  'Activity Data': 'ACTIVITY_DATA',
  Actor: 'ACTOR',
  'Further Specification': 'FURTHER_SPECIFICATION',
  'XOR Gateway': 'XOR_GATEWAY',
  'AND Gateway': 'AND_GATEWAY',
  'Condition Specification': 'CONDITION',
};

const RELATION_TYPES: Readonly<Record<string, RelationType>> = {
  flow: 'FLOW',
  uses: 'USES',
  'actor performer': 'ACTOR_PERFORMER',
  'actor recipient': 'ACTOR_RECIPIENT',
  'further specification': 'FURTHER_SPECIFICATION',
  'same gateway': 'SAME_GATEWAY',
};

const tagSchema = z.string().transform((tag, context) => {
  if (tag === 'O') return null;
  const [, position, name] = /^([BI])-(.+)$/u.exec(tag) ?? [];
  const type = name !== undefined && Object.hasOwn(MENTION_TYPES, name) ? MENTION_TYPES[name] : undefined;
  if (type !== undefined) return { opens: position === 'B', type };
  context.addIssue({ code: 'custom', message: `${tag} is no tag of PET` });
  return z.NEVER;
});
type Tag = z.infer<typeof tagSchema>;

const relationTypeSchema = z.string().transform((name, context) => {
  const type = Object.hasOwn(RELATION_TYPES, name) ? RELATION_TYPES[name] : undefined;
  if (type !== undefined) return type;
  context.addIssue({ code: 'custom', message: `${name} is no relation of PET` });
  return z.NEVER;
});

/** Sentence and token at which a mention starts. */
const startSchema = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);
type Start = z.infer<typeof startSchema>;

const documentSchema = z.object({
  id: z.string(),
  sentences: z.array(
    z
      .object({ tokens: z.array(z.string()), tags: z.array(tagSchema) })
      .refine(({ tokens, tags }) => tokens.length === tags.length, 'a sentence needs one tag per token'),
  ),
  relations: z.array(z.object({ type: relationTypeSchema, source: startSchema, target: startSchema })),
});

const toMentions = (tags: readonly Tag[]): readonly Mention[] => {
  const mentions: Mention[] = [];
  tags.forEach((tag, at) => {
    if (tag === null) return;
    const last = mentions.at(-1);
    if (!tag.opens && last?.end === at && last.type === tag.type)
      mentions[mentions.length - 1] = { ...last, end: at + 1 };
    else mentions.push({ type: tag.type, first: at, end: at + 1 });
  });
  return mentions;
};

const toPlace = (
  id: string,
  sentences: readonly CorpusSentence[],
  [sentence, token]: Start,
): MentionPlace => {
  const mention = sentences[sentence]?.mentions.findIndex(({ first }) => first === token) ?? -1;
  if (mention < 0)
    throw new Error(`${id}: a relation names sentence ${sentence}, token ${token}, where no mention starts`);
  return { sentence, mention };
};

export const parseDocument = (line: string): Document => {
  const { id, sentences: tagged, relations } = documentSchema.parse(JSON.parse(line));
  const sentences = tagged.map(({ tokens, tags }) => ({ tokens, mentions: toMentions(tags) }));
  return {
    id,
    sentences,
    relations: relations.map(({ type, source, target }) => ({
      type,
      source: toPlace(id, sentences, source),
      target: toPlace(id, sentences, target),
    })),
  };
};

export const readCorpus = async (path: string): Promise<readonly Document[]> => {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseDocument);
};
