/** Sets the fields that have a value, so that the others leave no `undefined` in what is printed. */
export function setDefined(target: object, fields: object): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) Object.assign(target, { [name]: value })
  }
}
