import { type ProjectId, type StoryMessage, type StoryMessages } from '../protocol';
import { Audit } from './access/audit';
import { closedError, onlyOurs, storyreelError } from './client-errors';
import type { EditSource } from './edit';
import { closeServices, type OpenedServices } from './open-services';
import { readInput } from './inputs';
import { aboutMessage, steerProject } from './runs/steer-project';

/** What every method of a client goes through: an open client, errors of one class, and a record in the audit. */
export class ClientCalls {
  readonly audit: Audit;
  private readonly closing = new AbortController();
  private closed: Promise<void> | undefined;

  constructor(
    private readonly source: EditSource,
    private readonly services: OpenedServices,
    /** Who acts with this client. */
    by: string | undefined,
  ) {
    this.audit = new Audit(services.dataSource, this.run, by);
  }

  /** Aborts when the client is closed. */
  get ending(): AbortSignal {
    return this.closing.signal;
  }

  /** Every error of the work becomes a `StoryreelError`. Throws `Client.Closed` if the client is closed. */
  readonly run = async <T>(work: () => Promise<T>): Promise<T> => {
    this.mustBeOpen();
    try {
      return await work();
    } catch (error) {
      const failure = storyreelError(error);
      throw this.closed && failure !== error ? closedError(error) : failure;
    }
  };

  mustBeOpen(): void {
    if (this.closed) throw closedError();
  }

  /** Runs an action on a project, and records it in the audit. */
  act<T>(
    action: string,
    projectId: ProjectId,
    work: (id: ProjectId) => Promise<T>,
    more: Omit<Parameters<Audit['act']>[1], 'project'> = {},
  ): Promise<T> {
    return this.run(() => {
      const project = readInput('the project id', projectId);
      return this.audit.act(action, { project, ...more }, () => work(project));
    });
  }

  /** Sends a message to the live run of a project, and records it in the audit. */
  /** `approved`: the version that an approval is about. */
  steer<M extends StoryMessage>(
    projectId: ProjectId,
    message: M,
    argument: () => StoryMessages[M],
    approved?: () => number | undefined,
  ) {
    return this.run(() => {
      const given = argument();
      const { temporal, redis } = this.services;
      const ports = { source: this.source, temporal: temporal.client, control: redis.control };
      const send = (id: ProjectId) => steerProject(ports, id, message, given, approved?.());
      return this.act(message, projectId, send, aboutMessage(message, given));
    });
  }

  /** Ends what waits for `ending`, and closes the services. A repeated call does nothing. */
  close(): Promise<void> {
    this.closing.abort();
    return (this.closed ??= onlyOurs(() => closeServices(this.services)));
  }
}
