import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  Index,
  PrimaryGeneratedColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import { stageOfRole, type EventError, type ProjectId } from '../protocol';
import { bigintNumber } from './bigint-number';
import { oneOf } from './one-of';
import { Project } from './project.entity';
import { Scene } from './scene.entity';
import { errorColumn } from './stored-error';

/** `ambiguous_submit`: the provider may have accepted the job, and its id is unknown. */
const VIDEO_STATUSES = ['submitting', 'ambiguous_submit', 'submitted', 'completed', 'failed', 'cancelled'] as const;

/**
 * A clip, of a scene or of a whole project, and the paid job that makes it. The row is written before the job is requested and gets the
 * provider's job id right after. After a crash, the next attempt continues the same job and never pays for a second
 * one.
 */
@Entity('generated_videos')
@Index('generated_videos_sha256_idx', ['sha256'])
@Unique('generated_videos_scene_key', ['sceneId', 'stage'])
@Index('generated_videos_project_key', ['projectId', 'stage'], { unique: true, where: 'scene_id IS NULL' })
@Index('generated_videos_project_idx', ['projectId'])
@Check('generated_videos_status_check', oneOf('status', VIDEO_STATUSES))
export class GeneratedVideo {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'generated_videos_project_fkey', onDelete: 'CASCADE' })
  projectId: ProjectId;

  @Column('text', { default: stageOfRole('clip').name })
  stage: string;

  /** Null of a stage that runs once in a project. */
  @Column('uuid', { name: 'scene_id', nullable: true })
  @ForeignKey(() => Scene, { name: 'generated_videos_scene_fkey', onDelete: 'CASCADE' })
  sceneId: string | null;

  @Column('text')
  status: (typeof VIDEO_STATUSES)[number];

  @Column('text', { name: 'input_hash' })
  inputHash: string;

  /** Grows when a job has failed and a new one is asked for. */
  @Column('int', { default: 1 })
  submission: number;

  @Column('text', { name: 'idempotency_key' })
  idempotencyKey: string;

  @Column('text')
  provider: string;

  @Column('text')
  model: string;

  /** Null while it is not known whether the provider took the job. */
  @Column('text', { name: 'provider_job_id', nullable: true })
  providerJobId: string | null;

  /** The ordered and paid length: the nearest that the model offers. */
  @Column('double precision', { name: 'ordered_seconds', nullable: true })
  orderedSeconds: number | null;

  @Column('text', { name: 'ordered_size', nullable: true })
  orderedSize: string | null;

  @Column('text', { nullable: true })
  sha256: string | null;

  @Column('text', { name: 'media_type', nullable: true })
  mediaType: string | null;

  @Column('int', { nullable: true })
  bytes: number | null;

  @Column('double precision', { name: 'duration_seconds', nullable: true })
  durationSeconds: number | null;

  @Column('bigint', { transformer: bigintNumber })
  fence: number;

  @Column('timestamptz', { name: 'submitted_at', nullable: true })
  submittedAt: Date | null;

  @Column('timestamptz', { name: 'completed_at', nullable: true })
  completedAt: Date | null;

  @Column('jsonb', { nullable: true, transformer: errorColumn })
  error: EventError | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
