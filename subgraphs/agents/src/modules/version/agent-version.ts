import type { Actor } from '@flowgrid/access';
import { invalidInput } from '@flowgrid/platform';
import type { Agent } from '../agent/agent.ts';

/** A version of an agent without its definition, which may be large and is read where it is asked for. */
export interface AgentVersion {
  readonly id: string;
  readonly agentId: string;
  /** Counts the versions of the agent from 1, without gaps. */
  readonly number: number;
  /** SHA-256 of the definition as canonical JSON, in hex. */
  readonly digest: string;
  readonly note: string | null;
  readonly author: Actor;
  readonly parentNumber: number | null;
  readonly restoredFrom: number | null;
  readonly createdAt: Date;
}

/** Which version of which agent. */
export interface VersionKey {
  readonly agentId: string;
  readonly number: number;
}

/** Throws `InvalidInput` at the path when the agent has no version of that number. */
export function requireNumber(agent: Agent, number: number, path: readonly string[]): void {
  if (number >= 1 && number <= agent.latestNumber) return;
  throw invalidInput('INVALID', `There is no version ${number}; the latest is ${agent.latestNumber}.`, path);
}
