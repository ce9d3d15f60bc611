/** The version of this package, for logs and for the documents of followers. A test compares it with package.json. */
export const VERSION = '0.1.0';
