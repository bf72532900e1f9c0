import { expect, test } from 'vitest';
import { CLAIM_DIAGRAM, makeBpmn } from '../../../../testkit/documents.ts';
import type { ProcessModel, Span } from '../../../process-model/process-model.ts';
import { readBpmn } from './read-bpmn.ts';

const read = (roots: string, prolog = '') => readBpmn(new TextDecoder().decode(makeBpmn(roots, prolog)));

async function readModel(roots: string): Promise<{ text: string; model: ProcessModel }> {
  const { text, model, warnings } = await read(roots);
  if (model === null) throw new Error(`no model: ${warnings.join(' ')}`);
  return { text, model };
}

const process = (elements: string): string => `<bpmn:process id="p">${elements}</bpmn:process>`;

/** `check -> gateway-1 (yes)`: each way by what its ends are called. */
function waysOf(model: ProcessModel): readonly string[] {
  const names = new Map(
    model.activities.map(({ id, verb, object }) => [id, `${verb} ${object ?? ''}`.trim()]),
  );
  const nameOf = (id: string): string => names.get(id) ?? id;
  return model.flows.map(
    ({ sourceId, targetId, condition, isBack }) =>
      `${nameOf(sourceId)} -> ${nameOf(targetId)}${condition === null ? '' : ` (${condition})`}${isBack ? ' back' : ''}`,
  );
}

test('a diagram becomes a listing in flow order', async () => {
  const { text, warnings } = await read(CLAIM_DIAGRAM);

  expect(text.split('\n')).toEqual([
    'Process: Claim handling.',
    'Outside: Customer.',
    'Start: Claim received from Customer, then 1.',
    '1. Clerk: Check the claim. Needs Claim form. Writes to Jira. By the handbook.',
    '2. One of these: Otherwise → 3. Two days are over → 4.',
    '3. Complete? yes → 4. Otherwise (no) → 5.',
    '4. Team lead: Claim approval.',
    '5. Clerk: Inform customer (message to Customer).',
    'End: Claim closed, after 5.',
    'Time limit of 1: Two days are over (P2D).',
  ]);
  expect(warnings).toEqual([]);
});

test('a diagram is the process model that it shows', async () => {
  const { model } = await readModel(CLAIM_DIAGRAM);

  expect(model.actors.map(({ name, kind }) => [name, kind])).toEqual([
    ['Customer', 'EXTERNAL'],
    ['Clerk', 'ROLE'],
    ['Team lead', 'ROLE'],
  ]);
  expect(model.activities).toMatchObject([
    {
      verb: 'check',
      object: 'claim',
      kind: 'USER',
      actorId: 'actor-2',
      inputIds: ['data-1'],
      systemIds: ['system-1'],
    },
    { verb: 'perform', object: 'Claim approval', kind: 'DECISION', actorId: 'actor-3' },
    { verb: 'inform', object: 'customer', kind: 'SEND', actorId: 'actor-2', recipientId: 'actor-1' },
  ]);
  expect(waysOf(model)).toEqual([
    'check claim -> gateway-1',
    'gateway-2 -> perform Claim approval (Complete? yes)',
    'gateway-2 -> inform customer (Complete? no)',
    'perform Claim approval -> inform customer',
    'gateway-1 -> gateway-2',
    'gateway-1 -> perform Claim approval (Two days are over)',
  ]);
  expect(model.gateways[1]).toMatchObject({
    kind: 'XOR',
    conditions: ['Complete? yes', 'Complete? no'],
    defaultFlowId: 'flow-3',
  });
  expect(model.systems).toMatchObject([{ name: 'Jira', integrationKind: 'JIRA', role: 'RECORD' }]);
  expect(model.dataObjects).toMatchObject([{ name: 'Claim form' }]);
  expect(model.triggers).toMatchObject([
    { kind: 'MESSAGE', description: 'Claim received', activityId: 'activity-1' },
  ]);
  expect(model.ends).toMatchObject([{ description: 'Claim closed', sourceId: 'activity-3' }]);
  expect(model.rules).toMatchObject([
    { kind: 'DEADLINE', activityId: 'activity-1', deadline: { relation: 'WITHIN', duration: 'P2D' } },
  ]);
  expect(model.handoffs.map(({ fromActorId, toActorId }) => [fromActorId, toActorId])).toEqual([
    ['actor-2', 'actor-3'],
    ['actor-3', 'actor-2'],
  ]);
  expect(model.openQuestions).toEqual([]);
});

