import { GENERIC_HOOKS } from './generic.ts';
import { GITHUB_HOOKS } from './github.ts';
import type { HookDialect, HookKind } from './hook-dialect.ts';
import { JIRA_HOOKS } from './jira.ts';
import { SERVICENOW_HOOKS } from './servicenow.ts';

export const HOOK_DIALECTS: Readonly<Record<HookKind, HookDialect>> = {
  GITHUB: GITHUB_HOOKS,
  JIRA: JIRA_HOOKS,
  SERVICENOW: SERVICENOW_HOOKS,
  GENERIC: GENERIC_HOOKS,
};
