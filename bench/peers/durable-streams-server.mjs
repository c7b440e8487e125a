/** The server of Durable Streams, with its files in the folder of the argument. Prints `{"url"}` and ends with its input. */
import { DurableStreamTestServer } from '@durable-streams/server';

const server = new DurableStreamTestServer({ port: 0, host: '127.0.0.1', dataDir: process.argv[2] });
await server.start();
process.stdout.write(`${JSON.stringify({ url: server.baseUrl ?? server.url })}\n`);
process.stdin.resume().on('end', () => process.exit(0));
