/** What a person reads when the platform is up: where it is, who may sign in, what to try next. */
import type { PlatformFile } from './platform-file.ts';
import type { DemoTenants } from './seeding.ts';

export interface GreetingOptions {
  platform: PlatformFile;
  demo: DemoTenants;
  seconds: number;
  home: string;
}

export function greeting({ platform, demo, seconds, home }: GreetingOptions): string {
  const users = demo.tenants.flatMap(({ slug, users: all }) => all.map(({ email }) => ({ slug, email })));
  const passwords = new Set(demo.tenants.flatMap((tenant) => tenant.users.map(({ password }) => password)));
  const services = Object.entries(platform.services).map(([name, url]) => `${name} ${url}`);
  return [
    '',
    `Flowgrid is ready after ${seconds.toFixed(1)} s.`,
    '',
    `  GraphQL and GraphiQL   ${platform.graphqlUrl}`,
    `  Readiness              ${platform.routerUrl}/readyz`,
    `  Services               ${services.join('\n                         ')}`,
    `  Data and secrets       ${home}`,
    '',
    `  Sign in with the password ${[...passwords].join(' or ')} as`,
    ...users.map(({ slug, email }) => `    ${email.padEnd(22)} (tenant ${slug})`),
    '',
    '  Try next, in another terminal:',
    '    npm run demo -- examples/claims-intake.txt',
    '    npm run token -- editor@acme.test',
    '',
    '  Ctrl-C stops everything and keeps the data.',
    '',
  ].join('\n');
}
