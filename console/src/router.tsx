import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate } from '@tanstack/react-router'
import { Frame } from './frame/Frame.tsx'
import { NotFound } from './frame/NotFound.tsx'
import { NotLoaded } from './frame/NotLoaded.tsx'
import { formatFilters, parseFilters } from './parts/filters.ts'

// Every screen is a folder in screens/, loaded when it is first shown.

const root = createRootRoute({ notFoundComponent: NotFound })
const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame })

type Loading = Parameters<typeof lazyRouteComponent>[0]

/** A screen whose code is loaded when it is first shown. The router would reload the page if that fails, also offline. */
const lazily = (load: Loading, name: string) =>
  lazyRouteComponent(() => load().catch(() => ({ [name]: NotLoaded })), name)

const outside = (path: string, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => root, path, component })
const inside = (path: string, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => frame, path, component })

const signIn = () => import('./screens/sign_in/screens.ts')
const members = () => import('./screens/members/Members.tsx')

const routeTree = root.addChildren([
  outside('/sign-in', lazily(signIn, 'SignIn')),
  outside('/password', lazily(signIn, 'ChoosePassword')),
  outside('/invitation', lazily(signIn, 'AcceptInvitation')),
  frame.addChildren([
    inside('/', () => <Navigate to={'/overview' as string} replace />),
    inside(
      '/overview',
      lazily(() => import('./screens/overview/Overview.tsx'), 'Overview'),
    ),
    inside(
      '/requests',
      lazily(() => import('./screens/requests/Requests.tsx'), 'Requests'),
    ),
    inside(
      '/requests/$id',
      lazily(() => import('./screens/requests/RequestScreen.tsx'), 'RequestScreen'),
    ),
    inside(
      '/data',
      lazily(() => import('./screens/data/DataScreen.tsx'), 'DataScreen'),
    ),
    inside(
      '/applications',
      lazily(() => import('./screens/applications/Applications.tsx'), 'Applications'),
    ),
    inside(
      '/applications/new',
      lazily(() => import('./screens/applications/NewApplication.tsx'), 'NewApplication'),
    ),
    inside(
      '/applications/$id',
      lazily(() => import('./screens/applications/ApplicationScreen.tsx'), 'ApplicationScreen'),
    ),
    inside(
      '/disclosures',
      lazily(() => import('./screens/disclosures/Disclosures.tsx'), 'Disclosures'),
    ),
    inside(
      '/rights',
      lazily(() => import('./screens/rights/Rights.tsx'), 'Rights'),
    ),
    inside(
      '/webhooks',
      lazily(() => import('./screens/webhooks/Webhooks.tsx'), 'Webhooks'),
    ),
    inside(
      '/webhooks/$id',
      lazily(() => import('./screens/webhooks/WebhookScreen.tsx'), 'WebhookScreen'),
    ),
    inside(
      '/business',
      lazily(() => import('./screens/business/BusinessScreen.tsx'), 'BusinessScreen'),
    ),
    inside(
      '/import',
      lazily(() => import('./screens/imports/Import.tsx'), 'Import'),
    ),
    inside('/members', lazily(members, 'Members')),
    inside(
      '/audit-log',
      lazily(() => import('./screens/audit_log/AuditLog.tsx'), 'AuditLog'),
    ),
    inside(
      '/account',
      lazily(() => import('./screens/account/AccountScreen.tsx'), 'AccountScreen'),
    ),
  ]),
])

export const router = createRouter({
  routeTree,
  basepath: '/console',
  parseSearch: parseFilters,
  stringifySearch: formatFilters,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: NotLoaded,
  scrollRestoration: true,
})
