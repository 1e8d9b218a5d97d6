/**
 * Names, to every command of a container, a loopback address that belongs to it alone. Containers share the host's
 * network, so a server that listens there, instead of on every address, does not collide with one of another container.
 */
export const CONTAINER_ADDRESS = 'SANDGLASS_ADDRESS'

/** Hexadecimal digits of the three bytes that follow 127. */
const DIGITS = 6

/** An address of 127.0.0.0/8 for a random id of hexadecimal digits; never 127.0.0.1, nor the last of a network. */
export function addressOf(id: string): string {
  const bits = Number.parseInt(id.slice(0, DIGITS), 16)
  const [high, middle, low] = [bits >> 16, (bits >> 8) & 0xff, bits & 0xff]
  return `127.${1 + (high % 254)}.${middle}.${1 + (low % 254)}`
}
