/** `npm run archimate:check -- PATH...`: what is found in ArchiMate files, and whether they are written without loss. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeExchange } from './exchange/write-exchange.ts';
import { readArchimate } from './read-archimate.ts';
import { ArchimateRefusal } from './xml/refusal.ts';

const paths = process.argv.slice(2);
if (paths.length === 0) {
  process.stderr.write('Give the paths of ArchiMate files.\n');
  process.exitCode = 2;
}
for (const path of paths) await check(path);

async function check(path: string): Promise<void> {
  const name = basename(path);
  try {
    const { model, findings, findingCount, format, formatVersion, tool } = readArchimate(
      await readFile(path),
    );
    const isEqual = isDeepStrictEqual(readArchimate(writeExchange(model)).model, model);
    const size = `${model.elements.length} elements, ${model.relationships.length} relationships, ${model.views.length} views`;
    print(`${name}: ${format} ${formatVersion ?? ''} of ${tool ?? 'an unknown tool'}, ${size}`);
    print(`  written and read again: ${isEqual ? 'equal' : 'NOT EQUAL'}; ${findingCount} findings`);
    for (const { severity, code, elementId, message, mend } of findings) {
      print(`  ${severity} ${code} ${elementId ?? ''}: ${message} ${mend}`);
    }
    if (!isEqual) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof ArchimateRefusal)) throw error;
    print(`${name}: refused, ${error.code}: ${error.message}`);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
