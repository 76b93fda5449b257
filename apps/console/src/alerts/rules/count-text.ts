/** `It would have fired 3 times in the last week.` */
export function countText(episodes: number, span: string): string {
  const times = episodes === 0 ? 'not have fired' : episodes === 1 ? 'have fired once' : episodes === 2 ? 'have fired twice' : `have fired ${episodes} times`;
  return `It would ${times} in the ${span}.`;
}
