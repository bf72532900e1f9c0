/** `npm run docs:configuration`: writes docs/CONFIGURATION.md. */
import { writeFile } from 'node:fs/promises';
import { CONFIGURATION_PAGE, writeConfiguration } from './configuration.ts';

await writeFile(CONFIGURATION_PAGE, await writeConfiguration());
