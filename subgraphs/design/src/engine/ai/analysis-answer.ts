/** What an AI model answers about a description. No optional fields and no unions: providers hold models to such schemas strictly. */
import { z } from 'zod';

const key = z.string().describe('Names the element within this answer: a1, x3.');
const quote = z
  .string()
  .describe(
    'The words of the source text that say this, copied exactly, without anything left out. Empty only for what the person asked for in a refinement.',
  );
const activity = z.string().describe('Key of an activity; empty when it concerns none.');

const actor = z.object({
  key,
  name: z.string().describe('As in the text, without an article.'),
  kind: z
    .enum(['PERSON', 'ROLE', 'ORGANIZATION', 'SYSTEM', 'EXTERNAL'])
    .describe('EXTERNAL: outside the company, such as a customer.'),
  quote,
});

const system = z.object({
  key,
  name: z.string().describe('Software that the text names: Jira, SAP.'),
  role: z
    .enum(['PERFORMER', 'RECORD', 'SOURCE', 'CHANNEL', 'TOOL'])
    .describe(
      'PERFORMER works by itself; RECORD keeps what is written; SOURCE is only read; CHANNEL carries messages; TOOL is worked with.',
    ),
  quote,
});

const dataObject = z.object({ key, name: z.string(), quote });

const activityDraft = z.object({
  key,
  verb: z.string().describe('In its base form: check.'),
  object: z
    .string()
    .describe('What it acts upon, as in the text, without an article; empty when there is none.'),
  kind: z.enum(['USER', 'SERVICE', 'MANUAL', 'SEND', 'RECEIVE', 'DECISION']),
  actor: z.string().describe('Key of the actor who does it; empty when the text does not say.'),
  recipient: z.string().describe('Key of the actor who gets something; empty when nobody does.'),
  systems: z.array(z.string()).describe('Keys of the systems in which it is done.'),
  inputs: z.array(z.string()).describe('Keys of data objects that it needs.'),
  outputs: z.array(z.string()).describe('Keys of data objects that it makes.'),
  quote,
});

const gateway = z.object({ key, kind: z.enum(['XOR', 'AND', 'OR']), quote });

const flow = z.object({
  from: z.string().describe('Key of an activity or a gateway.'),
  to: z.string().describe('Key of an activity or a gateway; END where the process is over.'),
  condition: z
    .string()
    .describe('Only out of an XOR or OR gateway: in the words of the text. Empty elsewhere.'),
});

const trigger = z.object({ kind: z.enum(['MESSAGE', 'TIMER', 'MANUAL']), activity, quote });

const rule = z.object({
  kind: z.enum(['DEADLINE', 'OBLIGATION', 'PROHIBITION', 'THRESHOLD']),
  activity,
  quote,
});

const exception = z.object({ activity, quote });

const question = z.object({
  question: z.string().describe('What the text leaves open and an agent would have to know.'),
  about: z.array(z.string()).describe('Keys of the elements that it is about.'),
});

export const analysisAnswerSchema = z.object({
  actors: z.array(actor),
  systems: z.array(system),
  dataObjects: z.array(dataObject),
  activities: z.array(activityDraft).describe('In the order of the text.'),
  gateways: z.array(gateway),
  flows: z.array(flow),
  triggers: z.array(trigger),
  rules: z.array(rule),
  exceptions: z.array(exception),
  openQuestions: z.array(question),
  answer: z.string().describe('In a refinement: what was changed, and what could not be. Empty else.'),
});

export type AnalysisAnswer = z.output<typeof analysisAnswerSchema>;
