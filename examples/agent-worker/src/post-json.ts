/**
 * Posts JSON and waits for the answer, five minutes at most. Its shape is the Worker's promise.
 * @throws when the status is not 2xx, with the Worker's own words.
 */
export async function postJson<Answer>(url: URL, body: unknown): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  const text = await response.text()
  if (!response.ok) throw new Error(`POST ${url.href} answered ${response.status}: ${text}`)
  return JSON.parse(text)
}
