import { createServer, type Socket } from 'node:net';

/** The minimal cost of any Node gateway: one buffer, written to each socket. It stores, looks up and checks nothing. */
const sockets = new Set<Socket>();
const server = createServer((socket) => {
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {"type":"caught_up"}\n\n');
    sockets.add(socket);
  });
  socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
});

process.on('message', (content: string) => {
  const body = { type: 'token', content, timestamp: Date.now() / 1000 };
  const frame = Buffer.from(`data: ${JSON.stringify(body)}\n\n`);
  for (const socket of sockets) socket.write(frame);
});

// Also if the benchmark was interrupted.
process.on('disconnect', () => process.exit());

server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
