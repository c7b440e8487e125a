import { createHash, randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { LoginLink, Session } from '../entities';
import { StoryreelError, type ProjectId } from '../protocol';
import { SCOPES, type Scope } from './api-keys';
import { TOKEN_SOUND } from './view-tokens';

/** A session counts for 12 hours after its last use, and for 7 days at most. */
export const SESSION_SECONDS = 7 * 86_400;
const LOGIN_SECONDS = 60;
const SOUND = `s.created_at > now() - interval '${SESSION_SECONDS} seconds' AND s.used_at > now() - interval '12 hours'
  AND (s.key_id IS NULL OR (k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())))
  AND (s.token_id IS NULL OR (${TOKEN_SOUND}))`;
const JOINED = `sessions s LEFT JOIN api_keys k ON k.id = s.key_id
  LEFT JOIN view_tokens t ON t.id = s.token_id LEFT JOIN projects p ON p.id = t.project_id`;

export interface SessionView {
  readonly id: string;
  /** The session gives access to this owner's projects only; without an owner, to all projects. */
  readonly owner?: string;
  readonly scopes: readonly Scope[];
  /** The one project that the session shows; absent: all projects of the owner. */
  readonly only?: ProjectId;
  /** When it ends at the latest. */
  readonly expiresAt: Date;
}

interface SessionRow {
  readonly id: string;
  readonly owner: string | null;
  readonly scopes: Scope[] | null;
  readonly project_id: ProjectId | null;
  readonly expires_at: Date;
}

/** Who is signed in at a browser. Only hashes are stored: 256 random bits need no slow one. */
export class Sessions {
  constructor(
    private readonly dataSource: DataSource,
    /** Whatever goes wrong leaves as a `StoryreelError`. */
    private readonly run: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  /**
   * Creates a token that signs the operator in, once, within a minute. Anyone with access to the database is the
   * operator.
   */
  createLoginToken(): Promise<string> {
    return this.run(async () => {
      const token = randomBytes(32).toString('base64url');
      await this.dataSource.query('DELETE FROM login_links WHERE expires_at < now()');
      await this.dataSource.getRepository(LoginLink).insert({
        sha256: sha256(token),
        expiresAt: () => `now() + interval '${LOGIN_SECONDS} seconds'`,
      });
      return token;
    });
  }

  /** Uses a login token up. Resolves with false if it is not valid. Of two calls at the same time, one gets true. */
  takeLoginToken(token: string): Promise<boolean> {
    return this.run(async () => {
      const [rows] = await this.dataSource.query<[unknown[], number]>(
        'DELETE FROM login_links WHERE sha256 = $1 AND expires_at > now() RETURNING sha256',
        [sha256(token)],
      );
      return rows.length > 0;
    });
  }

  /** Begins a session of an API key or of a token, or of the operator. The secret is in this answer and nowhere else. */
  create(
    by: { readonly keyId?: string; readonly tokenId?: string } = {},
  ): Promise<{ readonly secret: string; readonly session: SessionView }> {
    return this.run(async () => {
      const secret = randomBytes(32).toString('base64url');
      // The table holds no more than what was used within a week.
      await this.dataSource.query(`DELETE FROM sessions WHERE used_at < now() - interval '12 hours'`);
      await this.dataSource
        .getRepository(Session)
        .insert({ id: randomBytes(8).toString('hex'), sha256: sha256(secret), ...by });
      const session = await this.sound(secret);
      if (!session) throw new StoryreelError('Request.Unauthenticated', 'The credential was revoked in this moment.');
      return { secret, session };
    });
  }

  /** The session of this secret, if it counts. */
  find(secret: string): Promise<SessionView | undefined> {
    return this.run(async () => {
      const session = await this.sound(secret);
      if (!session) return undefined;
      await this.dataSource.query(
        `UPDATE sessions SET used_at = now() WHERE id = $1 AND used_at < now() - interval '1 minute'`,
        [session.id],
      );
      return session;
    });
  }

  /** Ends a session; its open streams end within a second. */
  end(id: string): Promise<void> {
    return this.run(async () => {
      await this.dataSource.getRepository(Session).delete({ id });
    });
  }

  /** Those of the given sessions that are no longer valid. */
  gone(ids: readonly string[]): Promise<string[]> {
    return this.run(async () => {
      const rows = await this.dataSource.query<{ id: string }[]>(
        `SELECT s.id FROM ${JOINED} WHERE s.id = ANY($1) AND ${SOUND}`,
        [ids],
      );
      return ids.filter((id) => !rows.some((row) => row.id === id));
    });
  }

  private async sound(secret: string): Promise<SessionView | undefined> {
    const [row] = await this.dataSource.query<SessionRow[]>(
      `SELECT s.id, k.owner, k.scopes, t.project_id,
         least(s.created_at + interval '${SESSION_SECONDS} seconds', k.expires_at, t.expires_at) AS expires_at
       FROM ${JOINED} WHERE s.sha256 = $1 AND ${SOUND}`,
      [sha256(secret)],
    );
    if (!row) return undefined;
    const { id, owner, scopes, project_id: only, expires_at: expiresAt } = row;
    if (only !== null) return { id, scopes: ['read'], only, expiresAt };
    return { id, ...(owner !== null && { owner }), scopes: scopes ?? SCOPES, expiresAt };
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
