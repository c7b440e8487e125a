import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { StoryMetrics } from '../../../src/telemetry';
import { namedSections } from '../../architecture/markdown';
import { projectFile } from '../../architecture/project-files';
import { promtool } from '../../support/prometheus';
import { ALERT_CASES, type AlertCase } from './cases';
import { newFolder } from '../../support/new-folder';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

const RULES = projectFile('docs/grafana/alerts.yml');
const rules = (parse(RULES) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const names = rules.map(({ alert }) => alert);

/** Which alerts fire, and no others; where no worker is part of the case, the one that misses them is left out. */
function expected(series: Readonly<Record<string, string>>, minutes: number, alerts: readonly string[]) {
  const others = Object.keys(series).some((name) => name.startsWith('up{')) ? '' : ', alertname!="StoryreelNoWorker"';
  return {
    expr: `count by (alertname) (ALERTS{alertstate="firing"${others}})`,
    eval_time: `${minutes}m`,
    exp_samples: alerts.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })),
  };
}

function testsOf({ alert, faulty, firesAt, waitsAt, well, also = [] }: AlertCase) {
  const inputs = (all: Readonly<Record<string, string>>) =>
    Object.entries(all).map(([series, values]) => ({ series, values }));
  return [
    {
      name: `${alert} fires`,
      interval: '1m',
      input_series: inputs(faulty),
      promql_expr_test: [
        ...(waitsAt === undefined ? [] : [expected(faulty, waitsAt, [])]),
        expected(faulty, firesAt, [alert, ...also]),
      ],
    },
    {
      name: `${alert} does not fire`,
      interval: '1m',
      input_series: inputs(well),
      promql_expr_test: [expected(well, firesAt, [])],
    },
  ];
}

describe('The alerts', () => {
  let folder: string;
  beforeAll(() => {
    folder = newFolder();
  });

  test('fire at what they are for, not before it has lasted, and not at what is near to it', async () => {
    writeFileSync(join(folder, 'alerts.yml'), RULES);
    const tests = { rule_files: ['alerts.yml'], evaluation_interval: '1m', tests: ALERT_CASES.flatMap(testsOf) };
    const file = join(folder, 'alerts.test.yml');
    writeFileSync(file, stringify(tests, { aliasDuplicateObjects: false }));
    expect(await promtool(['test', 'rules', file])).toEqual({
      isContent: true,
      said: expect.stringContaining('SUCCESS') as string,
    });
  });

  test('have a case each', () => {
    expect(ALERT_CASES.map(({ alert }) => alert).sort()).toEqual([...names].sort());
  });

  test('have an entry in the runbook each, to which they lead', () => {
    expect(namedSections(projectFile('docs/runbook.md'))).toEqual(names);
    for (const { alert, annotations } of rules) {
      expect(annotations.runbook_url).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    }
  });

  test('are made from metrics that are there', () => {
    const ours = new StoryMetrics().registry.getMetricsAsArray().map(({ name }) => name);
    const used = rules.flatMap(({ expr }) => expr.match(/\bstoryreel_\w+/g) ?? []);
    const unknown = used.filter((name) => !ours.includes(name.replace(/_bucket$/, '')));
    expect(unknown).toEqual([]);
  });
});
