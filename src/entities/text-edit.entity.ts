import { Column, CreateDateColumn, Entity, ForeignKey, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { LaneId, ProjectId } from '../protocol';
import { bigintNumber } from './bigint-number';
import { Project } from './project.entity';

/** A text that a person has put in place of another one: the proof of who wrote what of it. */
@Entity('text_edits')
@Unique('text_edits_fence_key', ['projectId', 'lane', 'fenceAfter'])
export class TextEdit {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'text_edits_project_fkey', onDelete: 'CASCADE' })
  projectId: ProjectId;

  /** The lane's name at that time; lanes move with their scenes. */
  @Column('text')
  lane: LaneId;

  /** The version of the project after the edit. */
  @Column('int')
  version: number;

  @Column('text', { nullable: true })
  by: string | null;

  @Column('bigint', { name: 'fence_before', transformer: bigintNumber })
  fenceBefore: number;

  @Column('bigint', { name: 'fence_after', transformer: bigintNumber })
  fenceAfter: number;

  /** Bytes of UTF-8 at the beginning that both texts have. */
  @Column('int', { name: 'common_prefix_bytes' })
  commonPrefixBytes: number;

  @Column('text', { name: 'sha256_before' })
  sha256Before: string;

  @Column('text', { name: 'sha256_after' })
  sha256After: string;

  /** The whole text that was replaced. */
  @Column('text', { name: 'previous_text' })
  previousText: string;

  /** The new text, if the model continues it: the log may lose it. */
  @Column('text', { name: 'partial_text', nullable: true })
  partialText: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
