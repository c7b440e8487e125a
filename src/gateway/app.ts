import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Scope, StoryClient } from '../client';
import type { ProjectId } from '../protocol';
import type { MediaStore } from '../storage';
import type { Limits } from './limits';
import type { OpenAnswers } from './open-answers';
import type { OwnedProject } from './owned-project';
import type { OwnedStories } from './owned-stories';
import type { StoryHub } from './stream/story-hub';
import type { ZodProvider } from './validation';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodProvider
>;

/** Who asks. */
export type Caller = CallerFacts &
  (
    | { /** No credential is needed here. */ readonly kind: 'open' }
    | { readonly kind: 'key' | 'session' | 'token'; /** Not secret. */ readonly id: string }
  );

interface CallerFacts {
  /** Undefined for the operator. */
  readonly owner: string | undefined;
  /** In words, for the audit: the name of the key. */
  readonly name?: string | undefined;
  readonly scopes: readonly Scope[];
  readonly stories: OwnedStories;
  /** The one project that the credential gives access to. */
  readonly only?: ProjectId | undefined;
  /** When the credential expires. */
  readonly expiresAt?: Date | undefined;
}

/** The services that routes use; the stories themselves come with the caller. */
export interface Ports {
  readonly hub: StoryHub;
  readonly media: MediaStore;
  readonly limits: Limits;
  readonly open: OpenAnswers;
}

/** The services that the gateway as a whole uses. */
export interface Services extends Ports {
  readonly stories: StoryClient;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The permission that a credential must have. */
    readonly scope?: Scope;
    /** Any credential will do. A route with neither is open to everybody. */
    readonly signedIn?: boolean;
    /** Pages of other sites may show the answer. */
    readonly embedded?: boolean;
  }
  interface FastifyRequest {
    caller: Caller | undefined;
  }
}

export function storiesOf(request: Pick<FastifyRequest, 'caller'>): OwnedStories {
  if (!request.caller) throw new Error('a route that uses stories must name a scope');
  return request.caller.stories;
}

/** The project that the address names, if it is the caller's own. Throws `Project.NotFound`. */
export function projectOf(
  request: Pick<FastifyRequest, 'caller'> & { readonly params: { readonly id: ProjectId } },
): Promise<OwnedProject> {
  return storiesOf(request).project(request.params.id);
}
