import type { DataSource } from 'typeorm';
import { ModelUsage } from '../../entities';
import type { ProjectId } from '../../protocol';

/** One paid call: an attempt at a text or an image, or one job for a clip. */
export interface PaidCall {
  /** If the scene was removed, the name has the scene's id in place of its number. */
  readonly lane: string;
  readonly attempt: number;
  readonly fence: number;
  readonly provider: string;
  readonly model: string;
  /** What the provider charges for, and how much of it; tokens are counted one by one. */
  readonly unit: 'token' | 'image' | 'second';
  readonly units?: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** `in_flight` while it is under way; `wasted` if nothing of it is in a stored result. */
  readonly outcome: 'in_flight' | 'useful' | 'wasted';
  /** In the currency of the prices; absent if no price is known, or the call is under way. */
  readonly cost?: number;
  /** The part of `cost` that is in no stored result. */
  readonly wastedCost?: number;
  /** What the call may cost at most, while it is under way. */
  readonly reserved?: number;
  /** The provider did not report the amount, so it was counted here. */
  readonly estimated?: true;
  readonly at: Date;
}

/** Every paid call of a project, in the order in which they began. Empty if there is no such project. */
export async function paidCalls(dataSource: DataSource, projectId: ProjectId): Promise<PaidCall[]> {
  const rows = await dataSource
    .getRepository(ModelUsage)
    .find({ where: { projectId }, order: { createdAt: 'ASC', fence: 'ASC', attempt: 'ASC' } });
  return rows.map((row) => {
    const isOver = row.outcome !== 'in_flight';
    return {
      lane: row.lane,
      attempt: row.attempt,
      fence: row.fence,
      provider: row.provider,
      model: row.model,
      unit: row.unit,
      ...(row.units !== null && { units: row.units }),
      inputTokens: row.inputTokens,
      outputTokens: row.outputTokens,
      outcome: row.outcome,
      ...(isOver && row.cost !== null && { cost: row.cost }),
      ...(isOver && row.wastedCost > 0 && { wastedCost: row.wastedCost }),
      ...(!isOver && row.reserved !== null && { reserved: row.reserved }),
      ...(row.estimated && { estimated: true as const }),
      at: row.createdAt,
    };
  });
}
