/** Numbers that JSON may write with a fraction or an exponent although they are integers. */
const NUMBER = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?$/

/** The digits of an integer such as `1.5e3`, without rounding; undefined when the text is no integer. */
export function writtenOut(text: string): string | undefined {
  const [found, sign = '', whole = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? []
  if (found === undefined) return undefined
  const digits = (whole + fraction).replace(/^0+/, '')
  if (digits === '') return '0'
  const zeros = Number(exponent) - fraction.length
  if (zeros >= 0) return sign + digits + '0'.repeat(zeros)
  const [kept, cut] = [digits.slice(0, zeros), digits.slice(zeros)]
  return /^0+$/.test(cut) && kept !== '' ? sign + kept : undefined
}
