/** Shapes of scope that gates ask about when nothing else is said. A verdict for another shape is refused, not lost. */
import type { ScopeShape } from '@sandglass/schemas/governor/scope'

export const defaultShapes: readonly ScopeShape[] = [['team'], ['user'], ['task'], ['team', 'task']]
