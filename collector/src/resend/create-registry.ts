/** The registry of a machine, which tells how full it is. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import type { Clock } from '../clock.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { KeyWindow } from './key-window.ts'
import { ResendRegistry } from './registry.ts'

export function createRegistry(config: CollectorConfig, clock: Clock, telemetry: Telemetry): ResendRegistry {
  const { windowMs, keysMax } = config.resend
  const onShortened = (forgotten: number): void => telemetry.emit('resendWindowShortened', { forgotten })
  const registry = new ResendRegistry(new KeyWindow({ clock, windowMs, keysMax, onShortened }))
  telemetry.metrics.onCollect(() => telemetry.metrics.set('resendKeys', registry.size))
  return registry
}
