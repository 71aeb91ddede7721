export const applicationsMessages = {}
