/**
 * The reference server of Durable Streams, as it is without settings: streams are in its memory. Prints `{"url"}` and
 * ends with its input.
 */
import { DurableStreamTestServer } from '@durable-streams/server';

const server = new DurableStreamTestServer({ port: 0, host: '127.0.0.1' });
await server.start();
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
process.stdin.resume().on('end', () => process.exit(0));
