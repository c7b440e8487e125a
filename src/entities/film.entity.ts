import { Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { ProjectId } from '../protocol';
import { bigintNumber } from './bigint-number';
import { Project } from './project.entity';

/** The finished film of a project. */
@Entity('films')
@Index('films_sha256_idx', ['sha256'])
@Unique('films_project_key', ['projectId'])
export class Film {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'films_project_fkey', onDelete: 'CASCADE' })
  projectId: ProjectId;

  @Column('text')
  sha256: string;

  @Column('text', { name: 'media_type' })
  mediaType: string;

  @Column('bigint', { transformer: bigintNumber })
  bytes: number;

  @Column('double precision', { name: 'duration_seconds' })
  durationSeconds: number;

  /** In pixels, as is the height. */
  @Column('int')
  width: number;

  @Column('int')
  height: number;

  @Column('int', { name: 'scene_count' })
  sceneCount: number;

  /** Numbers of the scenes that it shows by their image. */
  @Column('int', { array: true, default: [] })
  stills: number[];

  /** Numbers of the scenes that are not in it. */
  @Column('int', { name: 'missing_scenes', array: true, default: [] })
  missingScenes: number[];

  @Column('text', { name: 'input_hash' })
  inputHash: string;

  @Column('bigint', { transformer: bigintNumber })
  fence: number;

  /** The key in storage, relative to its root. */
  @Column('text')
  path: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
