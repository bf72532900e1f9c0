/** Paragraphs of a README that are the same for every agent. */
import type { CodeTarget } from '../session/session.ts';

function run(key: string, note: string): string {
  return `## Run it

\`\`\`sh
npm ci
cp .env.example .env    # then fill in ${key} and AGENT_TOKEN
npm run ask -- "what to do"
npm start               # the HTTP server
\`\`\`

| Command | Does |
| --- | --- |
| \`npm run check\` | types, lint and tests |
| \`npm run build\` | writes \`dist/\` |
| \`npm run dev\` | the server from the sources, started again when one changes |
| \`npm run mcp\` | serves the tools over MCP on standard input and output, for any other framework |
| \`npm run eval\` | the cases with the real model; costs money |

${note}`;
}

export const RUN: Readonly<Record<CodeTarget, string>> = {
  CLAUDE_AGENT_SDK: run(
    'ANTHROPIC_API_KEY',
    `The SDK brings a program for your platform as an optional dependency: do not install with \`--omit=optional\`. The SDK is
under its maker's commercial terms.`,
  ),
  OPENAI_AGENTS_SDK: run(
    'OPENAI_API_KEY',
    `Traces are switched off and answers are not stored by the provider (\`src/agent.ts\`). The declarations of the SDK do not
pass \`exactOptionalPropertyTypes\`, which is therefore not set.`,
  ),
};

export const SERVER = `## The server

| Path | What |
| --- | --- |
| \`GET /livez\`, \`GET /readyz\` | health |
| \`GET /.well-known/agent-card.json\` | the A2A 1.0 card; \`PUBLIC_URL\` says where the agent is reached |
| \`POST /invoke\` | \`{ "input": "...", "approvedTools": ["..."] }\` gives \`{ "output", "toolCalls", "toolsToApprove" }\` |
| \`POST /message:send\` | the same for other agents, by A2A 1.0 over HTTP and JSON |

The last two want \`Authorization: Bearer\` with \`AGENT_TOKEN\`. A tool that needs approval runs only when \`approvedTools\` names it;
otherwise it is refused and named in \`toolsToApprove\`, for a person to decide and the caller to ask again. \`Dockerfile\` builds an
image that runs as an ordinary user. Put TLS and rate limits before it.`;

export const LAYOUT = `## What is where

| Path | What |
| --- | --- |
| \`prompts/instructions.md\` | the instructions; read for each task, edit them freely |
| \`src/agent.ts\` | the agent: the only file that knows the framework |
| \`src/run-tools.ts\` | the gate before every tool: types, approval, time limit, errors |
| \`src/tools/\` | one file per tool |
| \`src/connectors/\` | the systems behind the tools |
| \`src/mcp.ts\` | the tools as an MCP server |
| \`mcp-servers.json\` | tools of other MCP servers: \`{ "mcpServers": { "name": { "url" or "command", "tools": ["..."], "requireApproval": true } } }\`; \`\${NAME}\` in headers and env is read from the environment |
| \`src/server.ts\`, \`src/a2a.ts\` | the HTTP server |
| \`src/config.ts\` | name, model and limits |
| \`tests/\`, \`evals/\` | see below |
| \`agent.json\` | the definition as Flowgrid keeps it |
| \`agent-card.json\` | A2A 1.0 |
| \`agentspec.json\` | Open Agent Spec 26.1.2 |
| \`.env.example\` | every variable |`;
