/** One text of a benchmark: the stand-in knows it by its label, the path by its own handle. */
export interface Stream {
  readonly label: string;
  readonly handle: string;
}

/** The addresses of the services that a path needs; every path of a run uses the same ones. */
export interface Services {
  /** OpenAI-compatible, with `/v1`. */
  readonly providerUrl: string;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  /** A folder that the path may write into, empty at the start of a run and kept when its worker is started again. */
  readonly scratch: string;
}

/** The process that reads the provider and passes tokens on: its CPU and memory are measured. */
export interface Producer {
  /** Begins the texts; resolves when all were asked for, not when they have ended. */
  run(streams: readonly Stream[]): Promise<void>;
  close(): Promise<void>;
}

/** Takes a viewer's text, by the path's own rules. */
export interface Sink {
  append(label: string, text: string): void;
  /** Everything shown so far is replaced; also how a path with accumulated text shows each token. */
  replace(label: string, text: string): void;
  /** Text is cut back to so many bytes of UTF-8. */
  cut(label: string, bytes: number): void;
  /** The path reports that the text is complete. */
  ended(label: string): void;
}

/** A process with viewers, one for each stream that it is given. */
export interface Reader {
  /** Resolves when nothing that is written from now on is missed. */
  watch(streams: readonly Stream[], sink: Sink): Promise<void>;
  close(): Promise<void>;
}

/** The exports of a path's module: both halves, of which each process opens one. */
export interface PathModule {
  openProducer(services: Services): Promise<Producer>;
  openReader(services: Services): Promise<Reader>;
}
