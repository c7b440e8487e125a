import { StoryClient } from '../../src/client';
import { StoryHttpClient } from '../../src/http-client';
import type { StoryEvent } from '../../src/protocol';

/** What `StoryHttpClient` lacks of `StoryClient`, and what a program does instead. The compiler knows if one is missing here. */
const ELSEWHERE: Readonly<Record<Exclude<keyof StoryClient, keyof StoryHttpClient>, string>> = {
  keys: 'the addresses under /v1/keys',
  sessions: 'a login link is made where the database is; the addresses under /v1/sessions',
  tokens: 'the addresses /v1/tokens and /v1/projects/{id}/tokens, which also sign them',
  audit: 'the addresses /v1/audit and /v1/projects/{id}/audit',
  events: 'the address of events with format=json; watch continues by itself',
  reach: 'the address /readyz',
  owner: 'the gateway asks it for each request, to hide the projects of others',
  media: 'mediaUrl gives the address, which answers with the type and the length',
  captions: 'the address of subtitles.vtt and subtitles.srt, and chapters',
  runStatus: 'the status of the workflow itself, for who operates Temporal',
  reconcile: 'a deed of the operator, by the command line',
};

/** The compiler compares what the methods take and give; a type that names `StoryClient` would load Temporal's types. */
type Shared = Pick<StoryClient, Extract<keyof StoryClient, keyof StoryHttpClient>>;
type OverHttp = Omit<Shared, 'overview' | 'watch'> & {
  watch(...given: Parameters<StoryClient['watch']>): AsyncGenerator<StoryEvent, void, undefined>;
  overview: { [K in keyof StoryClient['overview']]: StoryClient['overview'][K] };
};
const asStoryClient = (client: StoryHttpClient): OverHttp => client;

/** What is private to `StoryClient`; the language knows it, and the object does not. */
const PRIVATE = ['act', 'closeAll', 'mustBeOpen', 'project', 'steer'];

test('each method of StoryClient is in StoryHttpClient under the same name, or its absence is explained', () => {
  const over = namesOf(Object.getPrototypeOf(asStoryClient(new StoryHttpClient({ url: '' }))) as object);
  const missing = namesOf(StoryClient.prototype).filter((name) => !over.includes(name) && !PRIVATE.includes(name));
  expect(Object.keys(ELSEWHERE)).toEqual(expect.arrayContaining(missing));
});

function namesOf(prototype: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
    .map(([name]) => name);
}
