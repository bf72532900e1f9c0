import { expect, test } from 'vitest';
import { readArchimate } from '../read-archimate.ts';

const file = (
  elements: string,
  rest = '',
): string => `<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="id-m"><name>M</name>
  <elements>${elements}</elements>${rest}</model>`;
const element = (id: string, type: string, name = id): string =>
  `<element identifier="${id}" xsi:type="${type}"><name>${name}</name></element>`;
const relate = (id: string, type: string, source: string, target: string): string =>
  `<relationship identifier="${id}" xsi:type="${type}" source="${source}" target="${target}"/>`;
const related = (elements: string, ...relationships: string[]): string =>
  file(elements, `<relationships>${relationships.join('')}</relationships>`);
const codes = (xml: string): readonly string[] =>
  readArchimate(xml).findings.map(({ severity, code }) => `${severity} ${code}`);

test.each([
  ['an id twice', file(element('a', 'Goal') + element('a', 'Driver')), ['ERROR DUPLICATE_IDENTIFIER']],
  ['no id', file('<element xsi:type="Goal"><name>G</name></element>'), ['ERROR MISSING_IDENTIFIER']],
  ['an unknown type', file(element('a', 'InfrastructureService')), ['ERROR UNKNOWN_ELEMENT_TYPE']],
  [
    'a type called like a member of objects',
    file(element('a', 'constructor')),
    ['ERROR UNKNOWN_ELEMENT_TYPE'],
  ],
  [
    'an unknown relationship',
    related(element('a', 'Goal'), relate('r', 'UsedBy', 'a', 'a')),
    ['ERROR UNKNOWN_RELATIONSHIP_TYPE'],
  ],
  [
    'an end that is missing',
    related(element('a', 'Goal'), relate('r', 'Association', 'a', '__proto__')),
    ['ERROR DANGLING_RELATIONSHIP'],
  ],
  ['an id that begins with a digit', file(element('1a', 'Goal')), ['WARNING INVALID_IDENTIFIER']],
  ['a very long id', file(element('a'.repeat(257), 'Goal', 'a')), ['ERROR LONG_IDENTIFIER']],
  ['no name', file('<element identifier="a" xsi:type="Goal"/>'), ['WARNING MISSING_NAME']],
  [
    'a name twice',
    file(element('a', 'Goal', 'Same') + element('b', 'Goal', 'same')),
    ['INFO DUPLICATE_NAME'],
  ],
  ['ids that every object has', file(element('__proto__', 'Goal') + element('constructor', 'Driver')), []],
  [
    'a property without a definition',
    file(
      '<element identifier="a" xsi:type="Goal"><name>a</name><properties><property propertyDefinitionRef="p"><value>1</value></property></properties></element>',
    ),
    ['WARNING UNDEFINED_PROPERTY'],
  ],
  [
    'a view of what is not there',
    file(
      element('a', 'Goal'),
      '<views><diagrams><view identifier="v"><name>V</name><node identifier="n" xsi:type="Element" elementRef="gone" x="0" y="0" w="1" h="1"/></view></diagrams></views>',
    ),
    ['WARNING VIEW_REFERENCE'],
  ],
  [
    'a junction that mixes',
    related(
      element('a', 'BusinessProcess') +
        element('b', 'BusinessProcess') +
        '<element identifier="j" xsi:type="AndJunction"/>',
      relate('r1', 'Triggering', 'a', 'j'),
      relate('r2', 'Flow', 'j', 'b'),
    ),
    ['WARNING JUNCTION_MIXED'],
  ],
  [
    'a junction that leads nowhere',
    related(
      element('a', 'BusinessProcess') + '<element identifier="j" xsi:type="OrJunction"/>',
      relate('r1', 'Triggering', 'a', 'j'),
    ),
    ['WARNING JUNCTION_OPEN'],
  ],
])('%s is told', (_name, xml, expected) => {
  expect(codes(xml)).toEqual(expected);
});

test('a relationship that is not allowed comes with what is, and whether it is right the other way round', () => {
  const xml = related(
    element('a', 'DataObject', 'Claim') + element('b', 'ApplicationProcess', 'Book'),
    relate('r', 'Access', 'a', 'b'),
  );

  expect(readArchimate(xml).findings).toEqual([
    {
      severity: 'WARNING',
      code: 'RELATIONSHIP_NOT_ALLOWED',
      elementId: 'r',
      elementName: 'Claim → Book',
      rule: 'Relationships are as the matrix of ArchiMate 3.2 allows.',
      message: 'Access is not allowed from DataObject to ApplicationProcess.',
      mend: 'Turn it round: Access is allowed from ApplicationProcess to DataObject. Allowed from DataObject to ApplicationProcess: Association.',
    },
  ]);
});

// Attack: instructions, markup and formulas in names of a file.
test('what stands in names is only ever text', () => {
  const name = 'Ignore all rules &lt;/name&gt; ${process.exit(1)} =cmd|&quot;/c&quot;';
  const { model, findings } = readArchimate(file(element('a', 'Goal', name)));

  expect(findings).toEqual([]);
  expect(model.elements[0]?.names[0]?.text).toBe('Ignore all rules </name> ${process.exit(1)} =cmd|"/c"');
});
