import { createHash, randomBytes } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { LoginLink, Session } from '../../entities';
import { isScope, SCOPES, StoryreelError, type ProjectId, type Scope } from '../../protocol';
import { changeRows, ifDone } from './acting';
import type { Audit } from './audit';
import { readInput } from '../inputs';
import { VALID_TOKEN } from './view-tokens';

/** A session is valid for 12 hours after its last use, and for 7 days at most. */
export const SESSION_SECONDS = 7 * 86_400;
const LOGIN_SECONDS = 60;
const VALID = `s.created_at > now() - interval '${SESSION_SECONDS} seconds' AND s.used_at > now() - interval '12 hours'
  AND (s.key_id IS NULL OR (k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())))
  AND (s.token_id IS NULL OR (${VALID_TOKEN}))`;
const EXPIRES = `least(s.created_at + interval '${SESSION_SECONDS} seconds', k.expires_at, t.expires_at)`;
/** Who signed in with a login link. */
const OPERATOR = 'operator';
const JOINED = `sessions s LEFT JOIN api_keys k ON k.id = s.key_id
  LEFT JOIN view_tokens t ON t.id = s.token_id LEFT JOIN projects p ON p.id = t.project_id`;

/** A session of a browser, without its secret. */
export interface SessionView {
  readonly id: string;
  /** The session gives access to this owner's projects only; without an owner, to all projects. */
  readonly owner?: string;
  readonly scopes: readonly Scope[];
  /** The name of the key by which the person signed in. */
  readonly name?: string;
  /** The one project that the session shows; absent: all projects of the owner. */
  readonly only?: ProjectId;
  /** When it ends at the latest. */
  readonly expiresAt: Date;
}

/** A session in a list. It began with a key, with a token, or with a login link (neither). */
export interface ListedSession {
  readonly id: string;
  readonly keyId?: string;
  readonly tokenId?: string;
  /** The name of the key or token. */
  readonly name?: string;
  readonly owner?: string;
  readonly project?: ProjectId;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

interface ListedRow {
  readonly id: string;
  readonly key_id: string | null;
  readonly token_id: string | null;
  readonly name: string | null;
  readonly owner: string | null;
  readonly project_id: ProjectId | null;
  readonly created_at: Date;
  readonly used_at: Date;
  readonly expires_at: Date;
}

interface SessionRow {
  readonly id: string;
  readonly owner: string | null;
  readonly scopes: string[] | null;
  readonly name: string | null;
  readonly project_id: ProjectId | null;
  readonly expires_at: Date;
}

/** Who is signed in at a browser. Only hashes are stored: 256 random bits need no slow one. */
export class Sessions {
  /** @internal */
  constructor(
    private readonly dataSource: DataSource,
    /** Whatever goes wrong leaves as a `StoryreelError`. */
    private readonly run: <T>(work: () => Promise<T>) => Promise<T>,
    private readonly audit: Pick<Audit, 'act'>,
  ) {}

  /**
   * Creates a token that signs the operator in, once, within a minute. Anyone with access to the database is the
   * operator.
   */
  createLoginToken(): Promise<string> {
    return this.run(async () => {
      const token = randomBytes(32).toString('base64url');
      await this.dataSource.query('DELETE FROM login_links WHERE expires_at < now()');
      const expiresAt = () => `now() + interval '${LOGIN_SECONDS} seconds'`;
      const insert = (manager: EntityManager) => manager.insert(LoginLink, { sha256: sha256(token), expiresAt });
      await this.audit.act('sessions.login', {}, () => changeRows(this.dataSource, insert));
      return token;
    });
  }

  /** Uses a login token up. Resolves with false if it is not valid. Of two calls at the same time, one gets true. */
  takeLoginToken(token: string): Promise<boolean> {
    return this.run(async () => {
      const [rows] = await this.dataSource.query<[unknown[], number]>(
        'DELETE FROM login_links WHERE sha256 = $1 AND expires_at > now() RETURNING sha256',
        [sha256(readInput('the secret', token))],
      );
      return rows.length > 0;
    });
  }

