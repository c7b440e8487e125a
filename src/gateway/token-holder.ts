import type { Caller } from './app';
import { Refusal } from './problem';

/** The routes for a token, or for a session that began with one: a film while it is made, and no editing data. */
const SHOWN = new Set([
  '',
  '/events',
  '/lanes/text',
  '/media/:sha256',
  '/film',
  '/subtitles.vtt',
  '/subtitles.srt',
  '/chapters.vtt',
]);

/** A new route is closed to tokens until it is named here. */
export function mustBeShown(caller: Caller, method: string, route: string | undefined, signedIn: boolean): void {
  if (caller.only === undefined || signedIn) return;
  const prefix = '/v1/projects/:id';
  const isShown = route?.startsWith(prefix) === true && SHOWN.has(route.slice(prefix.length));
  if (isShown && (method === 'GET' || method === 'HEAD')) return;
  throw new Refusal('Request.Forbidden', 'The token shows one project and its film, and nothing else.');
}
