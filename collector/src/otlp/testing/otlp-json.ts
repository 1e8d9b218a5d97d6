/** OTLP/JSON as the specification writes it; what the reference reads and the tests generate. */
export interface AnyValueJson {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number | string
  readonly arrayValue?: { readonly values?: readonly AnyValueJson[] }
  readonly kvlistValue?: { readonly values?: readonly KeyValueJson[] }
  /** base64 */
  readonly bytesValue?: string
}

export interface KeyValueJson {
  readonly key?: string
  readonly value?: AnyValueJson
}

export interface SpanJson {
  readonly traceId?: string
  readonly spanId?: string
  readonly traceState?: string
  readonly parentSpanId?: string
  readonly name?: string
  readonly kind?: number
  readonly startTimeUnixNano?: string
  readonly endTimeUnixNano?: string
  readonly attributes?: readonly KeyValueJson[]
  readonly events?: readonly EventJson[]
  readonly links?: readonly LinkJson[]
  readonly status?: { readonly message?: string; readonly code?: number }
}

export interface EventJson {
  readonly timeUnixNano?: string
  readonly name?: string
  readonly attributes?: readonly KeyValueJson[]
}

export interface LinkJson {
  readonly traceId?: string
  readonly spanId?: string
  readonly traceState?: string
  readonly attributes?: readonly KeyValueJson[]
}

export interface LogRecordJson {
  readonly timeUnixNano?: string
  readonly observedTimeUnixNano?: string
  readonly severityNumber?: number
  readonly severityText?: string
  readonly body?: AnyValueJson
  readonly attributes?: readonly KeyValueJson[]
  readonly flags?: number
  readonly traceId?: string
  readonly spanId?: string
  readonly eventName?: string
}

export interface ResourceJson {
  readonly attributes?: readonly KeyValueJson[]
}

export interface ScopeJson {
  readonly name?: string
  readonly version?: string
  readonly attributes?: readonly KeyValueJson[]
}

export interface TracesJson {
  readonly resourceSpans?: readonly {
    readonly resource?: ResourceJson
    readonly schemaUrl?: string
    readonly scopeSpans?: readonly {
      readonly scope?: ScopeJson
      readonly schemaUrl?: string
      readonly spans?: readonly SpanJson[]
    }[]
  }[]
}

export interface LogsJson {
  readonly resourceLogs?: readonly {
    readonly resource?: ResourceJson
    readonly schemaUrl?: string
    readonly scopeLogs?: readonly {
      readonly scope?: ScopeJson
      readonly schemaUrl?: string
      readonly logRecords?: readonly LogRecordJson[]
    }[]
  }[]
}
