/** One element of a process as a node of the diagram. */
import type { ModdleElement } from 'bpmn-moddle';
import type { ProcessActivity, ProcessGateway } from '../../../process-model/process-model.ts';
import type {
  DataReference,
  DiagramActor,
  DiagramNode,
  DiagramTimer,
  EventKind,
  EventNode,
} from './diagram.ts';
import {
  childOf,
  childrenOf,
  documentationOf,
  idOf,
  lineOf,
  nameOf,
  referenceOf,
  typeOf,
} from './elements.ts';

const TASKS: Readonly<Record<string, ProcessActivity['kind']>> = {
  Task: 'USER',
  UserTask: 'USER',
  ManualTask: 'MANUAL',
  ServiceTask: 'SERVICE',
  ScriptTask: 'SERVICE',
  CallActivity: 'SERVICE',
  BusinessRuleTask: 'DECISION',
  SendTask: 'SEND',
  ReceiveTask: 'RECEIVE',
};

const GATEWAYS: Readonly<Record<string, ProcessGateway['kind']>> = {
  ExclusiveGateway: 'XOR',
  EventBasedGateway: 'XOR',
  ParallelGateway: 'AND',
  InclusiveGateway: 'OR',
  ComplexGateway: 'OR',
};

const EVENTS: Readonly<Record<string, EventNode['type']>> = {
  StartEvent: 'START',
  IntermediateCatchEvent: 'CATCH',
  IntermediateThrowEvent: 'THROW',
  EndEvent: 'END',
};

const SCOPES = new Set(['SubProcess', 'Transaction', 'AdHocSubProcess']);

/** Null for what is no step of the process, such as a data object. */
export function readNode(
  element: ModdleElement,
  place: { readonly actor: DiagramActor | null; readonly parentId: string | null },
): DiagramNode | null {
  const type = typeOf(element);
  const facts = {
    id: idOf(element),
    name: nameOf(element),
    documentation: documentationOf(element),
    ...place,
  };
  const defaultFlowId = referenceOf(element, 'default');
  const gateway = GATEWAYS[type];
  if (gateway !== undefined) {
    const isEventBased = type === 'EventBasedGateway';
    return { ...facts, type: 'GATEWAY', kind: gateway, isEventBased, defaultFlowId };
  }
  const event = EVENTS[type];
  if (event !== undefined) return { ...facts, type: event, ...readEvent(element) };
  if (type === 'BoundaryEvent') {
    const attachedTo = referenceOf(element, 'attachedToRef');
    return attachedTo === null ? null : { ...facts, type: 'BOUNDARY', attachedTo, ...readEvent(element) };
  }
  const isScope = SCOPES.has(type);
  if (isScope && hasSteps(element)) {
    return { ...facts, type: 'SCOPE', isEventScope: element.get('triggeredByEvent') === true };
  }
  const kind = isScope ? 'USER' : TASKS[type];
  if (kind === undefined) return null;
  return { ...facts, type: 'TASK', kind, defaultFlowId, ...readData(element) };
}

function hasSteps(scope: ModdleElement): boolean {
  return childrenOf(scope, 'flowElements').some((child) => {
    const type = typeOf(child);
    return type in TASKS || SCOPES.has(type);
  });
}

const DEFINITIONS: Readonly<Record<string, EventKind>> = {
  MessageEventDefinition: 'MESSAGE',
  TimerEventDefinition: 'TIMER',
  ErrorEventDefinition: 'ERROR',
};

function readEvent(element: ModdleElement): { event: EventKind; timer: DiagramTimer | null } {
  const [definition] = childrenOf(element, 'eventDefinitions');
  if (definition === undefined) return { event: 'NONE', timer: null };
  return { event: DEFINITIONS[typeOf(definition)] ?? 'OTHER', timer: readTimer(definition) };
}

function readTimer(definition: ModdleElement): DiagramTimer | null {
  for (const [property, kind] of [
    ['timeDuration', 'DURATION'],
    ['timeCycle', 'CYCLE'],
    ['timeDate', 'DATE'],
  ] as const) {
    const value = lineOf(childOf(definition, property), 'body');
    if (value !== '') return { kind, value };
  }
  return null;
}

function readData(element: ModdleElement): { inputs: DataReference[]; outputs: DataReference[] } {
  return {
    inputs: childrenOf(element, 'dataInputAssociations')
      .flatMap((association) => childrenOf(association, 'sourceRef'))
      .flatMap(toData),
    outputs: childrenOf(element, 'dataOutputAssociations')
      .flatMap((association) => childOf(association, 'targetRef') ?? [])
      .flatMap(toData),
  };
}

function toData(element: ModdleElement): readonly DataReference[] {
  const type = typeOf(element);
  if (type === 'DataStoreReference') {
    const name = nameOf(element) || nameOf(childOf(element, 'dataStoreRef'));
    return name === '' ? [] : [{ name, isStore: true }];
  }
  if (type !== 'DataObjectReference' && type !== 'DataObject') return [];
  const name = nameOf(element) || nameOf(childOf(element, 'dataObjectRef'));
  return name === '' ? [] : [{ name, isStore: false }];
}
