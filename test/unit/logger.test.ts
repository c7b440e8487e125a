import { isLogged, keepOrigin, markLogged, originOf, withLogFields } from '../../src/log-context';
import { createLogger } from '../../src/logger';
import { prettyLines } from '../../src/pretty-lines';

/** What is written, line by line. */
function recordedLines() {
  const lines: string[] = [];
  return { lines, write: (line: string) => void lines.push(line) };
}

describe('A log line', () => {
  it('has its time as ISO 8601, its level by name, and what is known around it', async () => {
    const to = recordedLines();
    const logger = createLogger('info', 'worker', to);
    await withLogFields({ projectId: 'p', attempt: 1 }, () =>
      withLogFields({ lane: 'rewrite' }, async () => {
        await Promise.resolve();
        logger.warn({ attempt: 3 }, 'within');
      }),
    );
    logger.info('outside');
    const [within, outside] = to.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(within).toMatchObject({
      level: 'warn',
      msg: 'within',
      projectId: 'p',
      lane: 'rewrite',
      attempt: 3,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    });
    expect(outside).not.toHaveProperty('projectId');
  });

  it('is for people where that is asked for, and still holds no key', async () => {
    const to = recordedLines();
    createLogger('info', 'worker', await prettyLines(to)).info({ lane: 'rewrite' }, 'with sk-12345678');
    expect(to.lines).toEqual([expect.stringMatching(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: with \[hidden\] .*rewrite/)]);
  });
});

it('A failure keeps what it was made of, and knows whether it has its line', () => {
  const [failure, error] = [new Error('in few words'), new Error('all of it')];
  expect([originOf(failure), isLogged(failure)]).toEqual([failure, false]);
  expect([originOf(keepOrigin(failure, error)), isLogged(markLogged(failure))]).toEqual([error, true]);
});
