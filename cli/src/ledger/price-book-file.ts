import { loadConfig } from '@sandglass/schemas/config'
import { openPriceBook, priceBookSchema, type PriceBook } from '@sandglass/schemas/price-book'

/** A user's price book, or Cloudflare's list prices. Throws ConfigError with every problem. */
export const readPriceBook = (path: string | undefined): PriceBook =>
  openPriceBook(path === undefined ? undefined : loadConfig(priceBookSchema, path, process.env))
