export { AcceptInvitation } from './AcceptInvitation.tsx'
export { ChoosePassword } from './ChoosePassword.tsx'
export { SignIn } from './SignIn.tsx'
