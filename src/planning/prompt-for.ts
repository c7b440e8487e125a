import type { EntityManager } from 'typeorm';
import { PromptTemplate } from '../entities';
import type { StageName } from '../protocol';
import type { PromptText } from '../stages';

/** The stage's active row of `prompt_templates`, or the prompt that comes with the code. */
export async function promptFor(manager: EntityManager, stage: StageName, fallback: PromptText): Promise<PromptText> {
  const row = await manager.findOneBy(PromptTemplate, { stage, active: true });
  return row ? { system: row.system, user: row.user } : fallback;
}
