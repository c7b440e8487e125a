import {
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  PrimaryGeneratedColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import type { ProjectId } from '../protocol';
import { Project } from './project.entity';

/** One scene of the storyboard. Removing it removes its image, camera move and clip. Glossary: scene. */
@Entity('storyboards')
@Unique('storyboards_project_sequence_key', ['projectId', 'sequenceNumber'])
export class Scene {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'storyboards_project_fkey', onDelete: 'CASCADE' })
  projectId: ProjectId;

  /** The scene number, from 1. */
  @Column('int', { name: 'sequence_number' })
  sequenceNumber: number;

  @Column('text')
  narration: string;

  @Column('text', { name: 'visual_prompt' })
  visualPrompt: string;

  @Column('text', { name: 'shot_type' })
  shotType: string;

  @Column('double precision', { name: 'duration_seconds' })
  durationSeconds: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
