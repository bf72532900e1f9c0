/** `npm run docs:events`: writes docs/EVENTS.md. */
import { writeFile } from 'node:fs/promises';
import { toEventsPage } from './events-page.ts';

await writeFile(new URL('../../../../docs/EVENTS.md', import.meta.url), toEventsPage());
