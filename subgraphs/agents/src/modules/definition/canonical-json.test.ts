import { describe, expect, test } from 'vitest';
import { canonicalJson, digestOf, type JsonValue } from './canonical-json.ts';

describe('canonical JSON', () => {
  test('orders names by UTF-16 code units and keeps lists as they are', () => {
    // The example of RFC 8785, section 3.2.3.
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };

    const names = Object.keys(JSON.parse(canonicalJson({ x: [3, 1, 2], a: null })) as object);

    expect(names).toEqual(['a', 'x']);
    expect(canonicalJson({ x: [3, 1, 2] })).toBe('{"x":[3,1,2]}');
    expect(canonicalJson(value)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
  });

  test('writes numbers as ECMAScript does', () => {
    expect(canonicalJson([333_333_333.333_333_3, 1e30, 4.5, 2e-3, 1e-27, -0])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    );
  });

  test('keeps names of prototypes', () => {
    const value = JSON.parse('{"__proto__":{"a":1},"constructor":2}') as JsonValue;

    expect(canonicalJson(value)).toBe('{"__proto__":{"a":1},"constructor":2}');
  });

  test('equal values have one digest', () => {
    expect(digestOf({ a: 1, b: { c: 2, d: 3 } })).toBe(digestOf({ b: { d: 3, c: 2 }, a: 1 }));
    expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: 2 }));
    expect(digestOf({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});
