import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { STATUSES, type EventError, type LaneStatus, type LaneId, type ProjectId, type StoryRunId } from '../protocol';
import { bigintNumber } from './bigint-number';
import { oneOf } from './one-of';
import { Project } from './project.entity';
import { errorColumn, textsColumn } from './stored-error';

/** The smallest unit that runs, fails and is retried separately, and the fences that reject late writers. */
@Entity('lanes')
@Index('lanes_project_status_idx', ['projectId', 'status'])
@Index('lanes_parked_idx', ['stage', 'finishedAt'], { where: "status = 'needs_attention'" })
@Check('lanes_status_check', oneOf('status', STATUSES))
export class Lane {
  @PrimaryColumn('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'lanes_project_fkey', onDelete: 'CASCADE' })
  projectId: ProjectId;

  /** `rewrite`, or `image_generation/3` for scene 3 of a per-scene stage. */
  @PrimaryColumn('text')
  lane: LaneId;

  @Column('text')
  stage: string;

  @Column('int', { name: 'sequence_number', nullable: true })
  sequenceNumber: number | null;

  @Column('text', { default: 'pending' })
  status: LaneStatus;

  /** The newest attempt that claimed the lane. */
  @Column('bigint', { default: 0, transformer: bigintNumber })
  fence: number;

  /** The fence of the attempt whose result is stored. */
  @Column('bigint', { name: 'settled_fence', nullable: true, transformer: bigintNumber })
  settledFence: number | null;

  /** Hash of all inputs of the committed result. */
  @Column('text', { name: 'input_hash', nullable: true })
  inputHash: string | null;

  /** A hash of each input by its name, to find out what has changed. */
  @Column('jsonb', { nullable: true })
  inputs: Record<string, string> | null;

  /** A person has written the result. The next check takes the inputs that it finds as the inputs of this result. */
  @Column('boolean', { name: 'accepts_inputs', default: false })
  acceptsInputs: boolean;

  /** Fence of the last manual edit; null if an attempt has begun anew since. Attempts with a lower fence are rejected. */
  @Column('bigint', { name: 'edited_fence', nullable: true, transformer: bigintNumber })
  editedFence: number | null;

  /** Equal to `settled_fence` if a person has written the committed result; different if a model has made one since. */
  @Column('bigint', { name: 'written_fence', nullable: true, transformer: bigintNumber })
  writtenFence: number | null;

  /** Input hash of the newest attempt's result. Only a text with the same hash can be continued. */
  @Column('text', { name: 'in_progress_input_hash', nullable: true })
  inProgressInputHash: string | null;

  /** The fence of the attempt that began the unfinished text. Later attempts that continue it leave this as it is. */
  @Column('bigint', { name: 'begun_fence', nullable: true, transformer: bigintNumber })
  begunFence: number | null;

  /** Hash of the committed result; an input of the lanes that depend on it. */
  @Column('text', { name: 'result_hash', nullable: true })
  resultHash: string | null;

  /** The run that has announced the committed result. A stage's end is announced after all its lanes. */
  @Column('text', { name: 'announced_run_id', nullable: true })
  announcedRunId: StoryRunId | null;

  /** The reasons that people gave for rejecting earlier results, oldest first; an input of the lane. */
  @Column('jsonb', { default: [], transformer: textsColumn })
  feedback: string[];

  @Column('int', { default: 0 })
  attempt: number;

  @Column('jsonb', { nullable: true, transformer: errorColumn })
  error: EventError | null;

  /** The outage that the attempt waits for while the lane is `processing`; it costs nothing but time. */
  @Column('jsonb', { name: 'waits_for', nullable: true, transformer: errorColumn })
  waitsFor: EventError | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt: Date | null;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
