/** Longest prefix of at most `bytesMax` bytes that does not end inside a UTF-8 character. */
export function utf8CutAt(bytes: Uint8Array, at: number, bytesMax: number): number {
  let length = bytesMax
  for (let back = 0; back < 3 && isContinuation(bytes[at + length]); back++) length--
  return isContinuation(bytes[at + length]) ? bytesMax : length
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
