import { Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** Who has changed what. It holds no texts. A row is added before its action, and ends once. */
@Entity('audit')
@Index('audit_project', ['project', 'id'])
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

  /** Who did it, in words: the name of the key, `cli`, or a name that the program has given. */
  @Column('text', { nullable: true })
  by: string | null;

  /** Method and route (`POST /v1/projects/:id/start`), or the client's method (`start`). */
  @Column('text')
  action: string;

  @Column('text', { nullable: true })
  project: string | null;

  @Column('text', { nullable: true })
  lane: string | null;

  /** What else was changed: a key, a token, a session or a batch, by its id. */
  @Column('text', { nullable: true })
  subject: string | null;

  @Column('int', { name: 'version_before', nullable: true })
  versionBefore: number | null;

  @Column('int', { name: 'version_after', nullable: true })
  versionAfter: number | null;

  /** As of an HTTP answer; 102 until the outcome is known. */
  @Column('int')
  status: number;

  /** The type of the failure, if the action failed. */
  @Column('text', { nullable: true })
  code: string | null;

  @Column('text', { name: 'request_id' })
  requestId: string;

  /** When the outcome was stored for good; null if the process ended before. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt: Date | null;
}