test('every element stands where the listing names it', async () => {
  const { text, model } = await readModel(CLAIM_DIAGRAM);
  const at = ({ start, end }: Span): string => text.slice(start, end);

  expect(model.actors.map(({ mentions = [] }) => mentions.map(at))).toEqual([
    ['Customer', 'Customer', 'Customer'],
    ['Clerk', 'Clerk'],
    ['Team lead'],
  ]);
  expect(model.activities.map(({ span }) => at(span))).toEqual([
    'Check the claim',
    'Claim approval',
    'Inform customer',
  ]);
  expect(model.gateways.map(({ span }) => at(span))).toEqual(['One of these:', 'Complete?']);
  expect(model.flows.flatMap(({ span, condition }) => (condition === null ? [] : [at(span)]))).toEqual([
    'yes',
    'Otherwise (no)',
    'Two days are over',
  ]);
  expect(
    [...model.systems, ...model.dataObjects, ...model.triggers, ...model.ends].map(({ span }) => at(span)),
  ).toEqual(['Jira', 'Claim form', 'Claim received', 'Claim closed']);
});

test('a repetition leads back, and tasks without a pool have nobody yet', async () => {
  const { model } = await readModel(
    process(`
    <bpmn:startEvent id="s"/><bpmn:task id="a" name="Write report"/>
    <bpmn:exclusiveGateway id="g" name="Good?"/><bpmn:task id="b" name="Send report"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="a"/><bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="g"/>
    <bpmn:sequenceFlow id="f3" sourceRef="g" targetRef="a" name="no"/><bpmn:sequenceFlow id="f4" sourceRef="g" targetRef="b" name="yes"/>`),
  );

  expect(waysOf(model)).toEqual([
    'write report -> gateway-1',
    'gateway-1 -> write report (Good? no) back',
    'gateway-1 -> send report (Good? yes)',
  ]);
  expect(model.openQuestions.map(({ kind }) => kind)).toEqual(['MISSING_ACTOR', 'MISSING_ACTOR']);
});

test('ways at the same time, a sub-process, and several ways out of a task are gateways and steps', async () => {
  const { model, text } = await readModel(
    process(`
    <bpmn:startEvent id="s"><bpmn:timerEventDefinition><bpmn:timeCycle>R/P1D</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>
    <bpmn:parallelGateway id="fork"/><bpmn:task id="a" name="Pack goods"/>
    <bpmn:subProcess id="sub" name="Billing"><bpmn:startEvent id="is"/><bpmn:task id="b" name="Write invoice"/><bpmn:task id="c" name="Send invoice"/><bpmn:endEvent id="ie"/>
      <bpmn:sequenceFlow id="i1" sourceRef="is" targetRef="b"/><bpmn:sequenceFlow id="i2" sourceRef="b" targetRef="c"/><bpmn:sequenceFlow id="i3" sourceRef="c" targetRef="ie"/></bpmn:subProcess>
    <bpmn:parallelGateway id="join"/><bpmn:task id="d" name="Close order"/><bpmn:task id="e" name="Archive order"/><bpmn:task id="f" name="Inform customer"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="fork"/><bpmn:sequenceFlow id="f2" sourceRef="fork" targetRef="a"/><bpmn:sequenceFlow id="f3" sourceRef="fork" targetRef="sub"/>
    <bpmn:sequenceFlow id="f4" sourceRef="a" targetRef="join"/><bpmn:sequenceFlow id="f5" sourceRef="sub" targetRef="join"/><bpmn:sequenceFlow id="f6" sourceRef="join" targetRef="d"/>
    <bpmn:sequenceFlow id="f7" sourceRef="d" targetRef="e"/><bpmn:sequenceFlow id="f8" sourceRef="d" targetRef="f"/>`),
  );

  expect(waysOf(model).toSorted()).toEqual(
    [
      'gateway-1 -> pack goods',
      'gateway-1 -> write invoice',
      'write invoice -> send invoice',
      'pack goods -> close order',
      'send invoice -> close order',
      'close order -> gateway-2',
      'gateway-2 -> archive order',
      'gateway-2 -> inform customer',
    ].toSorted(),
  );
  expect(model.gateways.map(({ kind }) => kind)).toEqual(['AND', 'AND']);
  expect(model.triggers).toMatchObject([{ kind: 'TIMER', timer: { interval: 'P1D' } }]);
  expect(text).toContain('Write invoice (part of Billing).');
});

