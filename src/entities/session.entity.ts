import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { ApiKey } from './api-key.entity';
import { ViewToken } from './view-token.entity';

/** A person who is signed in at a browser. The cookie itself is not stored. */
@Entity('sessions')
export class Session {
  /** The id is not secret; streams and the audit name the session by it. */
  @PrimaryColumn('text')
  id: string;

  /** SHA-256 of the cookie's value, in hexadecimal. */
  @Column('text', { unique: true })
  sha256: string;

  /** The key by which the person signed in; null: a login link, so the operator of the machine. */
  @Column('text', { name: 'key_id', nullable: true })
  keyId: string | null;

  @ManyToOne(() => ApiKey, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn({ name: 'key_id', foreignKeyConstraintName: 'sessions_key_id_fkey' })
  key: ApiKey | null;

  /** The token by which the person looks at one project; null: not by one. */
  @Column('text', { name: 'token_id', nullable: true })
  tokenId: string | null;

  @ManyToOne(() => ViewToken, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn({ name: 'token_id', foreignKeyConstraintName: 'sessions_token_id_fkey' })
  token: ViewToken | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** The last use, to the minute. */
  @Column('timestamptz', { name: 'used_at', default: () => 'now()' })
  usedAt: Date;
}
