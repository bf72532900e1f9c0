/** README.md of a bundle with several agents: who they are and how they hand work over. */
import type { BundleInput } from './bundle.ts';
import type { BundleAgent } from './bundle-agent.ts';
import { plain, TARGET_NAMES, toDocument } from './readme.ts';

export function toTeamReadme({ title, target }: BundleInput, team: readonly BundleAgent[]): string {
  const rows = team.map(
    ({ agent, folder, handOffs }, index) =>
      `| [\`${folder}\`](${folder}/README.md) | ${plain(agent.name, 200)} | ${plain(agent.summary, 500)} | ${
        handOffs.map((handOff) => `\`${handOff.folder}\``).join(', ') || 'nobody'
      } | ${index === 0 ? 'yes' : 'no'} |`,
  );
  return toDocument([
    `# ${plain(title, 200) || 'Agents'}`,
    `${team.length} agents designed with Flowgrid. Each folder is a complete TypeScript project for the ${TARGET_NAMES[target]}, with a README of its own that says what is a stub.`,
    [
      '| Folder | Agent | What it does | Hands work to | Takes requests |',
      '| --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n'),
    HAND_OVER,
    RUN,
    FILES,
  ]);
}

const HAND_OVER = `## How they hand over

An agent that hands work to another has a tool for it, \`hand_off_to_<folder>\`: it sends the task to \`POST /message:send\` of the other
agent (A2A 1.0) with the token in its environment, and waits for the answer. So each agent runs, scales and is replaced by itself. What comes from
another agent is approved by nobody: a tool that needs a person's approval is refused there, and the answer says so. A task is handed
on five times at most.`;

const RUN = `## Run them together

\`\`\`sh
for project in */; do cp -n "$project.env.example" "$project.env"; done    # then fill them in
export AGENT_TOKEN="$(openssl rand -hex 32)"
docker compose up --build
\`\`\`

The first agent listens on port 8080 of this machine; the others are reached by the agents only.`;

const FILES = `## What else is here

| Path | What |
| --- | --- |
| \`process-model.json\` | the process that the agents were drawn from |
| \`agentspec.json\` | all of them as one Open Agent Spec 26.1.2 document |
| \`docker-compose.yml\` | how they run together |
| \`.github/workflows/ci.yml\` | checks every project |`;
