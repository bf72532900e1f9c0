import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { writeExchange } from './exchange/write-exchange.ts';
import { MAX_FILE_BYTES, readArchimate } from './read-archimate.ts';
import {
  ARCHI_EXCHANGE,
  SPARX_TEXT,
  VISUAL_PARADIGM,
  nativeOf,
  toArchiZip,
  toUtf16,
  toWindows1252,
} from './testkit/fixtures.ts';
import { schemaFaults } from './testkit/schema-faults.ts';

const FILES = [
  { file: 'Archi, exchange', content: ARCHI_EXCHANGE, format: 'EXCHANGE', tool: 'Archi' },
  { file: 'Visual Paradigm', content: VISUAL_PARADIGM, format: 'EXCHANGE', tool: 'Visual Paradigm' },
  {
    file: 'Sparx, windows-1252',
    content: toWindows1252(SPARX_TEXT),
    format: 'EXCHANGE',
    tool: 'Sparx Enterprise Architect',
  },
  {
    file: 'Sparx, UTF-16',
    content: toUtf16(SPARX_TEXT),
    format: 'EXCHANGE',
    tool: 'Sparx Enterprise Architect',
  },
  { file: 'Archi 4', content: nativeOf('4.9.0'), format: 'ARCHI', tool: 'Archi' },
  { file: 'Archi 5', content: Buffer.from(nativeOf('5.0.0')), format: 'ARCHI', tool: 'Archi' },
  { file: 'Archi, zip', content: toArchiZip(nativeOf('5.0.0')), format: 'ARCHI_ZIP', tool: 'Archi' },
];

describe.each(FILES)('the file of $file', ({ content, format, tool }) => {
  test('is recognised', () => {
    expect(readArchimate(content)).toMatchObject({ format, tool });
  });

  test('is written so that it reads the same, as the schema demands', () => {
    const { model } = readArchimate(content);
    const xml = writeExchange(model);

    expect(readArchimate(xml).model).toEqual(model);
    expect(writeExchange(readArchimate(xml).model)).toBe(xml);
    expect(schemaFaults(xml)).toEqual([]);
  });
});

test('an exchange file keeps languages, properties, metadata, folders and views', () => {
  const { model, findings } = readArchimate(ARCHI_EXCHANGE);

  expect(findings).toEqual([]);
  expect(model.names).toEqual([
    { language: 'en', text: 'Claims & payments' },
    { language: 'de', text: 'Schäden' },
  ]);
  expect(model.metadata?.children).toHaveLength(3);
  expect(
    model.relationships.map(({ accessType, modifier, isDirected }) => [accessType, modifier, isDirected]),
  ).toEqual([
    [null, null, false],
    [null, null, false],
    ['ReadWrite', null, false],
    [null, '++', false],
    [null, null, true],
  ]);
  expect(model.views[0]?.nodes[0]?.nodes).toHaveLength(1);
  expect(model.views[0]?.connections[0]?.bendpoints).toEqual([
    { x: 70, y: 150 },
    { x: 150, y: 150 },
  ]);
});

test('windows-1252 and UTF-16 are read as what they are', () => {
  const names = [toWindows1252(SPARX_TEXT), toUtf16(SPARX_TEXT)].map(
    (file) => readArchimate(file).model.names,
  );

  expect(names).toEqual(names.map(() => [{ language: null, text: 'Übersicht – “€”' }]));
});

test('a native file has its places from the corner of the view, and its ids made valid', () => {
  const { model } = readArchimate(nativeOf('5.0.0'));
  const [view] = model.views;
  const [group, process] = view?.nodes ?? [];

  expect(model.elements.map(({ id, type }) => `${id} ${type}`)).toEqual([
    'id-11 BusinessRole',
    'id-12 BusinessProcess',
    'id-13 ApplicationProcess',
    'id-14 DataObject',
    'id-15 OrJunction',
  ]);
  expect(model.relationships.map(({ accessType }) => accessType)).toEqual([
    null,
    'ReadWrite',
    'Write',
    null,
    null,
  ]);
  expect(group).toMatchObject({
    type: 'Container',
    x: 100,
    y: 50,
    nodes: [{ x: 110, y: 80, width: 120, height: 55 }],
  });
  expect(process).toMatchObject({ conceptId: 'id-12', x: 500, y: 80 });
  expect(view?.connections[0]?.bendpoints).toEqual([{ x: 560, y: 207 }]);
  expect(model.organizations[0]?.[0]?.items[0]?.labels).toEqual([{ language: null, text: 'Inner' }]);
  expect(model.documentation[0]?.text).toBe('Why it is there.');
});

