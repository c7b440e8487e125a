import { Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { ProjectId } from '../protocol';
import { bigintNumber } from './bigint-number';
import { Project } from './project.entity';
import { Scene } from './scene.entity';

/** The committed image of a scene. The picture itself is in storage, under its hash. */
@Entity('generated_images')
@Index('generated_images_sha256_idx', ['sha256'])
@Unique('generated_images_scene_key', ['sceneId'])
@Index('generated_images_project_idx', ['projectId'])
export class GeneratedImage {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'generated_images_project_fkey', onDelete: 'CASCADE' })
  projectId: ProjectId;

  @Column('uuid', { name: 'scene_id' })
  @ForeignKey(() => Scene, { name: 'generated_images_scene_fkey', onDelete: 'CASCADE' })
  sceneId: string;

  @Column('text')
  sha256: string;

  @Column('text', { name: 'media_type' })
  mediaType: string;

  @Column('int')
  bytes: number;

  /** Width and height are in pixels. */
  @Column('int')
  width: number;

  @Column('int')
  height: number;

  @Column('text')
  prompt: string;

  @Column('text')
  model: string;

  @Column('text', { name: 'input_hash' })
  inputHash: string;

  @Column('bigint', { transformer: bigintNumber })
  fence: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
