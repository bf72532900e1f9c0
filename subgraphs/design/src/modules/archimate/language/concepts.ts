/** The concepts of ArchiMate 3.2: what there is, in which layer, and what kind of thing it is. */

export type Layer =
  | 'Business'
  | 'Application'
  | 'Technology'
  | 'Physical'
  | 'Motivation'
  | 'Strategy'
  | 'Implementation'
  | 'Composite'
  | 'Junction';

export type ElementKind = 'ACTIVE' | 'BEHAVIOUR' | 'PASSIVE' | 'MOTIVATION' | 'COMPOSITE' | 'CONNECTOR';

interface Concept {
  readonly layer: Layer;
  readonly kind: ElementKind;
}

const of = <Types extends string>(
  layer: Layer,
  kinds: Readonly<Record<Types, ElementKind>>,
): Readonly<Record<Types, Concept>> => {
  const entries = Object.entries<ElementKind>(kinds).map(([type, kind]) => [type, { layer, kind }]);
  return Object.fromEntries(entries) as Record<Types, Concept>;
};

const ELEMENTS = {
  ...of('Business', {
    BusinessActor: 'ACTIVE',
    BusinessRole: 'ACTIVE',
    BusinessCollaboration: 'ACTIVE',
    BusinessInterface: 'ACTIVE',
    BusinessProcess: 'BEHAVIOUR',
    BusinessFunction: 'BEHAVIOUR',
    BusinessInteraction: 'BEHAVIOUR',
    BusinessEvent: 'BEHAVIOUR',
    BusinessService: 'BEHAVIOUR',
    BusinessObject: 'PASSIVE',
    Contract: 'PASSIVE',
    Representation: 'PASSIVE',
    Product: 'COMPOSITE',
  }),
  ...of('Application', {
    ApplicationComponent: 'ACTIVE',
    ApplicationCollaboration: 'ACTIVE',
    ApplicationInterface: 'ACTIVE',
    ApplicationFunction: 'BEHAVIOUR',
    ApplicationInteraction: 'BEHAVIOUR',
    ApplicationProcess: 'BEHAVIOUR',
    ApplicationEvent: 'BEHAVIOUR',
    ApplicationService: 'BEHAVIOUR',
    DataObject: 'PASSIVE',
  }),
  ...of('Technology', {
    Node: 'ACTIVE',
    Device: 'ACTIVE',
    SystemSoftware: 'ACTIVE',
    TechnologyCollaboration: 'ACTIVE',
    TechnologyInterface: 'ACTIVE',
    Path: 'ACTIVE',
    CommunicationNetwork: 'ACTIVE',
    TechnologyFunction: 'BEHAVIOUR',
    TechnologyProcess: 'BEHAVIOUR',
    TechnologyInteraction: 'BEHAVIOUR',
    TechnologyEvent: 'BEHAVIOUR',
    TechnologyService: 'BEHAVIOUR',
    Artifact: 'PASSIVE',
  }),
  ...of('Physical', {
    Equipment: 'ACTIVE',
    Facility: 'ACTIVE',
    DistributionNetwork: 'ACTIVE',
    Material: 'PASSIVE',
  }),
  ...of('Motivation', {
    Stakeholder: 'ACTIVE',
    Driver: 'MOTIVATION',
    Assessment: 'MOTIVATION',
    Goal: 'MOTIVATION',
    Outcome: 'MOTIVATION',
    Principle: 'MOTIVATION',
    Requirement: 'MOTIVATION',
    Constraint: 'MOTIVATION',
    Meaning: 'MOTIVATION',
    Value: 'MOTIVATION',
  }),
  ...of('Strategy', {
    Resource: 'ACTIVE',
    Capability: 'BEHAVIOUR',
    CourseOfAction: 'BEHAVIOUR',
    ValueStream: 'BEHAVIOUR',
  }),
  ...of('Implementation', {
    WorkPackage: 'BEHAVIOUR',
    Deliverable: 'PASSIVE',
    ImplementationEvent: 'BEHAVIOUR',
    Plateau: 'COMPOSITE',
    Gap: 'PASSIVE',
  }),
  ...of('Composite', { Grouping: 'COMPOSITE', Location: 'COMPOSITE' }),
  ...of('Junction', { AndJunction: 'CONNECTOR', OrJunction: 'CONNECTOR' }),
} as const;

/** An element, or one of the two junctions. */
export type ElementType = keyof typeof ELEMENTS;

export const ELEMENT_TYPES = Object.keys(ELEMENTS).filter(isElementType);

/** True for own names only: `constructor` is no element type. */
export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(ELEMENTS, name);
}

export function isJunction(type: ElementType): type is 'AndJunction' | 'OrJunction' {
  return ELEMENTS[type].layer === 'Junction';
}

export const layerOf = (type: ElementType): Layer => ELEMENTS[type].layer;

export const kindOf = (type: ElementType): ElementKind => ELEMENTS[type].kind;
