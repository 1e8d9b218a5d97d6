import pc from 'picocolors'

/** One step of something that takes a while; on stderr, so that stdout holds results alone. */
export const printStep = (step: string): void => console.error(pc.dim(`· ${step}`))
