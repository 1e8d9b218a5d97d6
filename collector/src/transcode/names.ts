/** Numbers of OTLP enumerations as the names the OpenTelemetry ClickHouse exporter stores; unknown ones are empty. */
import { encodeString } from './append.ts'
import type { ByteStream } from './byte-stream.ts'

const encode = (names: readonly string[]): readonly ByteStream[] => names.map(encodeString)

export const NO_NAME = encodeString('')
export const SPAN_KINDS = encode(['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'])
export const STATUS_CODES = encode(['Unset', 'Ok', 'Error'])
