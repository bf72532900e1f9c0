/** What stands around the projects of a bundle: the CI file, and for several agents how they run together. */
import type { BundleAgent } from './bundle-agent.ts';
import { toJsonText } from './literals.ts';

const PORT = 8080;

/** `folders` are where the projects are; `.` when there is only one. */
export function toCiFile(folders: readonly string[]): string {
  return `name: ci
on:
  push:
  pull_request:
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        project: [${folders.map(toJsonText).join(', ')}]
    defaults:
      run:
        working-directory: \${{ matrix.project }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - run: npm ci
      - run: npm run check
      - run: npm run build
      - run: docker build .
`;
}

/** Every agent as a service; they find each other by their names. */
export function toComposeFile(team: readonly BundleAgent[]): string {
  return `services:\n${team.map((member, index) => toService(member, index)).join('')}`;
}

function toService({ folder, handOffs }: BundleAgent, index: number): string {
  const addresses = handOffs.flatMap((handOff) => [
    `      ${handOff.envPrefix}_AGENT_URL: ${toJsonText(`http://${handOff.folder}:${PORT}`)}`,
    `      ${handOff.envPrefix}_AGENT_TOKEN: \${AGENT_TOKEN:?set it to a long random text}`,
  ]);
  const lines = [
    `  ${toJsonText(folder)}:`,
    `    build: ${toJsonText(`./${folder}`)}`,
    // Model and connectors may start other programs.
    '    init: true',
    `    env_file: ${toJsonText(`./${folder}/.env`)}`,
    '    environment:',
    '      HOST: 0.0.0.0',
    `      PORT: "${PORT}"`,
    '      AGENT_TOKEN: ${AGENT_TOKEN:?set it to a long random text}',
    ...addresses,
    // Only the first agent takes requests from outside.
    ...(index === 0 ? ['    ports:', `      - "127.0.0.1:${PORT}:${PORT}"`] : []),
    '    restart: unless-stopped',
  ];
  return `${lines.join('\n')}\n`;
}
