import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import type { ProjectId } from '../protocol';
import { Project } from './project.entity';

/** A token that shows one project to its holder. The token itself is not stored. */
@Entity('view_tokens')
@Index('view_tokens_project_idx', ['projectId'])
export class ViewToken {
  /** The token's `jti`. */
  @PrimaryColumn('text')
  id: string;

  @Column('uuid', { name: 'project_id' })
  projectId: ProjectId;

  @ManyToOne(() => Project, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'view_tokens_project_id_fkey' })
  project: Project;

  /** The purpose of the token, in the words of its maker. */
  @Column('text', { nullable: true })
  name: string | null;

  /** The project's `token_epoch` when it was made; another one ends it. */
  @Column('int')
  epoch: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt: Date | null;
}
