import type { Command } from 'commander';
import { hostPort, httpAddress, isLoopback, writeHostPort } from '../../address';
import { StoryreelError } from '../../protocol';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';

const EXAMPLES = `
Example:
  storyreel login
`;

export function addLogin(program: Command, cli: Cli): void {
  program
    .command('login')
    .summary('print a link that signs a browser in')
    .description(
      'Prints a link to the page of the gateway at GATEWAY_ADDRESS. It signs one browser of this machine in as the operator, once, within a minute.',
    )
    .option('--url <url>', 'where the gateway is, if it is not at GATEWAY_ADDRESS; of this machine')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async ({ url }: { url?: string }) => {
      const at = pageOf(url ?? `http://${writeHostPort(hostPort(cli.config().GATEWAY_ADDRESS))}`);
      await demandGateway(at);
      const token = await withClient(cli, ({ client }) => client.sessions.createLoginToken());
      cli.screen.write(`${loginLink(at, token)}\n`);
    });
}

const ANSWER_MS = 5_000;

/** Throws `Service.Unreachable` where the link would lead to nothing. */
async function demandGateway(at: string): Promise<void> {
  await fetch(`${at}/healthz`, { signal: AbortSignal.timeout(ANSWER_MS) }).catch((cause: unknown) => {
    throw new StoryreelError(
      'Service.Unreachable',
      `No gateway answers at ${at}. Start one by "storyreel gateway", or give --url, which "npm start" prints as Page.`,
      { cause },
    );
  });
}

/** The token is in the fragment of the address, which browsers do not send. */
function loginLink(url: string, token: string): string {
  return `${url}/#login=${token}`;
}

function pageOf(text: string): string {
  const address = httpAddress(text);
  const host = address?.hosts[0];
  if (!address || !host || host.port === 0 || !isLoopback(host.host)) {
    throw new StoryreelError(
      'Config.Invalid',
      'A login link is for a gateway on a loopback address with a fixed port, like http://127.0.0.1:8787: set GATEWAY_ADDRESS, or give --url. Elsewhere sign in with an API key.',
    );
  }
  return `${address.scheme}://${writeHostPort(host)}`;
}
