/** What one request may ask of memory. Beyond a limit a record is cut and marked, or left out and counted. */
const KIB = 1024
const MIB = 1024 * KIB

export interface TranscodeLimits {
  /** Longest string stored, bytes; the rest is cut and the record marked. */
  readonly textBytesMax: number
  /** Longest attribute name stored, bytes; the rest is cut and the record marked. */
  readonly nameBytesMax: number
  /** Attributes of one record, resource, scope, event or link; further ones are dropped and the record marked. */
  readonly attributesMax: number
  /** Events, and links, of one span; further ones are dropped and the record marked. */
  readonly eventsMax: number
  /** Size of one record in the request, bytes; attributes, events and links behind it are dropped and the record marked. */
  readonly recordBytesMax: number
  /** Resource and scope attributes are stored with every record: their size, bytes; further ones are dropped, marked. */
  readonly resourceBytesMax: number
  /** Nesting of arrays and maps inside one attribute; deeper ones become null and the record is marked. */
  readonly depthMax: number
  /** Elements of all arrays and maps inside one attribute; further ones are dropped and the record marked. */
  readonly elementsMax: number
  /** Records of one request; further ones are rejected. */
  readonly rowsMax: number
  /** Size of one request once transcoded, bytes; further records are rejected. */
  readonly outputBytesMax: number
  /** Timestamps older than this are clamped, ms. */
  readonly retentionMs: number
  /** Timestamps further ahead than this are clamped, ms. */
  readonly aheadMsMax: number
}

/** A string to be cut is searched for secrets this far behind its limit, bytes: half a secret is found as a whole one. */
export const LOOK_AHEAD_BYTES = 4 * KIB

export const defaultLimits: TranscodeLimits = {
  textBytesMax: 64 * KIB,
  nameBytesMax: 256,
  attributesMax: 256,
  eventsMax: 256,
  recordBytesMax: MIB,
  resourceBytesMax: 32 * KIB,
  depthMax: 32,
  elementsMax: 4096,
  rowsMax: 131_072,
  outputBytesMax: 192 * MIB,
  retentionMs: 30 * 24 * 3_600_000,
  aheadMsMax: 3_600_000,
}
