import { Check, Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import { FINAL_STATUSES, type EventError, type FinalStatus, type BatchId, type ProjectId } from '../protocol';
import { bigintNumber } from './bigint-number';
import { oneOf } from './one-of';
import { Project } from './project.entity';
import { errorColumn } from './stored-error';

/** How a run has ended. The transaction that ends the run writes it, and `numberOutcomes` gives it its position later. */
@Entity('outcomes')
@Check('outcomes_status_check', oneOf('status', FINAL_STATUSES))
@Index('outcomes_position_key', ['position'], { unique: true })
@Index('outcomes_execution_key', ['projectId', 'execution'], { unique: true })
@Index('outcomes_ended_idx', ['endedAt'])
@Index('outcomes_without_position_idx', ['id'], { where: '(position IS NULL)' })
export class Outcome {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  /** Its place among all outcomes; null until somebody reads them. */
  @Column('bigint', { nullable: true, transformer: bigintNumber })
  position: number | null;

  @Column('uuid', { name: 'project_id' })
  projectId: ProjectId;

  @ManyToOne(() => Project, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'outcomes_project_id_fkey' })
  project: Relation<Project>;

  /** Temporal's id of the execution that has ended: a run that a workflow reset has repeated ends once more. */
  @Column('text')
  execution: string;

  @Column('text', { name: 'run_id', nullable: true })
  runId: string | null;

  @Column('text', { nullable: true })
  owner: string | null;

  @Column('text', { name: 'batch_id', nullable: true })
  batchId: BatchId | null;

  @Column('text')
  status: FinalStatus;

  @Column('jsonb', { nullable: true, transformer: errorColumn })
  error: EventError | null;

  @CreateDateColumn({ name: 'ended_at', type: 'timestamptz' })
  endedAt: Date;
}
