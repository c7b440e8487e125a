import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { STATUSES, type EventError, type LaneStatus } from '../protocol';
import { bigintNumber } from './bigint-number';
import { oneOf } from './one-of';
import { Project } from './project.entity';

/** The smallest unit that runs, fails and is retried by itself, and the fences that keep late writers out. */
@Entity('lanes')
@Index('lanes_project_status_idx', ['projectId', 'status'])
@Index('lanes_parked_idx', ['stage', 'finishedAt'], { where: "status = 'needs_attention'" })
@Check('lanes_status_check', oneOf('status', STATUSES))
export class Lane {
  @PrimaryColumn('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'lanes_project_fkey', onDelete: 'CASCADE' })
  projectId: string;

  /** `rewrite`, or `image_generation/3` for scene 3 of a per-scene stage. */
  @PrimaryColumn('text')
  lane: string;

  @Column('text')
  stage: string;

  @Column('int', { name: 'sequence_number', nullable: true })
  sequenceNumber: number | null;

  @Column('text', { default: 'pending' })
  status: LaneStatus;

  /** The newest attempt that claimed the lane. */
  @Column('bigint', { default: 0, transformer: bigintNumber })
  fence: number;

  /** The attempt whose result is stored. */
  @Column('bigint', { name: 'settled_fence', nullable: true, transformer: bigintNumber })
  settledFence: number | null;

  /** Of all that the settled result was made from. */
  @Column('text', { name: 'input_hash', nullable: true })
  inputHash: string | null;

  /** A hash of each part of that by its name, to tell what has changed. */
  @Column('jsonb', { nullable: true })
  inputs: Record<string, string> | null;

  /** A person has written the result: it counts as made from whatever its inputs are when it is next looked at. */
  @Column('boolean', { default: false })
  accepted: boolean;

  /** Under which a person has last claimed the lane, so that attempts that began before write nothing any more. */
  @Column('bigint', { name: 'edited_fence', nullable: true, transformer: bigintNumber })
  editedFence: number | null;

  /** That of the settled result, where a person has written it; any other where a model has made one since. */
  @Column('bigint', { name: 'written_fence', nullable: true, transformer: bigintNumber })
  writtenFence: number | null;

  /** Of what the newest attempt is making, or was when it was interrupted: only that can be gone on from. */
  @Column('text', { name: 'attempted_hash', nullable: true })
  attemptedHash: string | null;

  /** Of the settled result; what depends on it is made from this. */
  @Column('text', { name: 'result_hash', nullable: true })
  resultHash: string | null;

  /** The run whose viewers know the settled result; a stage's end is told after all of its lanes are. */
  @Column('text', { name: 'announced_run_id', nullable: true })
  announcedRunId: string | null;

  /** What people said was wrong with earlier results; part of what the lane is made from. Oldest first. */
  @Column('jsonb', { default: [] })
  feedback: string[];

  @Column('int', { default: 0 })
  attempt: number;

  @Column('jsonb', { nullable: true })
  error: EventError | null;

  /** What its attempt waits for while it is `processing`: an outage that costs nothing but time. */
  @Column('jsonb', { name: 'waits_for', nullable: true })
  waitsFor: EventError | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt: Date | null;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