test('events between steps are messages, waits and conditions', async () => {
  const { model } = await readModel(
    process(`
    <bpmn:startEvent id="s" name="Order placed"/><bpmn:intermediateThrowEvent id="t" name="Offer sent"><bpmn:messageEventDefinition/></bpmn:intermediateThrowEvent>
    <bpmn:eventBasedGateway id="g"/>
    <bpmn:intermediateCatchEvent id="yes" name="Offer accepted"><bpmn:messageEventDefinition/></bpmn:intermediateCatchEvent>
    <bpmn:intermediateCatchEvent id="late"><bpmn:timerEventDefinition><bpmn:timeDuration>P7D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
    <bpmn:task id="a" name="Deliver goods"/><bpmn:intermediateCatchEvent id="wait" name="Returns"><bpmn:timerEventDefinition><bpmn:timeDuration>P14D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
    <bpmn:task id="b" name="Close order"/><bpmn:endEvent id="e"/><bpmn:endEvent id="e2" name="Offer expired"/>
    <bpmn:boundaryEvent id="err" name="Goods lost" attachedToRef="a"><bpmn:errorEventDefinition/></bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t"/><bpmn:sequenceFlow id="f2" sourceRef="t" targetRef="g"/>
    <bpmn:sequenceFlow id="f3" sourceRef="g" targetRef="yes"/><bpmn:sequenceFlow id="f4" sourceRef="g" targetRef="late"/>
    <bpmn:sequenceFlow id="f5" sourceRef="yes" targetRef="a"/><bpmn:sequenceFlow id="f6" sourceRef="late" targetRef="e2"/>
    <bpmn:sequenceFlow id="f7" sourceRef="a" targetRef="wait"/><bpmn:sequenceFlow id="f8" sourceRef="wait" targetRef="b"/><bpmn:sequenceFlow id="f9" sourceRef="b" targetRef="e"/>`),
  );

  expect(model.activities.map(({ verb, object, kind }) => [verb, object, kind])).toEqual([
    ['send', 'Offer', 'SEND'],
    ['deliver', 'goods', 'USER'],
    ['close', 'order', 'USER'],
  ]);
  expect(waysOf(model)).toEqual([
    'send Offer -> gateway-1',
    'gateway-1 -> deliver goods (Offer accepted)',
    'deliver goods -> close order',
  ]);
  expect(model.ends.map(({ description, condition }) => [description, condition])).toEqual([
    ['Offer expired', 'the time has come (P7D)'],
    ['The process is over', null],
  ]);
  expect(model.rules).toMatchObject([
    { deadline: { relation: 'AFTER', duration: 'P14D' }, activityId: 'activity-3' },
  ]);
  expect(model.exceptions).toMatchObject([{ description: 'Goods lost', activityId: 'activity-2' }]);
});

