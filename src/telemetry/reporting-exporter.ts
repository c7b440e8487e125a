import type { ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from '../logger';

/** OpenTelemetry's ExportResultCode.SUCCESS. */
const SUCCESS = 0;
const MAX_WORDS = 200;

/**
 * An exporter that logs why spans are lost, once for each reason, and once when they are sent again. It does not repeat
 * this with every batch while the collector is away.
 */
export class ReportingExporter implements SpanExporter {
  private reason: string | undefined;
  private lost = 0;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly endpoint: string,
    private readonly logger: Pick<Logger, 'warn' | 'info'> | undefined,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.exporter.export(spans, (result) => {
      if (Number(result.code) === SUCCESS) this.sent();
      else this.failed(spans.length, reasonOf(result.error));
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  forceFlush(): Promise<void> {
    return this.exporter.forceFlush?.() ?? Promise.resolve();
  }

  private failed(spans: number, reason: string): void {
    this.lost += spans;
    if (reason === this.reason) return;
    this.reason = reason;
    const { endpoint } = this;
    this.logger?.warn(
      { reason, endpoint },
      `traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT (${reason}); work continues without them`,
    );
  }

  private sent(): void {
    if (this.reason === undefined) return;
    this.logger?.info({ lostSpans: this.lost, endpoint: this.endpoint }, 'traces are sent again');
    this.reason = undefined;
    this.lost = 0;
  }
}

/** The exporter's words for 429, 502, 503 and 504; it does not name the status. */
const BUSY = /retryable status/;

/** The status of the collector's answer, the code of the connection's error, or the exporter's own words. */
function reasonOf(error: unknown): string {
  const { code, message, cause } = (error ?? {}) as { code?: unknown; message?: string; cause?: unknown };
  if (typeof code === 'number') return `it answers ${code}`;
  if (typeof code === 'string') return code;
  if (BUSY.test(message ?? '')) return 'it answers that it is busy or away: 429, 502, 503 or 504';
  const inner = (cause as { code?: unknown } | undefined)?.code;
  return typeof inner === 'string' ? inner : (message ?? 'no reason given').slice(0, MAX_WORDS);
}
