import swagger from '@fastify/swagger';
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import { inTraceOf } from '../client/internal';
import type { Logger } from '../logger';
import { StoryreelError } from '../protocol';
import { guard, type GatewayAddress } from './access';
import { answerOtherMethods } from './allowed-methods';
import { answersOf } from './answers';
import { limitConnections, type UnknownConnections } from './connection-limit';
import { described, finished } from './document';
import type { App, Services } from './app';
import { isWithin, readForwarded } from './forwarded';
import { countRequests } from './limits';
import { problemOf } from './problem';
import { nameOfRequest, refuseRepeatedHeaders } from './request-headers';
import { isLoopback, ownPath } from './request-origin';
import { addAbout } from './routes/about';
import { addAudit, recordChanges } from './routes/audit';
import { addBatches } from './routes/batches';
import { addCalls } from './routes/calls';
import { addEstimates } from './routes/estimates';
import { addEdits } from './routes/edits';
import { addEvents } from './routes/events';
import { addKeys } from './routes/keys';
import { addMedia } from './routes/media';
import { addMediaLinks } from './routes/media-links';
import { addPage } from './routes/page';
import { addLlms } from './routes/llms';
import { addOutcomes } from './routes/outcomes';
import { addProjects } from './routes/projects';
import { addProviders } from './routes/providers';
import { addReview } from './routes/review';
import { addSessions } from './routes/sessions';
import { addSteering } from './routes/steering';
import { addTokens } from './routes/tokens';
import { secure } from './security-headers';
import { SignInLimit } from './sign-in-limit';
import type { SigningKeys } from './token';
import { takeJson } from './json-body';
import { refuseAddress, refuseBytes, refuseQueries, refuseTunnels } from './unreadable';
import { validate, type ZodProvider } from './validation';

const BODY_BYTES = 1_000_000;
const RETRY_SECONDS = 2;
const IDLE_MS = 120_000;

interface Checks {
  readonly signing: SigningKeys;
  readonly connections: UnknownConnections;
}

/** The HTTP server, not listening yet. */
export async function createServer(
  services: Services,
  place: GatewayAddress,
  { signing, connections }: Checks,
  logger: Logger,
): Promise<App> {
  const app = newApp(place, logger);
  for (const event of ['connection', 'request']) app.server.on(event, services.hub.hurry);
  sendProblems(app);
  addHeaders(app);
  refuseRepeatedHeaders(app);
  refuseQueries(app);
  if (place.proxies.length > 0) readForwarded(app);
  const checks = { failures: new SignInLimit(), signing };
  guard(app, services, place, checks);
  limitConnections(app, connections);
  countRequests(app, services.limits);
  answerOtherMethods(app);
  app.addHook('preValidation', ({ body }, _reply, done) => {
    // A body that is left out is an empty one, but `null` is none.
    if (body === null) throw new StoryreelError('Request.Invalid', 'The body must be an object, not null.');
    done();
  });
  // Only of callers who are known: `traceparent` states, too, whether spans are kept.
  app.addHook('preHandler', ({ headers }, _reply, done) => inTraceOf(headers, done));
  recordChanges(app, services.stories.audit);
  await describeRoutes(app);
  addRoutes(app, services, { place, ...checks });
  return app;
}

function newApp(place: GatewayAddress, logger: Logger): App {
  const loggerInstance: FastifyBaseLogger = logger;
  const app: App = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    genReqId: nameOfRequest,
    rewriteUrl: ownPath,
    // A client that sends its request byte by byte occupies nothing for long.
    requestTimeout: 30_000,
    // A request without a host is refused here, with a problem.
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 5_000, requireHostHeader: false },
    // A client that does not read its answer occupies nothing for long, either. Longer than any `Prefer: wait`.
    connectionTimeout: IDLE_MS,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_000 },
    return503OnClosing: false,
    trustProxy: place.proxies.length > 0 && isWithin(place.proxies),
    frameworkErrors: refuseAddress,
    clientErrorHandler: refuseBytes,
  }).withTypeProvider<ZodProvider>();
  app.setValidatorCompiler(validate);
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  takeJson(app);
  refuseTunnels(app.server);
  return app;
}

/** Answers every failure with a problem (RFC 9457). */
function sendProblems(app: App): void {
  app.setErrorHandler((error, request, reply) => {
    const body = problemOf(error, request.id);
    // The headers that the route set before it failed do not describe the problem.
    for (const name of ['etag', 'content-disposition', 'accept-ranges']) void reply.removeHeader(name);
    if (body.status !== 416) void reply.removeHeader('content-range');
    void reply.header('cache-control', 'no-store');
    if (body.status >= 500) request.log.error({ err: error, route: request.routeOptions.url }, 'a request failed');
    if (body.status === 401) void reply.header('www-authenticate', 'Bearer realm="storyreel"');
    if (body.retry_after !== undefined) void reply.header('retry-after', body.retry_after);
    if (body.status === 503) void reply.header('retry-after', RETRY_SECONDS);
    return reply.code(body.status).type('application/problem+json').serializer(JSON.stringify).send(body);
  });
}

/** What waits for nothing is no async hook: a storm of viewers would make some promises each for every one of them. */
function addHeaders(app: App): void {
  app.addHook('onRequest', (request, reply, done) => {
    // At the answer itself: a stream leaves the framework.
    secure(reply.raw);
    reply.raw.setHeader('x-request-id', request.id);
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    // What a route does not release is nobody's to keep.
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    done(null, payload);
  });
}

/** Gives each route what the OpenAPI document needs, and makes the document of all of them. */
async function describeRoutes(app: App): Promise<void> {
  app.addHook('onRoute', (route) => {
    const { scope, signedIn } = route.config ?? {};
    const needsCredential = scope !== undefined || signedIn === true;
    route.schema = {
      ...route.schema,
      operationId: `${String(route.method).split(',')[0]} ${route.url}`.replace(/\W+/g, '_').toLowerCase(),
      security: needsCredential ? [{ key: [] }, { session: [] }] : [],
      ...(needsCredential && {
        description: scope ? `Needs the scope \`${scope}\`.` : 'Needs any credential.',
      }),
      response: answersOf(route),
    };
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      servers: [{ url: '/' }],
      info: { title: 'Storyreel', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'storyreel' },
        },
      },
    },
    transform: described,
    transformObject: finished,
  });
}

function addRoutes(
  app: App,
  services: Services,
  {
    place,
    ...checks
  }: { readonly place: GatewayAddress; readonly failures: SignInLimit; readonly signing: SigningKeys },
): void {
  addAbout(app, services);
  addLlms(app);
  addSessions(app, services.stories, { local: isLoopback(place.address), ...checks });
  addTokens(app, checks.signing);
  addKeys(app, services.stories.keys);
  addAudit(app, services.stories.audit);
  addProjects(app, services);
  addEdits(app);
  addCalls(app);
  addReview(app);
  addOutcomes(app);
  addEstimates(app);
  addProviders(app);
  addSteering(app);
  addBatches(app, services);
  addEvents(app, services);
  addMedia(app, services);
  addMediaLinks(app, services, checks.signing);
  addPage(app);
}
