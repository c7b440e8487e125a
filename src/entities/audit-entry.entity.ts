import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Who has changed what over HTTP. It holds no texts; rows are only added. */
@Entity('audit')
export class AuditEntry {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: string;

  @CreateDateColumn({ type: 'timestamptz' })
  at: Date;

  @Column('text', { nullable: true })
  owner: string | null;

  /** Null if no credential was needed. */
  @Column('text', { nullable: true })
  credential: string | null;

  /** Method and route: `POST /v1/projects/:id/start`. */
  @Column('text')
  action: string;

  @Column('text', { nullable: true })
  project: string | null;

  @Column('text', { nullable: true })
  lane: string | null;

  @Column('int', { name: 'version_before', nullable: true })
  versionBefore: number | null;

  @Column('int', { name: 'version_after', nullable: true })
  versionAfter: number | null;

  @Column('int')
  status: number;

  /** The type of the failure, if the action failed. */
  @Column('text', { nullable: true })
  code: string | null;

  @Column('text', { name: 'request_id' })
  requestId: string;
}
