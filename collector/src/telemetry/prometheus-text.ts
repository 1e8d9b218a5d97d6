/** Renders metrics in Prometheus' text format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/ */
import type { Family, Sample } from './metrics.ts'

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function renderPrometheus(families: readonly Family[]): string {
  return families.map(renderFamily).join('')
}

/** One list out of those of several workers: every sample says whose it is. */
export function mergeFamilies(
  workers: readonly { readonly worker: string; readonly families: readonly Family[] }[],
): readonly Family[] {
  const merged = new Map<string, Family>()
  for (const { worker, families } of workers) {
    for (const family of families) {
      const samples = family.samples.map((sample) => withLabel(sample, 'worker', worker))
      const before = merged.get(family.name)?.samples ?? []
      merged.set(family.name, { ...family, samples: [...before, ...samples] })
    }
  }
  return [...merged.values()]
}

const withLabel = (sample: Sample, name: string, value: string): Sample => ({
  ...sample,
  labels: [...sample.labels, [name, value]],
})

function renderFamily({ name, kind, help, samples }: Family): string {
  const lines = samples.map(
    ({ suffix, labels, value }) => `${name}${suffix}${renderLabels(labels)} ${value}\n`,
  )
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}\n${lines.join('')}`
}

function renderLabels(labels: Sample['labels']): string {
  if (labels.length === 0) return ''
  return `{${labels.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')}}`
}

const escapeHelp = (text: string): string =>
  text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`)

const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', String.raw`\"`)
