/** Every generated file of the repository: where it lies and what renders it. */
import { renderSemconvPage } from '@sandglass/schemas/semconv-page'

export interface GeneratedFile {
  /** Path from the root of the repository. */
  readonly path: string
  readonly render: () => string | Promise<string>
}

export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'docs/semconv.md', render: renderSemconvPage },
]
