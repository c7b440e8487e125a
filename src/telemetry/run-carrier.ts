import { context, propagation, type Context } from '@opentelemetry/api';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { TRACE_HEADER, traceOfRun, type TraceCarrier } from '../protocol';

/** The headers with the active trace in them; unchanged without tracing. */
export function withActiveTrace(headers: Headers): Headers {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  if (carrier['traceparent'] === undefined) return headers;
  return { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrier) };
}

/** Acts within the trace that a request of another program names, if it names one and this process traces. */
export function inTraceOf(headers: Readonly<Record<string, unknown>>, act: () => void): void {
  context.with(propagation.extract(context.active(), headers), act);
}

/** The trace that our workflow has put into the headers of an activity. */
export function carrierIn(headers: Headers): TraceCarrier | undefined {
  const payload = headers[TRACE_HEADER];
  return payload && defaultPayloadConverter.fromPayload<TraceCarrier>(payload);
}

/** A context in which new spans are children of the span that the carrier names. */
export function contextOf(carrier: TraceCarrier): Context {
  return propagation.extract(context.active(), carrier);
}

/** The id of the trace that an activity of this run belongs to, whether its spans are sent anywhere or not. */
export function traceIdOf(headers: Headers, runId: string): string {
  const { traceparent } = carrierIn(headers) ?? traceOfRun(runId);
  return traceparent.split('-')[1] ?? '';
}
