import { StoryreelError } from '../protocol';
import type { App } from './app';
import { Refusal } from './problem';

/** An address that is there, asked by a method that it does not have, is 405 with `Allow`; `OPTIONS` is answered with it. */
export function answerOtherMethods(app: App): void {
  const known = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set(['OPTIONS']) };
    for (const each of [method].flat()) entry.methods.add(each);
    known.set(url, entry);
  });
  // Before the body is read, of which nobody knows what it should be.
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    const path = request.url.split('?')[0] ?? '';
    // An address without parameters has its own methods alone, even if the pattern of another address fits it.
    const whole = known.get(path.replace(/\/$/, ''));
    const found = whole ? [whole] : [...known.values()].filter(({ pattern }) => pattern.test(path));
    const methods = [...new Set(found.flatMap((each) => [...each.methods]))].sort();
    // `/assets/` fits the pattern of `/assets/*`, and yet the router has found nothing there.
    const isOfRouter = request.method !== 'OPTIONS' && methods.includes(request.method);
    if (found.length === 0 || isOfRouter) {
      throw new StoryreelError('Request.NotFound', 'There is no such address. GET /v1 lists what there is.');
    }
    void reply.header('allow', methods.join(', '));
    if (request.method === 'OPTIONS') return void reply.code(204).send();
    throw new Refusal('Request.Invalid', `This address takes ${methods.join(', ')} only.`, { status: 405 });
  });
}

function patternOf(url: string): RegExp {
  const parts = url.split(/:\w+|\*/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join(url.endsWith('*') ? '.*' : '[^/]+')}/?$`);
}
