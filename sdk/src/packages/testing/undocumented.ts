/** It says what it is. */
export const documented = 1

export const undocumented = 2
