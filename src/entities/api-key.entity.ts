import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A key by which a program uses the HTTP gateway. The key itself is not stored. */
@Entity('api_keys')
export class ApiKey {
  /** The part of the key by which it is found. */
  @PrimaryColumn('text')
  id: string;

  /** SHA-256 of the whole key, in hexadecimal. */
  @Column('text')
  sha256: string;

  @Column('text')
  name: string;

  /** Null: an operator's, for all projects. */
  @Column('text', { nullable: true })
  owner: string | null;

  @Column('text', { array: true })
  scopes: string[];

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt: Date | null;

  /** The last use, to the minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt: Date | null;
}