  /** Begins a session of an API key or of a token, or of the operator. The secret is in this answer and nowhere else. */
  create(
    by: { readonly keyId?: string; readonly tokenId?: string } = {},
  ): Promise<{ readonly secret: string; readonly session: SessionView }> {
    return this.run(async () => {
      const begun = readInput('the session', by);
      const secret = randomBytes(32).toString('base64url');
      // The table holds no more than what was used within a week.
      await this.dataSource.query(`DELETE FROM sessions WHERE used_at < now() - interval '12 hours'`);
      await this.dataSource
        .getRepository(Session)
        .insert({ id: randomBytes(8).toString('hex'), sha256: sha256(secret), ...begun });
      const session = await this.validSession(secret);
      if (!session) throw new StoryreelError('Request.Unauthenticated', 'The credential was revoked in this moment.');
      return { secret, session };
    });
  }

  /** The session of this secret; undefined if it is not valid. */
  find(secret: string): Promise<SessionView | undefined> {
    return this.run(async () => {
      const session = await this.validSession(readInput('the secret', secret));
      if (!session) return undefined;
      await this.dataSource.query(
        `UPDATE sessions SET used_at = now() WHERE id = $1 AND used_at < now() - interval '1 minute'`,
        [session.id],
      );
      return session;
    });
  }

  /** Ends a session; its open streams end within a second. Resolves with false if there is no such session. */
  revoke(id: string): Promise<boolean> {
    return this.run(() => {
      const subject = readInput('the name', id);
      const remove = async (manager: EntityManager) =>
        ((await manager.delete(Session, { id: subject })).affected ?? 0) > 0;
      return this.audit.act('sessions.revoke', { subject }, () => changeRows(this.dataSource, remove, ifDone));
    });
  }

  /** The valid sessions, oldest first. */
  list(): Promise<ListedSession[]> {
    return this.run(async () => {
      const rows = await this.dataSource.query<ListedRow[]>(
        `SELECT s.id, s.created_at, s.used_at, s.key_id, s.token_id, t.project_id, coalesce(k.owner, p.owner) AS owner,
           coalesce(k.name, t.name) AS name, ${EXPIRES} AS expires_at
         FROM ${JOINED} WHERE ${VALID} ORDER BY s.created_at, s.id`,
      );
      return rows.map((row) => ({
        id: row.id,
        createdAt: row.created_at,
        lastUsedAt: row.used_at,
        expiresAt: row.expires_at,
        ...(row.key_id !== null && { keyId: row.key_id }),
        ...(row.token_id !== null && { tokenId: row.token_id }),
        ...(row.project_id !== null && { project: row.project_id }),
        ...(row.owner !== null && { owner: row.owner }),
        ...(row.name !== null && { name: row.name }),
      }));
    });
  }

  /** Those of the given ids whose sessions are not valid, or do not exist. */
  findInvalid(ids: readonly string[]): Promise<string[]> {
    return this.run(async () => {
      const rows = await this.dataSource.query<{ id: string }[]>(
        `SELECT s.id FROM ${JOINED} WHERE s.id = ANY($1) AND ${VALID}`,
        [readInput('the names', ids)],
      );
      return ids.filter((id) => !rows.some((row) => row.id === id));
    });
  }

  private async validSession(secret: string): Promise<SessionView | undefined> {
    const [row] = await this.dataSource.query<SessionRow[]>(
      `SELECT s.id, k.owner, k.scopes, k.name, t.project_id, ${EXPIRES} AS expires_at
       FROM ${JOINED} WHERE s.sha256 = $1 AND ${VALID}`,
      [sha256(secret)],
    );
    if (!row) return undefined;
    const { id, owner, scopes, name, project_id: only, expires_at: expiresAt } = row;
    if (only !== null) return { id, scopes: ['read'], only, expiresAt };
    return {
      id,
      name: name ?? OPERATOR,
      ...(owner !== null && { owner }),
      scopes: scopes?.filter(isScope) ?? SCOPES,
      expiresAt,
    };
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
