/** The endpoints, each with the right that it needs. */
import type { Answer, GitHubRequest } from './answers.ts';
import type { Need } from './rights.ts';
import type { Account, GitHubState, Repository } from './state.ts';

export interface Call {
  readonly request: GitHubRequest;
  readonly state: GitHubState;
  readonly account: Account;
  /** What the pattern's groups matched. */
  readonly parts: readonly string[];
}

export interface RepositoryCall extends Call {
  readonly repository: Repository;
}

export interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly answer: (call: Call) => Answer;
}

export interface RepositoryRoute {
  readonly method: string;
  /** What comes after `/repos/owner/name`. */
  readonly pattern: RegExp;
  readonly need: Need;
  readonly answer: (call: RepositoryCall) => Answer;
}