test('two pools with a process each are one process that messages hold together', async () => {
  const { model } = await readModel(`
    <bpmn:collaboration id="c"><bpmn:participant id="x" name="Buyer" processRef="p1"/><bpmn:participant id="y" name="Supplier" processRef="p2"/>
      <bpmn:messageFlow id="m" sourceRef="a" targetRef="s2"/></bpmn:collaboration>
    <bpmn:process id="p1"><bpmn:startEvent id="s1"/><bpmn:sendTask id="a" name="Order goods"/><bpmn:sequenceFlow id="f1" sourceRef="s1" targetRef="a"/></bpmn:process>
    <bpmn:process id="p2"><bpmn:startEvent id="s2"/><bpmn:task id="b" name="Deliver goods"/><bpmn:sequenceFlow id="f2" sourceRef="s2" targetRef="b"/></bpmn:process>`);

  expect(model.actors.map(({ name }) => name)).toEqual(['Buyer', 'Supplier']);
  expect(model.activities).toMatchObject([
    { actorId: 'actor-1', recipientId: 'actor-2' },
    { actorId: 'actor-2', recipientId: null },
  ]);
  expect(model.triggers.map(({ kind, activityId }) => [kind, activityId])).toEqual([
    ['MANUAL', 'activity-1'],
    ['MESSAGE', 'activity-2'],
  ]);
});

test('what is no complete process is read as text, and the reason is said', async () => {
  const { text, model, warnings } = await read(
    process(`<bpmn:startEvent id="s"/><bpmn:task id="a" name="Check claim"/><bpmn:task id="b" name="Pay claim"/><bpmn:task id="c" name="Lost"/>
      <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="a"/><bpmn:sequenceFlow id="f2" sourceRef="b" targetRef="c"/><bpmn:sequenceFlow id="f3" sourceRef="c" targetRef="b"/>`),
  );

  expect(model).toBeNull();
  expect(text).toContain('Pay claim');
  expect(warnings).toEqual([expect.stringContaining('not complete')]);
});

test.each([
  ['nothing but a pool', '<bpmn:collaboration id="c"/>', 'NO_TEXT'],
  ['a start and an end', process('<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>'), 'NO_TEXT'],
  [
    'more elements than can be considered',
    process(Array.from({ length: 2001 }, (_, index) => `<bpmn:task id="t${index}"/>`).join('')),
    'TEXT_TOO_LONG',
  ],
  ['a file that was cut off', '<bpmn:process id="p"><bpmn:task id="a" na', 'DAMAGED'],
])('%s is refused', async (_what, roots, problem) => {
  await expect(read(roots)).rejects.toMatchObject({ problem });
});

// Attacks: entities that unpack to gigabytes, and entities that name a file of the server.
test.each([
  '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
  '<!DOCTYPE x SYSTEM "http://evil.test/x.dtd">',
  '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
])('a declared entity is refused: %s', async (prolog) => {
  const roots = process('<bpmn:task id="t" name="&amp;b;"/>');

  await expect(read(roots, prolog)).rejects.toMatchObject({ problem: 'ENTITIES_REFUSED' });
});

// Attack: text that a person does not see and a model does.
test('invisible characters in names do not reach the listing', async () => {
  const { text } = await read(process('<bpmn:task id="t" name="Check&#x202e; the\u200b &#x7;claim"/>'));

  expect(text).toContain('1. Check the claim.');
});

test('ways in a circle without a step end', async () => {
  const { model } = await readModel(
    process(`<bpmn:task id="a" name="Check claim"/><bpmn:exclusiveGateway id="g"/><bpmn:exclusiveGateway id="h"/>
      <bpmn:sequenceFlow id="f1" sourceRef="a" targetRef="g"/><bpmn:sequenceFlow id="f2" sourceRef="g" targetRef="h"/><bpmn:sequenceFlow id="f3" sourceRef="h" targetRef="g"/>`),
  );

  expect(model.activities).toHaveLength(1);
});
