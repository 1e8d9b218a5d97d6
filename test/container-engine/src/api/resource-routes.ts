import { readJson, refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Call, Route } from './route.ts'

/** workerd binds its egress port to the gateway: here the loopback interface. */
const BRIDGE = {
  Name: 'bridge',
  Id: 'bridge',
  IPAM: { Driver: 'default', Config: [{ Subnet: '127.0.0.0/8', Gateway: '127.0.0.1' }] },
}

function inspectImage({ registry, name }: Call): Answer {
  const image = registry.images.find(name)
  if (image === undefined) return refusal(404, `No such image: ${name}`)
  return { status: 200, body: { Id: image.id, Size: image.size } }
}

function deleteImage({ registry, name }: Call): Answer {
  return registry.images.delete(name)
    ? { status: 200, body: [{ Deleted: name }] }
    : refusal(404, `No such image: ${name}`)
}

async function commit({ registry, query }: Call): Promise<Answer> {
  const container = registry.findContainer(query.get('container') ?? '')
  const image = query.get('repo')
  if (container === undefined || image === null) return refusal(404, 'commit needs container and repo')
  await registry.images.commit(image, container.directories.files)
  return { status: 201, body: { Id: image } }
}

function listVolumes({ registry }: Call): Answer {
  const volumes = registry.volumes.list().map(({ name, labels }) => ({ Name: name, Labels: labels }))
  return { status: 200, body: { Volumes: volumes, Warnings: [] } }
}

async function createVolume({ registry, request }: Call): Promise<Answer> {
  const body = await readJson(request)
  const fields = typeof body === 'object' && body !== null ? body : {}
  const name = 'Name' in fields && typeof fields.Name === 'string' ? fields.Name : ''
  if (name === '') return refusal(400, 'a volume needs a Name')
  const volume = registry.volumes.create(name, 'Labels' in fields ? fields.Labels : {})
  return { status: 201, body: { Name: volume.name, Labels: volume.labels } }
}

function inspectVolume({ registry, name }: Call): Answer {
  const volume = registry.volumes.find(name)
  if (volume === undefined) return refusal(404, `No such volume: ${name}`)
  return { status: 200, body: { Name: volume.name, Labels: volume.labels } }
}

function deleteVolume({ registry, name }: Call): Answer {
  return registry.volumes.delete(name) ? { status: 204 } : refusal(404, `No such volume: ${name}`)
}

export const RESOURCE_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/_ping', answer: () => ({ status: 200, body: 'OK' }) },
  { method: 'GET', path: '/networks/bridge', answer: () => ({ status: 200, body: BRIDGE }) },
  { method: 'GET', path: '/images/:name/json', answer: inspectImage },
  { method: 'DELETE', path: '/images/:name', answer: deleteImage },
  { method: 'POST', path: '/commit', answer: commit },
  { method: 'GET', path: '/volumes', answer: listVolumes },
  { method: 'POST', path: '/volumes/create', answer: createVolume },
  { method: 'GET', path: '/volumes/:name', answer: inspectVolume },
  { method: 'DELETE', path: '/volumes/:name', answer: deleteVolume },
]
