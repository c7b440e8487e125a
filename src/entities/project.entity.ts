import { Check, Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import {
  PROJECT_STATUSES,
  type EventError,
  type ProjectStatus,
  type BatchId,
  type ProjectId,
  type StoryRunId,
} from '../protocol';
import { bigintNumber } from './bigint-number';
import { oneOf } from './one-of';
import type { RunSettings } from './run-settings';
import { errorColumn, recordColumn } from './stored-error';

/** One story that is made or to be made. Removing it removes every row that belongs to it. Glossary: project. */
@Entity('projects')
@Index('projects_status_idx', ['status', 'updatedAt'])
@Check('projects_status_check', oneOf('status', PROJECT_STATUSES))
@Index('projects_batch_position_key', ['batchId', 'batchPosition'], { unique: true })
export class Project {
  @PrimaryGeneratedColumn('uuid')
  id: ProjectId;

  @Column('text')
  name: string;

  @Column('text')
  topic: string;

  @Column('text', { default: 'draft' })
  status: ProjectStatus;

  @Column('text', { nullable: true })
  owner: string | null;

  @Column('jsonb', { default: {}, transformer: recordColumn })
  settings: Record<string, unknown>;

  /**
   * The most that the project may cost in all its runs, in the currency of the providers' prices; null means no limit.
   */
  @Column('double precision', { nullable: true })
  budget: number | null;

  /** The story run id of the last run. */
  @Column('text', { name: 'run_id', nullable: true })
  runId: StoryRunId | null;

  /** The fence of the step that opened the last run; late steps of older runs can write nothing. */
  @Column('bigint', { name: 'run_fence', default: 0, transformer: bigintNumber })
  runFence: number;

  /** The fence of the step that wrote the status last, of those that publish it; an older attempt at one is late. */
  @Column('bigint', { name: 'status_fence', default: 0, transformer: bigintNumber })
  statusFence: number;

  /** The settings that opened the last run; null if there was none, or only one of an earlier release. */
  @Column('jsonb', { name: 'run_settings', nullable: true })
  runSettings: RunSettings | null;

  /** Why the last run failed or waits for a person. */
  @Column('jsonb', { nullable: true, transformer: errorColumn })
  error: EventError | null;

  /** Grows with every edit by a person, so that an editor notices another person's edit. */
  @Column('int', { default: 1 })
  version: number;

  /** Tokens that were made at another epoch count no more. */
  @Column('int', { name: 'token_epoch', default: 0 })
  tokenEpoch: number;

  /** The batch that it was last put into, and its place in that batch's order, from 1. */
  @Column('text', { name: 'batch_id', nullable: true })
  batchId: BatchId | null;

  @Column('int', { name: 'batch_position', nullable: true })
  batchPosition: number | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt: Date | null;
}
