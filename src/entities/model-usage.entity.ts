import { Column, CreateDateColumn, Entity, ForeignKey, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { bigintNumber } from './bigint-number';
import { Project } from './project.entity';

/** What one call to a model cost, waste included. Written once per call; a repeated write changes nothing. */
@Entity('model_usage')
@Unique('model_usage_call_key', ['projectId', 'lane', 'fence', 'attempt'])
export class ModelUsage {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'model_usage_project_fkey', onDelete: 'CASCADE' })
  projectId: string;

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

  @Column('int', { name: 'input_tokens' })
  inputTokens: number;

  @Column('int', { name: 'output_tokens' })
  outputTokens: number;

  /** Tokens paid for that are in no settled result. */
  @Column('int', { name: 'wasted_tokens', default: 0 })
  wastedTokens: number;

  /** In the currency of the provider's prices; null where it has none. */
  @Column('double precision', { nullable: true })
  cost: number | null;

  /** The provider did not say, so the tokens were counted here. */
  @Column('boolean', { default: false })
  estimated: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
