import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { In, type DataSource, type EntityManager } from 'typeorm';
import { ApiKey } from '../../entities';
import { isScope, SCOPES, type Scope } from '../../protocol';
import { changeRows, ifDone } from './acting';
import type { Audit } from './audit';
import { readInput, type Checked } from '../inputs';

/** What an API key is to be. */
export interface NewApiKey {
  readonly name: string;
  /** The key gives access to this owner's projects only; without an owner, to all projects. */
  readonly owner?: string;
  /** Default: all; of a key with an owner, all but `admin`. */
  readonly scopes?: readonly Scope[];
  /** Default: never. */
  readonly expiresInDays?: number;
}

/** An API key without its secret. */
export interface ApiKeyView {
  readonly id: string;
  readonly name: string;
  readonly owner?: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  readonly lastUsedAt?: Date;
  readonly revokedAt?: Date;
}

/** The form of a key, so that a key is recognised wherever it appears. */
const KEY = /^sr_([0-9a-f]{8})_[\w-]{43}$/;
const ANY_MS = 400;
const DAY_MS = 86_400_000;
const VALID = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())';

/** Keys of the HTTP gateway. Only hashes are stored: 256 random bits need no slow one. */
export class ApiKeys {
  private any: { readonly until: number; readonly answer: Promise<boolean> } | undefined;

  /** @internal */
  constructor(
    private readonly dataSource: DataSource,
    /** Whatever goes wrong leaves as a `StoryreelError`. */
    private readonly run: <T>(work: () => Promise<T>) => Promise<T>,
    private readonly audit: Pick<Audit, 'act'>,
  ) {}

  /** Makes a key. Its secret is in this answer and nowhere else. Throws `Project.Invalid`. */
  create(input: NewApiKey): Promise<ApiKeyView & { readonly secret: string }> {
    return this.run(async () => {
      const { name, owner, scopes, expiresInDays }: Checked<'the key'> = readInput('the key', input);
      const id = randomBytes(4).toString('hex');
      const secret = `sr_${id}_${randomBytes(32).toString('base64url')}`;
      const made = {
        id,
        name,
        owner: owner ?? null,
        sha256: sha256(secret).toString('hex'),
        scopes: [...(scopes ?? SCOPES.filter((scope) => owner === undefined || scope !== 'admin'))],
        expiresAt: expiresInDays === undefined ? null : new Date(Date.now() + expiresInDays * DAY_MS),
      };
      const row = await this.audit.act('keys.create', { subject: id }, () =>
        changeRows(this.dataSource, (manager) => manager.save(ApiKey, made)),
      );
      this.any = undefined;
      return { ...viewOf(row), secret };
    });
  }

  /** All keys, oldest first, also those that are no longer valid. */
  list(): Promise<ApiKeyView[]> {
    return this.run(async () => {
      const rows = await this.dataSource.getRepository(ApiKey).find({ order: { createdAt: 'ASC' } });
      return rows.map(viewOf);
    });
  }

  /**
   * Ends a key; its open streams end within a second. Takes the id, or the key itself, of which only the id is used and
   * recorded. Resolves with false if there is no such valid key.
   */
  revoke(id: string): Promise<boolean> {
    return this.run(() => {
      const given = readInput('the name', id);
      const subject = KEY.exec(given)?.[1] ?? given;
      const revoke = async (manager: EntityManager) => {
        const rows = await manager.query<unknown[][]>(
          'UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL RETURNING id',
          [subject],
        );
        return (rows[0]?.length ?? 0) > 0;
      };
      return this.audit.act('keys.revoke', { subject }, () => changeRows(this.dataSource, revoke, ifDone));
    });
  }

  /** The key of this secret; undefined if it is not valid. */
  find(secret: string): Promise<ApiKeyView | undefined> {
    return this.run(async () => {
      const id = KEY.exec(readInput('the secret', secret))?.[1];
      if (id === undefined) return undefined;
      const row = await this.dataSource
        .getRepository(ApiKey)
        .createQueryBuilder('k')
        .where(`k.id = :id AND ${VALID}`, { id })
        .getOne();
      const [stored, given] = [Buffer.from(row?.sha256 ?? '', 'hex'), sha256(secret)];
      if (!row || stored.length !== given.length || !timingSafeEqual(stored, given)) return undefined;
      await this.dataSource.query(
        `UPDATE api_keys SET last_used_at = now()
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
        [id],
      );
      return viewOf(row);
    });
  }

  /** Those of the given ids whose keys are not valid, or do not exist. */
  findInvalid(ids: readonly string[]): Promise<string[]> {
    return this.run(async () => {
      const valid = await this.dataSource
        .getRepository(ApiKey)
        .createQueryBuilder('k')
        .where({ id: In([...readInput('the names', ids)]) })
        .andWhere(VALID)
        .getMany();
      return ids.filter((id) => !valid.some((row) => row.id === id));
    });
  }

  /** Whether there is any valid key. The answer may be 0.4 seconds old. */
  hasAny(): Promise<boolean> {
    const now = performance.now();
    if (!this.any || now > this.any.until) {
      const answer = this.run(() =>
        this.dataSource.getRepository(ApiKey).createQueryBuilder('k').where(VALID).getExists(),
      );
      this.any = { until: now + ANY_MS, answer };
      answer.catch(() => (this.any = undefined));
    }
    return this.any.answer;
  }
}

function viewOf(row: ApiKey): ApiKeyView {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes.filter(isScope),
    createdAt: row.createdAt,
    ...(row.owner !== null && { owner: row.owner }),
    ...(row.expiresAt && { expiresAt: row.expiresAt }),
    ...(row.lastUsedAt && { lastUsedAt: row.lastUsedAt }),
    ...(row.revokedAt && { revokedAt: row.revokedAt }),
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
