/** The customer of the shop. The sign-in page shows both, for whoever tries the site. */
export const demoAccount = {
  name: 'Ada',
  email: 'ada@example.com',
  password: 'spokes-and-saddles',
}

/** The customer's name, or what is wrong with the sign-in. */
export function signIn(
  email: string,
  password: string,
): { customer: string; error?: never } | { customer?: never; error: string } {
  if (email.trim().toLowerCase() !== demoAccount.email) {
    return { error: 'There is no account with this e-mail address.' }
  }
  if (password !== demoAccount.password) {
    return { error: 'The password is wrong. Check it and try again.' }
  }
  return { customer: demoAccount.name }
}
