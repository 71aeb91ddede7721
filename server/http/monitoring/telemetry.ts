import { readFileSync } from 'node:fs'
import type { RequestLog } from './request_log.ts'

// OpenTelemetry by the usual OTEL_* variables: traces and logs over OTLP/HTTP with JSON. The official packages are loaded only if an
// endpoint is configured, so telemetry that is off costs nothing. Spans and logs hold what the request log holds: names of
// parameters and no values.

export type TelemetryChoice = { traces: boolean; logs: boolean }

/** A piece of work that has ended. Times are in milliseconds since 1970. */
export type EndedWork = {
  name: string
  kind: 'server' | 'client'
  from: number
  to: number
  attributes: Record<string, string | number>
  isError: boolean
  /** The header traceparent of the request that caused it. */
  traceparent?: string | undefined
}

export type Telemetry = {
  /** Sends a span. */
  ended(work: EndedWork): void
  /** Sends a line of the log, which is JSON of pino; null if logs are off. */
  logLine: ((line: string) => void) | null
  /** Sends what waits, within a time limit. */
  stop(): Promise<void>
}

const STOP_MS = 5000

/** Starts telemetry. @returns null if both are off */
export async function startTelemetry({ traces, logs }: TelemetryChoice): Promise<Telemetry | null> {
  if (!traces && !logs) return null
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } = await import(
    '@opentelemetry/resources'
  )
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'talad', 'service.version': version() }))
    .merge(detectResources({ detectors: [envDetector] }))
  const spans = traces ? await startTraces(resource) : null
  const records = logs ? await startLogs(resource) : null
  return {
    ended: (work) => spans?.ended(work),
    logLine: records?.line ?? null,
    async stop() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, STOP_MS).unref())
      await Promise.race([Promise.allSettled([spans?.stop(), records?.stop()]), late])
    },
  }
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}

type TelemetryResource = import('@opentelemetry/resources').Resource

async function startTraces(
  resource: TelemetryResource,
): Promise<{ ended(work: EndedWork): void; stop(): Promise<void> }> {
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = await import('@opentelemetry/api')
  const { BatchSpanProcessor, TracerProvider } = await import('@opentelemetry/sdk-trace')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const provider = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  })
  const tracer = provider.getTracer('talad')
  return {
    ended({ name, kind, from, to, attributes, isError, traceparent }) {
      const parent = parentFrom(traceparent)
      const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
      const spanKind = kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT
      const span = tracer.startSpan(name, { kind: spanKind, startTime: new Date(from), attributes }, context)
      if (isError) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end(new Date(to))
    },
    stop: () => provider.shutdown(),
  }
}

/** Reads a header (W3C Trace Context); null if it is missing or invalid. */
function parentFrom(traceparent: string | undefined) {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? []
  if (!traceId || !spanId || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return null
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) & 1, isRemote: true }
}

/** Severity numbers of OpenTelemetry by the levels of pino. */
const SEVERITIES: Record<number, [number, string]> = {
  10: [1, 'TRACE'],
  20: [5, 'DEBUG'],
  30: [9, 'INFO'],
  40: [13, 'WARN'],
  50: [17, 'ERROR'],
  60: [21, 'FATAL'],
}

async function startLogs(resource: TelemetryResource): Promise<{ line(text: string): void; stop(): Promise<void> }> {
  const { BatchLogRecordProcessor, LoggerProvider } = await import('@opentelemetry/sdk-logs')
  const { OTLPLogExporter } = await import('@opentelemetry/exporter-logs-otlp-http')
  const provider = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
  })
  const logger = provider.getLogger('talad')
  return {
    line(text) {
      const { level, time, msg, ...attributes } = JSON.parse(text)
      const [severityNumber, severityText] = SEVERITIES[level] ?? [0, '']
      logger.emit({ severityNumber, severityText, timestamp: new Date(time), body: msg, attributes })
    },
    stop: () => provider.shutdown(),
  }
}

/** Returns the span of a request. */
export const workOfRequest = (line: RequestLog, traceparent: string | undefined, now: number): EndedWork => ({
  ...{
    name: `${line.method} ${line.operation ?? line.path}`,
    kind: 'server',
    from: now - line.duration_ms,
    to: now,
    traceparent,
  },
  attributes: {
    ...{ 'http.request.method': line.method, 'url.path': line.path, 'client.address': line.address },
    ...(line.status !== null && { 'http.response.status_code': line.status }),
    ...(line.operation !== null && { 'talad.operation': line.operation }),
    ...(line.application_id !== null && { 'talad.application_id': line.application_id }),
    'talad.request_id': line.request_id,
  },
  isError: line.status === null || line.status >= 500,
})
