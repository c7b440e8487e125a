import type { EventLog } from '../../src/stream';
import { appendRules } from './append-rules';
import { attemptsProperty } from './attempts-property';
import { expiryRules } from './expiry-rules';
import type { OpenLog } from './log-under-test';
import { newAttemptRules } from './new-attempt-rules';
import { publishRules } from './publish-rules';
import { readingRules } from './reading-rules';
import { runRules } from './run-rules';
import { subscribingRules } from './subscribing-rules';

/** What every event log must do, whatever it stores its events in. */
export function eventLogContract(name: string, open: OpenLog, runs: number): void {
  describe(name, () => {
    let log: EventLog;
    beforeAll(async () => void (log = await open()));
    afterAll(() => log.close());
    const current = () => log;

    appendRules(current);
    newAttemptRules(current);
    publishRules(current);
    readingRules(current, open);
    subscribingRules(current);
    expiryRules(current);
    runRules(current, runs);
    attemptsProperty(current, runs);
  });
}
