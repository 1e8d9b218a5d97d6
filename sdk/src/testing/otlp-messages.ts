import protobuf from 'protobufjs'

/** The messages of the OpenTelemetry protocol that the tests read, with the field numbers of its definition. */
const DEFINITION = `
syntax = "proto3";
message AnyValue {
  oneof value {
    string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
    ArrayValue array_value = 5; bytes bytes_value = 7;
  }
}
message ArrayValue { repeated AnyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; string version = 2; }
message Status { string message = 2; uint32 code = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; uint32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  repeated Link links = 13; Status status = 15;
}
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Traces { repeated ResourceSpans resource_spans = 1; }
message LogRecord {
  fixed64 time_unix_nano = 1; uint32 severity_number = 2; AnyValue body = 5; repeated KeyValue attributes = 6;
  bytes trace_id = 9; bytes span_id = 10; string event_name = 12;
}
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
message Logs { repeated ResourceLogs resource_logs = 1; }
message PartialSuccess { int64 rejected = 1; string error_message = 2; }
message Answer { PartialSuccess partial_success = 1; }
`

const { root } = protobuf.parse(DEFINITION, { keepCase: false })

/** A decoded message: 64-bit integers as decimal strings, bytes as base64. */
export function decodeMessage(name: 'Traces' | 'Logs', body: Uint8Array): unknown {
  const type = root.lookupType(name)
  return type.toObject(type.decode(body), { longs: String, bytes: String, arrays: true })
}

/** The answer of a receiver that refused some records. */
export function encodeAnswer(rejected: number): Uint8Array {
  const type = root.lookupType('Answer')
  return type.encode(type.fromObject({ partialSuccess: { rejected, errorMessage: 'refused' } })).finish()
}
