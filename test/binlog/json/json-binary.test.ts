import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonBinaryToText } from '../../../src/binlog/json/json-binary.ts';
import {
  encodeJsonBinary,
  type JsonNode,
  parseJsonBinary,
} from '../../../src/binlog/json/json-tree.ts';
import { jsonNode } from '../rows/random-rows.ts';

const textOf = (bytes: Buffer): string => jsonBinaryToText(bytes, 0, bytes.length);

/** A small array, as the server writes it: count, size, then type and offset of each value. */
const SMALL_ARRAY = Buffer.from('0201000a000c07000261620000', 'hex');

describe('jsonBinaryToText', () => {
  it('prints a document that JSON.parse reads, with the same structure', () => {
    fc.assert(
      fc.property(jsonNode, (node) => {
        const parsed: unknown = JSON.parse(textOf(encodeJsonBinary(node)));
        expect(structure(parsed)).toEqual(structureOf(node));
      }),
    );
  });

  it('is the same for a document that was parsed and written again', () => {
    fc.assert(
      fc.property(jsonNode, (node) => {
        const bytes = encodeJsonBinary(node);
        const again = encodeJsonBinary(parseJsonBinary(bytes, 0, bytes.length));
        expect(again.equals(bytes)).toBe(true);
      }),
    );
  });

  it('takes no bytes for null', () => {
    expect(textOf(Buffer.alloc(0))).toBe('null');
  });

  it('reads the small format', () => {
    expect(textOf(SMALL_ARRAY)).toBe('["ab"]');
  });

  it.each([
    ['an unknown type', '0d00'],
    ['a literal that is none', '0403'],
    ['a cut integer', '07ffff'],
    ['a cut double', '0b00000000'],
    ['a string longer than its document', '0c0541'],
    ['a length that does not end', '0cffffffffffff'],
    ['an array larger than its document', '0201000f000c070002616200'],
    ['more values than there is room for', '02ff000a000c070002616200'],
    ['a value inside the header', '0201000a000c020002616200'],
    ['a temporal value of 3 bytes', '0f0a03000000'],
    ['a decimal without digits', '0ff6020a02'],
  ])('refuses %s', (_, hex) => {
    expect(() => textOf(Buffer.from(hex, 'hex'))).toThrow(/A JSON value cannot be read/);
  });

  it('refuses or reads any bytes, and never runs past them', () => {
    fc.assert(
      fc.property(jsonNode, fc.nat(), fc.nat({ max: 255 }), (node, at, byte) => {
        const bytes = encodeJsonBinary(node);
        bytes[at % bytes.length] = byte;
        try {
          textOf(bytes);
        } catch (thrown) {
          expect(String(thrown)).toMatch(/A JSON value cannot be read/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** Objects and arrays by their sizes; what scalars say is compared with servers. */
function structure(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structure);
  if (value === null) return 'null';
  return typeof value;
}

function structureOf(node: JsonNode): unknown {
  if (node.kind === 'array') return node.items.map(structureOf);
  if (node.kind === 'object') return 'object';
  if (node.type === 0x04) return node.value[0] === 0 ? 'null' : 'boolean';
  return node.type === 0x0c ? 'string' : 'number';
}
