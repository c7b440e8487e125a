import { Check, Column, Entity, ForeignKey, PrimaryGeneratedColumn, Unique, UpdateDateColumn } from 'typeorm';
import { STATUSES, type EventError, type LaneStatus, type ProjectId } from '../protocol';
import { bigintNumber } from './bigint-number';
import { oneOf } from './one-of';
import { Project } from './project.entity';
import { errorColumn } from './stored-error';

/**
 * A stage of a project as a whole; for a text stage also its committed text. The stage's name has no CHECK, so that a
 * new stage needs no migration.
 */
@Entity('project_stages')
@Unique('project_stages_project_stage_key', ['projectId', 'stage'])
@Check('project_stages_status_check', oneOf('status', STATUSES))
export class ProjectStage {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'project_stages_project_fkey', onDelete: 'CASCADE' })
  projectId: ProjectId;

  @Column('text')
  stage: string;

  @Column('text', { default: 'pending' })
  status: LaneStatus;

  @Column('text', { nullable: true })
  text: string | null;

  /** SHA-256 of the text's UTF-8, in hex. */
  @Column('text', { nullable: true })
  sha256: string | null;

  @Column('int', { name: 'text_bytes', nullable: true })
  textBytes: number | null;

  /** The attempt that wrote last; a write under an older one is refused. */
  @Column('bigint', { default: 0, transformer: bigintNumber })
  fence: number;

  @Column('int', { default: 0 })
  attempt: number;

  /** The step that has made the last rejection of the stage: each makes one. */
  @Column('text', { name: 'rejected_by', nullable: true })
  rejectedBy: string | null;

  @Column('jsonb', { nullable: true, transformer: errorColumn })
  error: EventError | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt: Date | null;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
