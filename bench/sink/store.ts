/** A real ClickHouse behind the sink. */
export interface StoreAddress {
  readonly url: string
  readonly username: string
  readonly password: string
}

/** Sends a statement, or an insert with its body. Rejects with what the store says. */
export async function sendToStore(store: StoreAddress, query: string, body?: Buffer): Promise<void> {
  const url = new URL(store.url)
  if (body !== undefined) url.searchParams.set('query', query)
  const response = await fetch(url, {
    method: 'POST',
    body: body === undefined ? query : new Uint8Array(body),
    headers: { 'X-ClickHouse-User': store.username, 'X-ClickHouse-Key': store.password },
  })
  const said = await response.text()
  if (!response.ok) throw new Error(`the store refused ${query.slice(0, 80)}: ${said}`)
}
