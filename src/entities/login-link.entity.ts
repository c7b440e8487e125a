import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A link by which one person signs in once. The link's token itself is not stored. */
@Entity('login_links')
export class LoginLink {
  /** SHA-256 of the token, in hexadecimal. */
  @PrimaryColumn('text')
  sha256: string;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
