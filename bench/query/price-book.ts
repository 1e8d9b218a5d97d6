/** Prices of the models that a generated history calls. */
import { openPriceBook, priceBookSchema } from '@sandglass/schemas/price-book'

export const priceBook = openPriceBook(
  priceBookSchema.parse({
    version: 'models-2026-11',
    models: [
      {
        model: 'opus-*',
        effectiveFrom: '2026-01-01',
        inputPerMillion: '5',
        cachedInputPerMillion: '0.5',
        outputPerMillion: '25',
      },
      {
        model: 'sonnet-*',
        effectiveFrom: '2026-01-01',
        inputPerMillion: '3',
        cachedInputPerMillion: '0.3',
        outputPerMillion: '15',
      },
      {
        model: 'haiku-*',
        effectiveFrom: '2026-01-01',
        inputPerMillion: '1',
        cachedInputPerMillion: '0.1',
        outputPerMillion: '5',
      },
    ],
  }),
)
