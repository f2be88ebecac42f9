/** Options that are on or off. */
import { InvalidArgumentError } from 'commander'

export function onOff(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('write on or off')
  return text === 'on'
}
