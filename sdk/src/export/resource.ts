import type { Resource } from '@opentelemetry/resources'
import { attr } from '@sandglass/schemas/semconv'
import type { SandglassOptions } from '../options.ts'
import type { Boundary } from '../redact/boundary.ts'

/** What sends, in the shape OpenTelemetry's serializers read. */
export function createResource(options: SandglassOptions, boundary: Boundary): Resource {
  const attributes = boundary.facts({
    [attr.serviceName]: options.serviceName,
    [attr.serviceVersion]: options.serviceVersion,
    [attr.environment]: options.environment,
    [attr.cloudProvider]: 'cloudflare',
    ...options.resource,
  })
  const resource: Resource = {
    attributes,
    getRawAttributes: () => Object.entries(attributes),
    merge: () => resource,
  }
  return resource
}
