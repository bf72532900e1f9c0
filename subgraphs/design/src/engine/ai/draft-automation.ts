/** Who does what, as an AI model proposes it: what belongs to people stays with them. */
import { activityTitle } from '../../modules/definition/activities.ts';
import type { Automation, Judgement } from '../../modules/definition/automation-cut.ts';
import { asSentence, plainName } from '../../modules/definition/plain-text.ts';
import type { ProcessModel } from '../../modules/process-model/process-model.ts';
import type { DesignAnswer } from './design-answer.ts';

export interface AutomationInput {
  readonly processModel: ProcessModel;
  /** By rules, with what people asked for. */
  readonly automation: Automation;
  /** Keys as the answer has them, to the agents that were taken. */
  readonly keys: ReadonlyMap<string, string>;
  readonly reject: (subject: string, reason: string) => void;
}

export interface DraftedAutomation {
  readonly automation: Automation;
  /** The agent that does or helps with an activity. */
  readonly owners: ReadonlyMap<string, string>;
}

export function draftAutomation(
  decisions: DesignAnswer['automation'],
  input: AutomationInput,
): DraftedAutomation {
  const activities = new Map(input.processModel.activities.map((activity) => [activity.id, activity]));
  const automation = new Map(input.automation);
  const owners = new Map<string, string>();
  for (const { activity: id, performer, agent, reason } of decisions) {
    const activity = activities.get(id);
    const ruled = input.automation.get(id);
    if (activity === undefined || ruled === undefined) {
      input.reject(`automation of ${plainName(id, 60)}`, 'There is no such activity.');
      continue;
    }
    const owner = input.keys.get(agent);
    if (owner !== undefined) owners.set(id, owner);
    else if (agent !== '') input.reject(`agent ${plainName(agent, 60)}`, 'The proposal has no such agent.');
    if (ruled.isFixed && performer !== ruled.performer) {
      const subject = `«${activityTitle(activity)}» by ${performer.toLowerCase()}`;
      input.reject(subject, ruled.reason);
    } else if (!ruled.isFixed) {
      automation.set(id, judgementOf(performer, reason, ruled));
    }
  }
  return { automation, owners };
}

function judgementOf(performer: Judgement['performer'], reason: string, ruled: Judgement): Judgement {
  const said = asSentence(plainName(reason, 300));
  return { performer, reason: said === '' ? ruled.reason : said, isFixed: false };
}
