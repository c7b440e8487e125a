import {
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  Index,
  PrimaryGeneratedColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import type { ProjectId } from '../protocol';
import { bigintNumber } from './bigint-number';
import { Project } from './project.entity';
import { Scene } from './scene.entity';

/** The settled result of a stage that has no table of its own: an image, or the text of a scene. */
@Entity('stage_results')
@Index('stage_results_sha256_idx', ['sha256'])
@Index('stage_results_project_idx', ['projectId'])
@Unique('stage_results_scene_key', ['sceneId', 'stage'])
@Index('stage_results_project_key', ['projectId', 'stage'], { unique: true, where: 'scene_id IS NULL' })
export class StageResult {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'stage_results_project_fkey', onDelete: 'CASCADE' })
  projectId: ProjectId;

  @Column('text')
  stage: string;

  /** Null of a stage that runs once in a project. */
  @Column('uuid', { name: 'scene_id', nullable: true })
  @ForeignKey(() => Scene, { name: 'stage_results_scene_fkey', onDelete: 'CASCADE' })
  sceneId: string | null;

  /** Set for a text. The content of an image lies in storage, under its hash. */
  @Column('text', { nullable: true })
  text: string | null;

  @Column('text')
  sha256: string;

  @Column('int')
  bytes: number;

  /** Set for an image, as are its width and height in pixels. */
  @Column('text', { name: 'media_type', nullable: true })
  mediaType: string | null;

  @Column('int', { nullable: true })
  width: number | null;

  @Column('int', { nullable: true })
  height: number | null;

  @Column('text')
  model: string;

  @Column('text', { name: 'input_hash' })
  inputHash: string;

  @Column('bigint', { transformer: bigintNumber })
  fence: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
