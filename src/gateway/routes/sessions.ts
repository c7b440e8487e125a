import { z } from 'zod';
import type { ListedSession, SessionView, StoryClient } from '../../client';
import { INPUTS } from '../../client/internal';
import { SCOPES, StoryreelError } from '../../protocol';
import { bearer, tokenCaller, type Checks } from '../access';
import { PROBLEM } from '../answers';
import type { App, Caller } from '../app';
import { noSessionCookies, sessionCookie, sessionSecrets } from '../cookie';
import { empty } from '../schemas';

const who = z.looseObject({
  kind: z.enum(['open', 'key', 'session', 'token']),
  owner: z.string().optional(),
  scopes: z.array(z.enum(SCOPES)),
  project: z.string().optional(),
  expires_at: z.iso.datetime().optional(),
});
const listed = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  owner: z.string().optional(),
  project: z.string().optional(),
  keyId: z.string().optional(),
  tokenId: z.string().optional(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  current: z.boolean(),
});
type Who = z.output<typeof who>;

/** Whether login links are accepted: only on a loopback address, where anybody who can make one is the operator. */
interface SignIn extends Checks {
  readonly local: boolean;
}

export function addSessions(app: App, stories: StoryClient, { local, ...checks }: SignIn): void {
  const { failures } = checks;
  const path = '/v1/sessions';
  app.post(
    path,
    {
      schema: {
        summary:
          'Sign a browser in: with a key or token as bearer, or with the token of a login link or of a shared link',
        body: z.strictObject({
          login: z.string().min(1).max(200).optional(),
          share: z.string().min(1).max(2_000).optional(),
        }),
        response: { 201: who, 401: PROBLEM },
      },
    },
    async (request, reply) => {
      const { secret, session } = await begin(request);
      // The browser forgets the session that it had; nobody else should have use of it.
      for (const before of sessionSecrets(request)) {
        const left = await stories.sessions.find(before);
        if (left) await stories.sessions.revoke(left.id);
      }
      return reply
        .code(201)
        .headers({ 'set-cookie': sessionCookie(request, secret), 'cache-control': 'no-store' })
        .send(whoOf({ ...session, kind: 'session' }));
    },
  );
  app.get(
    `${path}/current`,
    {
      config: { signedIn: true },
      schema: { summary: 'Who the caller is, and what the caller may do', response: { 200: who } },
    },
    async (request, reply) => reply.header('cache-control', 'no-store').send(whoOf(request.caller as Caller)),
  );
  app.delete(
    path,
    { config: { signedIn: true }, schema: { summary: 'Sign the browser out', response: { 204: empty } } },
    async (request, reply) => {
      const { caller } = request;
      if (caller?.kind === 'session') await stories.sessions.revoke(caller.id);
      return reply.code(204).header('set-cookie', noSessionCookies()).send(null);
    },
  );

  app.get(
    path,
    {
      config: { signedIn: true },
      schema: {
        summary:
          'Sessions that count, oldest first: with the scope `admin` all of the owner, else those of the own key',
        response: { 200: z.looseObject({ sessions: z.array(listed) }) },
      },
    },
    async (request, reply) => {
      const caller = request.caller as Caller;
      const sessions = (await visibleSessions(stories, caller)).map((each) => ({
        ...each,
        current: caller.kind === 'session' && caller.id === each.id,
      }));
      return reply.header('cache-control', 'no-store').send({ sessions });
    },
  );
  app.delete(
    `${path}/:session`,
    {
      config: { signedIn: true },
      schema: {
        summary: 'End a session; its streams end within a second',
        params: z.strictObject({ session: INPUTS['the name'] }),
        response: { 204: empty },
      },
    },
    async (request, reply) => {
      const { session: id } = request.params;
      const visible = await visibleSessions(stories, request.caller as Caller);
      if (visible.some((each) => each.id === id) && (await stories.sessions.revoke(id)))
        return reply.code(204).send(null);
      throw new StoryreelError('Request.NotFound', 'There is no such session that counts.');
    },
  );

  async function begin(request: Parameters<typeof bearer>[0] & { readonly body: SignInBody }) {
    const { login, share } = request.body;
    if (share !== undefined) {
      const holder = await tokenCaller(share, stories, checks.signing);
      if (holder) return stories.sessions.create({ tokenId: holder.id });
      failures.count(request.ip);
      throw new StoryreelError('Request.Unauthenticated', 'This link does not exist, has expired or was revoked.');
    }
    if (login === undefined) {
      const by = await bearer(request, stories, checks);
      if (by) return stories.sessions.create(by.kind === 'key' ? { keyId: by.id } : { tokenId: by.id });
      throw new StoryreelError('Request.Unauthenticated', 'An API key or the token of a login link is needed.');
    }
    if (local && (await stories.sessions.takeLoginToken(login))) return stories.sessions.create();
    failures.count(request.ip);
    throw new StoryreelError(
      'Request.Unauthenticated',
      'This login link does not count: it is for one use within a minute, on the machine of the gateway. See "storyreel login".',
    );
  }
}

/** Another's sessions do not exist for the caller. */
async function visibleSessions(stories: StoryClient, caller: Caller): Promise<ListedSession[]> {
  const all = await stories.sessions.list();
  const { owner, scopes, only, kind } = caller;
  if (only === undefined && scopes.includes('admin')) {
    return owner === undefined ? all : all.filter((each) => each.owner === owner);
  }
  if (kind === 'open') return all;
  const { id } = caller;
  const own = all.find((each) => kind === 'session' && each.id === id);
  const keyId = kind === 'key' ? id : own?.keyId;
  return all.filter(
    (each) =>
      each.id === own?.id || (keyId !== undefined && each.keyId === keyId) || (kind === 'token' && each.tokenId === id),
  );
}

function whoOf({ kind, owner, scopes, only, expiresAt }: Pick<SessionView, 'scopes'> & WhoAsks): Who {
  return {
    kind,
    ...(owner !== undefined && { owner }),
    scopes: [...scopes],
    ...(only !== undefined && { project: only }),
    ...(expiresAt && { expires_at: expiresAt.toISOString() }),
  };
}

interface WhoAsks {
  readonly kind: Caller['kind'];
  readonly owner?: string | undefined;
  readonly only?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

interface SignInBody {
  readonly login?: string | undefined;
  readonly share?: string | undefined;
}
