import { Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A stage's prompt that replaces the one in the code. Old versions stay; at most one per stage is active. */
@Entity('prompt_templates')
@Unique('prompt_templates_stage_version_key', ['stage', 'version'])
@Index('prompt_templates_one_active_idx', ['stage'], { unique: true, where: '"active"' })
export class PromptTemplate {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('text')
  stage: string;

  @Column('int')
  version: number;

  @Column('text')
  system: string;

  @Column('text')
  user: string;

  @Column('boolean')
  active: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
