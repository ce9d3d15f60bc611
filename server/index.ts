export type { RequestContext, State } from './context.ts';
export { type Authenticator, authenticate } from './middleware/authenticate.ts';
export { callerOf } from './middleware/begin-request.ts';
export { type HandleErrorsOptions, handleErrors } from './middleware/handle-errors.ts';
export { requireRole } from './middleware/require-role.ts';
