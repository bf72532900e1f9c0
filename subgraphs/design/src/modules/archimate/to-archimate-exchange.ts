/** Writes an agent and its process as an ArchiMate 3.1 model exchange file. */
import { createHash } from 'node:crypto';
import { oneLine } from '../definition/plain-text.ts';
import { drawModel } from './draw-model.ts';
import type { DrawInput } from './draw-model.ts';
import { layOut } from './layout-view.ts';
import type { ViewNode } from './layout-view.ts';
import type { ArchimateElement, ArchimateRelationship, ModelGraph } from './model-graph.ts';
import { toXmlText } from './xml-text.ts';

const NAMESPACE = 'http://www.opengroup.org/xsd/archimate/3.0/';
const SCHEMA = 'http://www.opengroup.org/xsd/archimate/3.1/archimate3_Diagram.xsd';
const MAX_NAME_LENGTH = 300;
const MAX_DOCUMENTATION_LENGTH = 8_000;

/** Ids come from the name: a later model of the same agent replaces the earlier where it is imported. */
export function toArchimateExchange(input: DrawInput): string {
  const name = toName(input.name, 'Agent');
  const prefix = `id-${createHash('sha256').update(name.toWellFormed()).digest('hex').slice(0, 12)}`;
  const graph = drawModel({ ...input, name }, prefix);
  const kindProperty = `${prefix}-property-kind`;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<model xmlns="${NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="${NAMESPACE} ${SCHEMA}" identifier="${prefix}-model">`,
    `  <name xml:lang="en">${toXmlText(name)}</name>`,
    '  <documentation xml:lang="en">Drawn by Flowgrid from a process description.</documentation>',
    '  <elements>',
    ...graph.elements.flatMap((element) => elementLines(element, kindProperty)),
    '  </elements>',
    '  <relationships>',
    ...graph.relationships.flatMap(relationshipLines),
    '  </relationships>',
    '  <propertyDefinitions>',
    `    <propertyDefinition identifier="${kindProperty}" type="string">`,
    '      <name xml:lang="en">Kind</name>',
    '    </propertyDefinition>',
    '  </propertyDefinitions>',
    '  <views>',
    '    <diagrams>',
    ...viewLines(graph, prefix, name),
    '    </diagrams>',
    '  </views>',
    '</model>',
  ];
  return `${lines.join('\n')}\n`;
}

/** A name of only forbidden characters is none: what the element is stands in for it. */
function toName(name: string, fallback: string): string {
  return oneLine(name.replace(/[\u{FFFE}\u{FFFF}]/gu, ''), MAX_NAME_LENGTH) || fallback;
}

function elementLines(element: ArchimateElement, kindProperty: string): readonly string[] {
  const documentation = element.documentation?.slice(0, MAX_DOCUMENTATION_LENGTH) ?? '';
  return [
    `    <element identifier="${element.id}" xsi:type="${element.type}">`,
    `      <name xml:lang="en">${toXmlText(toName(element.name, element.type))}</name>`,
    ...(documentation === ''
      ? []
      : [`      <documentation xml:lang="en">${toXmlText(documentation)}</documentation>`]),
    ...(element.kind === null ? [] : propertyLines(element.kind, kindProperty)),
    '    </element>',
  ];
}

function propertyLines(kind: string, kindProperty: string): readonly string[] {
  return [
    '      <properties>',
    `        <property propertyDefinitionRef="${kindProperty}">`,
    `          <value xml:lang="en">${toXmlText(kind)}</value>`,
    '        </property>',
    '      </properties>',
  ];
}

function relationshipLines(relationship: ArchimateRelationship): readonly string[] {
  const { id, source, target, type, accessType } = relationship;
  const access = accessType === null ? '' : ` accessType="${accessType}"`;
  const tag = `    <relationship identifier="${id}" source="${source}" target="${target}"${access} xsi:type="${type}"`;
  const name = relationship.name === null ? '' : oneLine(relationship.name, MAX_NAME_LENGTH);
  if (name === '') return [`${tag}/>`];
  return [`${tag}>`, `      <name xml:lang="en">${toXmlText(name)}</name>`, '    </relationship>'];
}

function viewLines(graph: ModelGraph, prefix: string, name: string): readonly string[] {
  const nodes = layOut(graph.elements);
  return [
    `      <view identifier="${prefix}-view" xsi:type="Diagram">`,
    `        <name xml:lang="en">${toXmlText(name)}</name>`,
    ...nodes.map(nodeLine),
    ...graph.relationships.map(
      ({ id, source, target }) =>
        `        <connection identifier="${id}-line" relationshipRef="${id}" xsi:type="Relationship" source="${source}-node" target="${target}-node"/>`,
    ),
    '      </view>',
  ];
}

function nodeLine({ element, x, y, width, height }: ViewNode): string {
  return `        <node identifier="${element.id}-node" elementRef="${element.id}" xsi:type="Element" x="${x}" y="${y}" w="${width}" h="${height}"/>`;
}
