import { basename } from 'node:path';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, PersistentVolumeClaim, Service, type IPodSpec } from 'kubernetes-models/v1';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { parse } from 'yaml';
import { readConfig, SETTINGS } from '../../src/config';
import { LANE_KINDS } from '../../src/protocol';
import { service } from './compose-file';
import { filesBelow, projectFile } from './project-files';
import { readingRecorded } from './reading-recorded';

const manifest = (name: string) => parse(projectFile(`deploy/kubernetes/${name}.yaml`)) as Record<string, unknown>;
const KINDS = {
  settings: ConfigMap,
  media: PersistentVolumeClaim,
  migrate: Job,
  worker: Deployment,
  gateway: Deployment,
  service: Service,
  disruption: PodDisruptionBudget,
  scale: ScaledObject,
};

const settings = new ConfigMap(manifest('settings'));
const migrate = new Job(manifest('migrate'));
const worker = new Deployment(manifest('worker'));
const gateway = new Deployment(manifest('gateway'));
const scale = new ScaledObject(manifest('scale') as never);
const pods = [migrate, worker, gateway].map(({ spec }) => spec?.template.spec as IPodSpec);
const containers = pods.flatMap((pod) => pod.containers);
const [, serving, answering] = containers;

it('has one file for each kind of object', () => {
  const files = filesBelow('deploy/kubernetes').map((file) => basename(file, '.yaml'));
  expect(files.sort()).toEqual(Object.keys(KINDS).sort());
});

it.each(Object.entries(KINDS))('keeps %s to the schema of its kind, with no field that it has not', (name, Kind) => {
  const { apiVersion, kind } = new Kind();
  expect(manifest(name)).toMatchObject({ apiVersion, kind });
  const { recorded, unread } = readingRecorded(manifest(name));
  Kind.prototype.validate.call(recorded);
  expect(unread()).toEqual([]);
});

it('finds a field that a kind has not', () => {
  const { recorded, unread } = readingRecorded(
    parse(
      projectFile('deploy/kubernetes/worker.yaml').replace('failureThreshold: 6\n', 'failureTreshold: 6\n'),
    ) as never,
  );
  Deployment.prototype.validate.call(recorded);
  expect(unread()).toEqual(['/spec/template/spec/containers/0/livenessProbe/failureTreshold']);
});

it('runs the image that docker-compose.yml names, of the version of package.json', () => {
  const { version } = JSON.parse(projectFile('package.json')) as { version: string };
  expect(containers.map(({ image, args }) => ({ image, args }))).toEqual([
    { image: `storyreel:${version}`, args: service('migrate').command },
    { image: `storyreel:${version}`, args: service('worker').command },
    { image: `storyreel:${version}`, args: service('gateway').command },
  ]);
});

it('gives a container no rights, and no place to write to but its volumes', () => {
  for (const { securityContext } of containers)
    expect(securityContext).toEqual({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  for (const pod of pods) {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    expect(pod.automountServiceAccountToken).toBe(false);
  }
});

it('sets what the product knows, keeps secrets out, and shares the media folder', () => {
  const set = settings.data ?? {};
  expect(Object.keys(SETTINGS)).toEqual(expect.arrayContaining(Object.keys(set)));
  expect(Object.keys(set).filter((name) => /_KEY|_URL|PASSWORD/.test(name))).toEqual([]);
  expect(() =>
    readConfig({ ...set, DATABASE_URL: 'postgres://db/storyreel', REDIS_URL: 'redis://redis:6379' }),
  ).not.toThrow();
  expect(serving?.volumeMounts?.find(({ name }) => name === 'media')?.mountPath).toBe(set['MEDIA_DIR']);
});

it('asks for health where the worker answers, and leaves it the time that it takes to stop', () => {
  const set = settings.data ?? {};
  const port = Number(set['METRICS_ADDRESS']?.split(':').at(-1));
  expect(serving?.ports).toEqual([{ name: 'metrics', containerPort: port }]);
  const asked = [serving?.startupProbe, serving?.livenessProbe, serving?.readinessProbe];
  expect(asked.map((probe) => probe?.httpGet)).toEqual(
    ['/healthz', '/healthz', '/readyz'].map((path) => ({ path, port: 'metrics' })),
  );
  const answered = projectFile('src/telemetry/metrics-server.ts') + projectFile('src/worker/health.ts');
  for (const probe of asked) expect(answered).toContain(`'${probe?.httpGet?.path}'`);
  const seconds = worker.spec?.template.spec?.terminationGracePeriodSeconds ?? 0;
  expect(seconds * 1000).toBeGreaterThan(Number(set['SHUTDOWN_GRACE_MS']) + 5000);
});

it('looks after the pods of the worker, by the queues that it serves', () => {
  const { data: set = {} } = settings;
  const labels = worker.spec?.template.metadata?.labels;
  const budget = new PodDisruptionBudget(manifest('disruption'));
  expect(worker.spec?.selector.matchLabels).toEqual(labels);
  expect(budget.spec?.selector?.matchLabels).toEqual(labels);
  expect(scale.spec?.scaleTargetRef.name).toBe(worker.metadata?.name);
  expect(worker.spec?.replicas).toBeUndefined();

  const queue = set['TEMPORAL_TASK_QUEUE'];
  const triggers = scale.spec?.triggers.map(({ metadata }) => metadata) ?? [];
  expect(triggers.map(({ taskQueue }) => taskQueue)).toEqual([queue, ...LANE_KINDS.map((kind) => `${queue}-${kind}`)]);
  for (const { endpoint, namespace } of triggers)
    expect({ endpoint, namespace }).toEqual({
      endpoint: set['TEMPORAL_ADDRESS'],
      namespace: set['TEMPORAL_NAMESPACE'],
    });
  const config = readConfig({});
  const atOnce = [config.TEXT_CONCURRENCY, config.IMAGE_CONCURRENCY, config.VIDEO_CONCURRENCY, config.FILM_CONCURRENCY];
  expect(triggers.slice(1).map(({ targetQueueSize }) => targetQueueSize)).toEqual(atOnce.map(String));
});

it('leads to the gateway where it listens, asks for its health there, and lets it end its streams', () => {
  const { data: set = {} } = settings;
  const labels = gateway.spec?.template.metadata?.labels;
  const address = new Service(manifest('service')).spec;
  expect(gateway.spec?.selector.matchLabels).toEqual(labels);
  expect(address?.selector).toEqual(labels);
  expect(address?.ports?.map(({ targetPort }) => targetPort)).toEqual(['http']);
  expect(answering?.ports).toEqual([
    { name: 'http', containerPort: Number(set['GATEWAY_ADDRESS']?.split(':').at(-1)) },
  ]);
  const asked = [answering?.startupProbe, answering?.livenessProbe, answering?.readinessProbe];
  expect(asked.map((probe) => probe?.httpGet)).toEqual(
    ['/healthz', '/healthz', '/readyz'].map((path) => ({ path, port: 'http' })),
  );
  expect(answering?.volumeMounts?.find(({ name }) => name === 'media')).toMatchObject({
    mountPath: set['MEDIA_DIR'],
    readOnly: true,
  });
  const seconds = gateway.spec?.template.spec?.terminationGracePeriodSeconds ?? 0;
  expect(seconds * 1000).toBeGreaterThan(Number(set['SHUTDOWN_GRACE_MS']) + 5000);
});
