import { Check, Column, CreateDateColumn, Entity, ForeignKey, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { ProjectId } from '../protocol';
import { bigintNumber } from './bigint-number';
import { oneOf } from './one-of';
import { Project } from './project.entity';

const USAGE_UNITS = ['token', 'image', 'second'] as const;
const USAGE_OUTCOMES = ['in_flight', 'useful', 'wasted'] as const;

/**
 * One paid call: an attempt at a text or an image, or one job for a clip, which several attempts may follow. The row is
 * written before the call, so that no payment is forgotten after a crash.
 */
@Entity('model_usage')
@Check('model_usage_unit_check', oneOf('unit', USAGE_UNITS))
@Check('model_usage_outcome_check', oneOf('outcome', USAGE_OUTCOMES))
@Unique('model_usage_call_key', ['projectId', 'lane', 'fence', 'attempt'])
export class ModelUsage {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'model_usage_project_fkey', onDelete: 'CASCADE' })
  projectId: ProjectId;

  /** The lane; of a scene that was removed, the stage and the scene's id. */
  @Column('text')
  lane: string;

  @Column('bigint', { transformer: bigintNumber })
  fence: number;

  @Column('int')
  attempt: number;

  @Column('text')
  provider: string;

  @Column('text')
  model: string;

  /** The unit that the provider charges for. */
  @Column('text', { default: 'token' })
  unit: (typeof USAGE_UNITS)[number];

  /** How many images or seconds; tokens have columns of their own. */
  @Column('double precision', { nullable: true })
  units: number | null;

  /** `in_flight` while the call is under way; what came of it, afterwards. */
  @Column('text', { default: 'useful' })
  outcome: (typeof USAGE_OUTCOMES)[number];

  @Column('int', { name: 'input_tokens' })
  inputTokens: number;

  @Column('int', { name: 'output_tokens' })
  outputTokens: number;

  /** Paid tokens that are in no committed result: all tokens of a wasted call. */
  @Column('int', { name: 'wasted_tokens', default: 0 })
  wastedTokens: number;

  /** The most that the call can cost. The budget counts it until the real cost is known. Null without prices. */
  @Column('double precision', { nullable: true })
  reserved: number | null;

  /** In the currency of the provider's prices; null if it has none. */
  @Column('double precision', { nullable: true })
  cost: number | null;

  @Column('double precision', { name: 'wasted_cost', default: 0 })
  wastedCost: number;

  /** The provider did not report the amount, so it was counted here. */
  @Column('boolean', { default: false })
  estimated: boolean;

  /** The idempotency key of the call, if the provider takes one. The job of a clip is found by it. */
  @Column('text', { name: 'idempotency_key', nullable: true })
  idempotencyKey: string | null;

  /** The attempt whose text this one continued: both texts are of use, or neither is. */
  @Column('bigint', { name: 'continues_fence', nullable: true, transformer: bigintNumber })
  continuesFence: number | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
