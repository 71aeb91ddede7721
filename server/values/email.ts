/** Returns whether a text has the form of an email address. Only a message to it shows whether it exists. */
export const isEmail = (text: string): boolean => text.length <= 254 && /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text)
