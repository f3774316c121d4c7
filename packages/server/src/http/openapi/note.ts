/** What a field means, or that with what a validating schema does not say, such as its default. */
export type Note = string | { description: string; [keyword: string]: unknown }

/** A note for each field: one that is missing does not compile. */
export type Notes<Type> = { readonly [Field in keyof Type]-?: Note }
