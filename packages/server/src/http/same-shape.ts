/**
 * `true` when each of two types can stand for the other, where an optional key
 * and one that may be undefined are the same; otherwise `false`.
 */
export type SameShape<First, Second> = [Plain<First>, Plain<Second>] extends [
  Plain<Second>,
  Plain<First>,
]
  ? true
  : false

/** All keys made required and free of undefined, at every depth. */
type Plain<Type> = Type extends (infer Item)[]
  ? Plain<Item>[]
  : Type extends object
    ? { [Key in keyof Type]-?: Plain<Exclude<Type[Key], undefined>> }
    : Type