const codeOf = (file: Uint8Array | string): unknown => {
  try {
    return readArchimate(file).findings.map(({ code }) => code);
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

// Attacks: expand entities until memory ends, read a file of the machine, fetch an address.
test.each([
  ['<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><m>&b;</m>'],
  ['<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><m>&x;</m>'],
  ['<!DOCTYPE m SYSTEM "http://127.0.0.1/m.dtd"><m/>'],
  ['<?xml version="1.0"?>\n<!DOCTYPE m><m/>'],
])('a document type is refused: %.40s', (file) => {
  expect(codeOf(file)).toBe('DOCTYPE_REFUSED');
});

test.each([
  ['an entity that XML does not have', '<m>&nbsp;</m>', 'NOT_WELL_FORMED'],
  ['an entity called like a member of objects', '<m>&constructor;</m>', 'NOT_WELL_FORMED'],
  ['nothing', '', 'EMPTY'],
  ['white space', ' \n ', 'EMPTY'],
  ['a file that was cut off', ARCHI_EXCHANGE.slice(0, 2_000), 'NOT_WELL_FORMED'],
  ['levels without end', `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`, 'TOO_COMPLEX'],
  ['elements without end', `<a>${'<b/>'.repeat(400_001)}</a>`, 'TOO_COMPLEX'],
  ['50 MB', new Uint8Array(50 * 1024 * 1024), 'TOO_LARGE'],
  ['50 MB of text', ' '.repeat(50 * 1024 * 1024), 'TOO_LARGE'],
  [
    'windows-1252 that is said to be UTF-8',
    toWindows1252(SPARX_TEXT.replace('windows-1252', 'UTF-8')),
    'BROKEN_ENCODING',
  ],
  [
    'bytes that are said to be UTF-16',
    Buffer.from(SPARX_TEXT.replace('windows-1252', 'UTF-16')),
    'BROKEN_ENCODING',
  ],
  [
    'an encoding that is not read',
    Buffer.from('<?xml version="1.0" encoding="EBCDIC-CP-US"?><m/>'),
    'UNSUPPORTED_ENCODING',
  ],
  ['half of a UTF-16 file', toUtf16(SPARX_TEXT).subarray(0, 101), 'BROKEN_ENCODING'],
  ['another format', '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', 'NOT_ARCHIMATE'],
  ['ArchiMate 2', '<model xmlns="http://www.opengroup.org/xsd/archimate" identifier="a"/>', 'NOT_ARCHIMATE'],
  ['a zip without a model', zipSync({ 'other.xml': new Uint8Array([60]) }), 'NOT_ARCHIMATE'],
  ['a broken zip', toArchiZip(nativeOf('5.0.0')).subarray(0, 300), 'BROKEN_ZIP'],
  ['a zip bomb', toArchiZip(new Uint8Array(MAX_FILE_BYTES + 1)), 'TOO_LARGE'],
])('%s is refused', (_name, file, code) => {
  expect(codeOf(file)).toBe(code);
});

// Attack: a header that promises little and a content that is much.
test('a zip whose header lies gets no more memory than it said', () => {
  const zip = toArchiZip(`<a>${' '.repeat(1_000_000)}</a>`);
  const view = new DataView(zip.buffer);
  for (let place = 0; place < zip.length - 46; place += 1) {
    if (view.getUint32(place, true) === 0x02014b50) view.setUint32(place + 24, 20, true);
  }

  expect(['NOT_WELL_FORMED', 'BROKEN_ZIP']).toContain(codeOf(zip));
});
