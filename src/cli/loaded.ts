import { createRequire } from 'node:module';
import type * as Client from '../client';
import type * as ClientInternal from '../client/internal';
import type * as Config from '../config';
import type * as Gateway from '../gateway';
import type * as Logger from '../logger';
import type * as PrettyLines from '../pretty-lines';
import type * as Storage from '../storage';
import type * as Telemetry from '../telemetry';
import type * as Services from './services';

const load = createRequire(__filename);

/**
 * What a command needs beyond its own text, loaded when it is first used. Temporal, TypeORM, Fastify and zod take longer
 * to load than most commands take, and `--help` needs none of them.
 */
export const loaded = {
  get client() {
    return load('../client') as typeof Client;
  },
  get clientInternal() {
    return load('../client/internal') as typeof ClientInternal;
  },
  get config() {
    return load('../config') as typeof Config;
  },
  get gateway() {
    return load('../gateway') as typeof Gateway;
  },
  get logger() {
    return load('../logger') as typeof Logger;
  },
  get prettyLines() {
    return load('../pretty-lines') as typeof PrettyLines;
  },
  get storage() {
    return load('../storage') as typeof Storage;
  },
  get telemetry() {
    return load('../telemetry') as typeof Telemetry;
  },
  get services() {
    return load('./services') as typeof Services;
  },
};
