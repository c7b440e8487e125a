import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Scope, StoryClient } from '../client';
import type { MediaStore } from '../storage';
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
export interface Caller {
  /** Absent where no key is needed. */
  readonly keyId?: string;
  readonly scopes: readonly Scope[];
  readonly stories: OwnedStories;
}

/** What routes work with; the stories themselves come with the caller. */
export interface Ports {
  readonly hub: StoryHub;
  readonly media: MediaStore;
}

/** What the gateway as a whole works with. */
export interface Services extends Ports {
  readonly stories: StoryClient;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must allow; a route without one is open to everybody. */
    readonly scope?: Scope;
    /** The page itself: a link of another site may lead to it. */
    readonly page?: true;
  }
  interface FastifyRequest {
    caller: Caller | undefined;
  }
}

/** The caller's own stories. */
export function storiesOf(request: Pick<FastifyRequest, 'caller'>): OwnedStories {
  if (!request.caller) throw new Error('a route that uses stories must name a scope');
  return request.caller.stories;
}
